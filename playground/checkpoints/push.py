"""The current run to the Hub: config, safetensors and a model card."""

from __future__ import annotations

from playground.runs.run import Run


def push(run: Run, repo: str, token: str, *, private: bool = True) -> str:
    """Write the run's model to a repository of the token's owner, made if there is none; gives its address.

    What is pushed is found, fetched and loaded again here; where a published family is this architecture, config and
    tensors are that family's, which `transformers` loads too. Raises ValueError with a sentence.
    """
    raise NotImplementedError
