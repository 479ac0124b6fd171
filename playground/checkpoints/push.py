"""The current run to the Hub: config, safetensors, the task's tokens and a model card."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from models.pretrained import publish, save
from models.pretrained.own import KIND
from playground.checkpoints.hub import NAME
from playground.checkpoints.session import session, told
from playground.runs.run import Run
from playground.tasks.base import Task
from playground.tasks.corpus import OTHER


def push(run: Run, repo: str, token: str, *, private: bool = True) -> str:
    """Write the run's model to a repository of the token's owner, made if there is none; gives its address.

    What is pushed is found, fetched and loaded again here; where a published family is this architecture, config and
    tensors are that family's, which `transformers` loads too. Raises ValueError with a sentence.
    """
    from huggingface_hub import HfApi

    if not NAME.fullmatch(repo):
        raise ValueError(f"{repo!r:.80} is no name of a repository. Write owner/name.")
    if not token:
        raise ValueError("Log in first, or set HF_TOKEN: the Hub writes for its users alone.")
    with tempfile.TemporaryDirectory() as place, told(repo):
        write(run, Path(place))
        session()
        api = HfApi(token=token)
        made = api.create_repo(repo, private=private, exist_ok=True)
        said = f"Write step {run.step:,} of a run of Transformer Playground"
        api.upload_folder(repo_id=made.repo_id, folder_path=place, commit_message=said)
        return str(made)


def write(run: Run, folder: Path) -> None:
    """What is pushed, into a folder."""
    published = publish(run.config.model)
    save(run.model, published, folder)
    (folder / "tokenizer.json").write_text(json.dumps(tokens(run.task), ensure_ascii=False), encoding="utf-8")
    (folder / "README.md").write_text(card(run, published["model_type"]), encoding="utf-8")


def tokens(task: Task) -> dict[str, Any]:
    """The vocabulary of a task as a tokenizer.json: a token a word or a character."""
    ids = {task.decode([id]): id for id in range(len(task.vocabulary))}
    spaced, spelled = any(token.isspace() for token in ids), any(len(token) > 1 for token in ids)
    pattern = r"(?s:.)" if spaced else r"\d+|\S" if spelled else r"\S"
    return {
        "version": "1.0",
        "added_tokens": [],
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Removed", "invert": True},
        "decoder": None if spelled else {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": ids, "unk_token": OTHER if OTHER in ids else ""},
    }


def card(run: Run, kind: str) -> str:
    """README.md: what it is, how far it is trained, how it is loaded."""
    losses = [metrics.validation_loss for metrics in run.history.metrics if metrics.validation_loss is not None]
    known = kind != KIND
    library = "library_name: transformers\n" if known else ""
    reached = f" Its loss on held-out examples is {losses[-1]:.3g}." if losses else ""
    others = f" It is a {kind} to `transformers`, too: `AutoModel.from_pretrained(...)`." if known else ""
    settings = json.dumps(run.config.model_dump(mode="json", exclude={"task": {"text"}}), indent=2, ensure_ascii=False)
    return f"""---
{library}tags:
- transformer-playground
---

# A small transformer, trained in Transformer Playground

{run.task.description} Trained for {run.step:,} steps.{reached}

```python
from models.pretrained import load

model = load(folder).model  # of the files of this repository
```
{others}

## Settings

```json
{settings}
```
"""
