"""Tasks of the form prompt → answer, and how each topology meets them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from types import MappingProxyType

import torch
from torch import Tensor

from playground.tasks import split as sides
from playground.tasks.base import (
    IGNORE,
    MASK,
    PAD,
    SEPARATOR,
    START,
    Batch,
    Probe,
    Prompt,
    Split,
    Task,
    TaskConfig,
    Topology,
)


class Transduction(Task):
    """A prompt of `prompt` tokens, a separator, an answer of `answer` tokens that the prompt determines.

    decoder-only     reads  x1 .. xn → y1 .. y(m-1)   predicts the next token, scored from → on
    encoder-only     reads  x1 .. xn → ▢ .. ▢         fills the m slots at once
    encoder-decoder  reads  x1 .. xn | ▸ y1 .. y(m-1) predicts the next token, all scored

    The content of an example is its prompt (B, n).
    """

    ask = "A prompt of the task's symbols, such as the first example's"
    accuracy = "Share of the answer's tokens that are right, each given the true tokens before it."
    meaning = MappingProxyType(
        {
            "decoder-only": "It reads the prompt up to the separator and writes the answer token by token, "
            "looking back at the prompt and at what it has written.",
            "encoder-only": "It sees the whole prompt and a row of empty slots ▢, and fills all slots at once.",
            "encoder-decoder": "The encoder reads the prompt in both directions; "
            "the decoder writes the answer token by token and looks at the prompt through cross-attention.",
        }
    )

    def __init__(
        self, config: TaskConfig, symbols: Sequence[str], *, prompt: int, answer: int, separator: str = SEPARATOR
    ):
        super().__init__(config, [*symbols, separator, MASK, PAD, START])
        self.symbols, self.prompt, self.answer, self.separator = len(symbols), prompt, answer, separator
        self.chance = 1 / len(symbols)

    @abstractmethod
    def propose(self, size: int, generator: torch.Generator) -> Tensor:
        """(size, n) prompts from the whole space, both sides of the split."""

    @abstractmethod
    def solve(self, prompt_BS: Tensor) -> Tensor:
        """(B, m) the answer to each prompt."""

    def context(self, topology: Topology) -> int:
        if topology == "encoder-decoder":
            return max(self.prompt, self.answer)
        return self.prompt + self.answer + (topology == "encoder-only")

    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        return sides.draw(size, generator, split, self.propose)

    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        answer_BT = self.solve(content_BS)
        if topology == "encoder-decoder":
            return Batch(self.shifted(answer_BT), answer_BT, source_BS=content_BS)
        # the separator is where a decoder predicts the first symbol of the answer
        given = answer_BT[:, :-1] if topology == "decoder-only" else torch.full_like(answer_BT, self.id[MASK])
        size, length = content_BS.shape
        ids_BT = torch.cat([content_BS, torch.full((size, 1), self.id[self.separator]), given], 1)
        targets_BT = torch.full_like(ids_BT, IGNORE)
        targets_BT[:, -answer_BT.shape[1] :] = answer_BT
        return Batch(
            ids_BT, targets_BT, prefix_B=torch.full((size,), length + 1) if topology == "decoder-only" else None
        )

    def begin(self, topology: Topology, text: str) -> Prompt:
        """The prompt with its separator; the answer's length is known."""
        batch = self.probe(topology, text)
        if topology == "encoder-decoder":
            return Prompt(batch.ids_BT[:, :1], batch.source_BS, self.answer)
        if topology == "encoder-only":
            return Prompt(batch.ids_BT)
        return Prompt(batch.ids_BT[:, : batch.ids_BT.shape[1] + 1 - self.answer], steps=self.answer)

    def read(self, text: str) -> Tensor:
        """A prompt of one to `prompt` symbols; the separator and whatever follows it are left out."""
        ids = self.encode(text.split(self.separator)[0])
        if not 1 <= len(ids) <= self.prompt:
            raise ValueError(f"The prompt is 1 to {self.prompt} symbols long; this one has {len(ids)}.")
        if max(ids) >= self.symbols:
            raise ValueError(
                f"The prompt is made of {' '.join(self.vocabulary[: self.symbols])}; leave out the other tokens."
            )
        return torch.tensor([ids])

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        generator = torch.Generator().manual_seed(1)
        prompts = [self.decode(prompt_T) for prompt_T in self.draw(3, generator, "validation")]
        return tuple(Probe(f"example {i}", prompt) for i, prompt in enumerate(prompts, 1))
