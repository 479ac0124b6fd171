"""What a task is: an endless, seeded supply of examples of one problem, laid out for each topology."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor

from models.config import Config

IGNORE = -100  # the index that torch's cross entropy leaves out of the loss
SEPARATOR, MASK, PAD, START = "→", "▢", "·", "▸"

Topology = Literal["decoder-only", "encoder-only", "encoder-decoder"]
TOPOLOGIES: tuple[Topology, ...] = ("decoder-only", "encoder-only", "encoder-decoder")
Split = Literal["train", "validation"]

PROBES = 16  # examples of a probe batch
PROBE_SEED = 324  # any will do; this one shows prose, not a table, in the preview of Python's help texts


class Batch(NamedTuple):
    """Examples of equal length as int64 tensors on the CPU."""

    ids_BT: Tensor
    """What the model reads; for an encoder-decoder the decoder's input, the answer shifted right behind ▸."""
    targets_BT: Tensor
    """The token to predict at each position; `IGNORE` where nothing is scored."""
    source_BS: Tensor | None = None
    """What the encoder of an encoder-decoder reads."""
    keep_BS: Tensor | None = None
    """True = a real token of the source (of the ids if there is no source); None = all of them."""
    prefix_B: Tensor | None = None
    """How many tokens from the left everyone may see (prefix-LM); None where no such part exists."""
    tags_BT: Tensor | None = None
    """Which of `Task.tags` each token of `ids_BT` belongs to; None for a task without tags."""


class Prompt(NamedTuple):
    """Where a continuation starts."""

    ids_BT: Tensor
    """What the decoder has read so far (B = 1); what an encoder-only model reads, with ▢ where it is to fill in."""
    source_BS: Tensor | None = None
    steps: int | None = None
    """How many tokens the answer has; None = as many as asked for."""


class Probe(NamedTuple):
    """One named example worth looking at: `task.probe(topology, probe.text)`."""

    name: str
    text: str


class TaskConfig(Config, ABC):
    """The settings of a task; `build` makes the task."""

    title: ClassVar[str]
    if TYPE_CHECKING:
        kind: Any  # the key in the registry; each task declares its own

    @abstractmethod
    def build(self) -> Task: ...


class Task(ABC):
    """A task draws the content of examples, then lays it out for a topology. Nothing changes after construction.

    Randomness comes from the generator passed in, so the same seed gives the same batches in any thread. Training and
    validation never share an example.
    """

    description: str
    """The problem in one line."""
    accuracy: str
    """What the accuracy counts, in one sentence."""
    ask: str
    """What a visitor may type as a probe."""
    unit = "accuracy"
    bits: str | None = None
    """What loss / ln 2 is called, where that number is customary."""
    tags: tuple[str, ...] = ()
    counts: tuple[int, ...] = (64, 256)
    """How many held-out examples one may choose, where many parts of a model are measured; at first the last."""
    meaning: Mapping[Topology, str]
    """What the task asks of each topology, one sentence each."""
    chance: float
    """Accuracy of the best guess that looks at nothing but the position."""
    floor: float | None = 0.0
    """Lowest possible loss in nats per scored token; None = unknown."""

    def __init__(self, config: TaskConfig, vocabulary: Sequence[str]):
        self.config = config
        self.vocabulary = tuple(vocabulary)
        self.id = {token: i for i, token in enumerate(self.vocabulary)}

    @abstractmethod
    def context(self, topology: Topology) -> int:
        """The longest sequence an encoder or a decoder of this topology meets."""

    @abstractmethod
    def draw(self, size: int, generator: torch.Generator, split: Split) -> Tensor:
        """What defines `size` examples of one side of the split, one row each."""

    @abstractmethod
    def read(self, text: str) -> Tensor:
        """The content (one row) of an example that a visitor typed; raises ValueError with a sentence."""

    @abstractmethod
    def layout(self, content_BS: Tensor, topology: Topology, generator: torch.Generator) -> Batch:
        """The examples as this topology reads them. The generator chooses masks, where there are any to choose."""

    def shifted(self, answer_BT: Tensor) -> Tensor:
        """(B, T) what a decoder reads while it writes the answer: ▸, then all but the answer's last token."""
        start_B1 = torch.full((len(answer_BT), 1), self.id[START])
        return torch.cat([start_B1, answer_BT[:, :-1]], 1)

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """Named single examples a page can offer."""
        return ()

    def batch(self, size: int, generator: torch.Generator, topology: Topology, *, split: Split = "train") -> Batch:
        """`size` fresh examples of one side of the split."""
        return self.layout(self.draw(size, generator, split), topology, generator)

    def probe(self, topology: Topology, text: str | None = None) -> Batch:
        """The same examples at every call: 16 of the validation side, or the single one in `text` (then B = 1)."""
        generator = torch.Generator().manual_seed(PROBE_SEED)
        content_BS = self.draw(PROBES, generator, "validation") if text is None else self.read(text)
        return self.layout(content_BS, topology, generator)

    def begin(self, topology: Topology, text: str) -> Prompt:
        """What a visitor typed, as the beginning of a continuation; raises ValueError with a sentence."""
        ids_1T = torch.tensor([self.encode(text)])
        if not ids_1T.numel():
            raise ValueError("Type a prompt first.")
        if topology == "encoder-only" and not (ids_1T == self.id[MASK]).any():
            raise ValueError(
                f"An encoder-only model fills blanks, and this prompt has none. Put {MASK} where it should guess."
            )
        if ids_1T.shape[1] > self.context(topology):
            raise ValueError(
                f"The model reads {self.context(topology)} tokens, and the prompt has {ids_1T.shape[1]}. Shorten it."
            )
        if topology == "encoder-decoder":
            return Prompt(torch.tensor([[self.id[START]]]), source_BS=ids_1T)
        return Prompt(ids_1T)

    def encode(self, text: str) -> list[int]:
        """Token ids of what was typed, spaces left out; raises ValueError naming every token that is not known."""
        return self._look_up(re.findall(r"\d+|\S", text) if self._spelled_out else [c for c in text if not c.isspace()])

    def decode(self, ids: Iterable[Any]) -> str:
        """The text of token ids; `encode` reads it back."""
        return (" " if self._spelled_out else "").join(self.vocabulary[int(i)] for i in ids)

    def sample(self, n: int = 3, topology: Topology = "decoder-only") -> list[str]:
        """The first `n` probe examples (at most 16) as lines for a preview: what is read ⇒ what is wanted."""
        batch = self.probe(topology)
        return [self._line(batch, row, topology) for row in range(min(n, PROBES))]

    def _line(self, batch: Batch, row: int, topology: Topology) -> str:
        ids_T, targets_T = batch.ids_BT[row], batch.targets_BT[row]
        if topology == "encoder-only":
            filled_T = torch.where(targets_T == IGNORE, ids_T, targets_T)
            return f"{self.decode(ids_T)} ⇒ {self.decode(filled_T)}"
        if batch.source_BS is None:
            return self.decode([*ids_T, targets_T[-1]])
        return f"{self.decode(batch.source_BS[row])} ⇒ {self.decode([*ids_T[1:], targets_T[-1]])}"

    @property
    def _spelled_out(self) -> bool:
        return any(len(token) > 1 for token in self.vocabulary)

    def _look_up(self, tokens: Sequence[str]) -> list[int]:
        unknown = list(dict.fromkeys(token for token in tokens if token not in self.id))
        if unknown:
            named = ", ".join(repr(token) for token in unknown[:8]) + (" and others" if len(unknown) > 8 else "")
            raise ValueError(f"This task does not know {named}. Its tokens are {' '.join(self.vocabulary[:100])}.")
        return [self.id[token] for token in tokens]
