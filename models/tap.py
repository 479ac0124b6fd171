"""One forward call as a value, and the places in it that have names: edits act there, and records are kept there.

residual.before -+- norm - q k v - scores - pattern - z - result - out -+
                     +------------------------------------------------------+- residual.middle ...
    residual.middle -+- norm - pre - post - out -+
                     +---------------------------+- residual.after

It is long because the places, what is done there and the pass that leads to them are one vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from models.dropout import dropout
from models.edits import Ablate, Edit, Patch, changed, place
from models.position import Position, Relative
from models.records import Recording

if TYPE_CHECKING:
    from models.attention.mask import Mask

ATTENTION = {
    "norm.scale": "BT1",
    "norm.output": "BTD",
    "q": "BHTC",
    "k": "BGSC",
    "v": "BGSC",
    "q.rotated": "BHTC",
    "k.rotated": "BGSC",
    "relative": "BHTS",
    "scores": "BHTS",
    "pattern": "BHTS",
    "z": "BHTC",
    "result": "BHTD",
    "post_norm.scale": "BT1",
    "post_norm.output": "BTD",
    "out": "BTD",
}
MAPPED = ("relative", "scores")
"""Which have several heads for each pattern where attention is made of several maps (`AttentionConfig.maps`)."""
SELF = ("q.rotated", "k.rotated", "relative")
"""Of self-attention alone: positions play no part between two texts."""
PLACES: dict[str, str] = {
    "embedding": "BTD",
    "positioned": "BTD",
    "norm.scale": "BT1",
    "norm.output": "BTD",
    "residual.before": "BTD",
    "residual.middle": "BTD",
    "residual.crossed": "BTD",
    "residual.after": "BTD",
    **{f"attention.{name}": axes for name, axes in ATTENTION.items()},
    **{f"cross_attention.{name}": axes for name, axes in ATTENTION.items() if name not in SELF},
    "feed_forward.norm.scale": "BT1",
    "feed_forward.norm.output": "BTD",
    "feed_forward.pre": "BTU",
    "feed_forward.post": "BTF",
    "feed_forward.shared.pre": "BTU",
    "feed_forward.shared.post": "BTF",
    "feed_forward.router.logits": "BTE",
    "feed_forward.router.gates": "BTK",
    "feed_forward.experts": "BTKD",
    "feed_forward.post_norm.scale": "BT1",
    "feed_forward.post_norm.output": "BTD",
    "feed_forward.out": "BTD",
    "logits": "BTV",
}
"""Every place, by what follows the stack and the layer in its name, with the axes of what stands there.

embedding: of the tokens; positioned: with positions added (and the norm of embeddings). norm.scale: what the norm
multiplies by; post_norm: the second norm of a sublayer, behind it. q, k, v: of each head, before the rotation;
q.rotated, k.rotated: as they meet, with the cache's keys. scores: before the mask hides any; relative: the part of them
that Shaw's or Transformer-XL's positions add. pattern: after the softmax. z: what each head mixes; result: what it adds
to the residual stream; out: what all of a sublayer add. residual: the stream before, between and after the sublayers,
in the middle after self-attention, crossed after cross-attention. pre, post: before and after the activation, a gate
before what it gates. experts: the output of each choice, not yet weighted by its gate; shared: the experts that every
token passes through.
"""
SHARED = ("embedding", "positioned", "norm.scale", "norm.output")
"""Those of a stack as a whole, without a layer."""
STREAM = ("residual.before", "residual.after", "attention.out", "cross_attention.out", "feed_forward.out")
VIEW = (*STREAM, "attention.pattern", "cross_attention.pattern", "attention.q.rotated", "attention.k.rotated",
        "attention.relative")  # fmt: skip
"""What a `LayerRecord` is made of."""


class Tap:
    """The edits of one forward call, and what is kept of it. It belongs to that call, never to a module."""

    def __init__(self, edits: Iterable[Edit] = (), record: Recording = False):
        self.edits: dict[str, list[Edit]] = {}
        for edit in edits:
            self.edits.setdefault(place(edit), []).append(edit)
        self.idle = not self.edits and not record
        self.view = VIEW if record is True else STREAM if record == "stream" else ()
        names = [] if isinstance(record, (bool, str)) else list(record)
        self.patterns = {name: re.compile(translate(name)) for name in names}
        self.kept: dict[str, Tensor] = {}
        self.met: set[str] = set()
        self.keep_BT: dict[str, Tensor | None] = {}
        """Which tokens of a stack are real."""

    def __call__(self, name: str, y: Tensor) -> Tensor:
        """`y` as the edits of this place leave it, kept if it is to be recorded."""
        if self.idle:
            return y
        for edit in self.at(name):
            if isinstance(edit, (Ablate, Patch)):
                y = changed(y, edit, PLACES[_short(name)], self._real(name))
        if self._kept(name):
            self.kept[name] = y
        return y

    def at(self, name: str) -> Sequence[Edit]:
        """The edits of a place that the pass has come to."""
        if not self.edits:
            return ()
        self.met.add(name)
        return self.edits.get(name, ())

    def wants(self, *names: str) -> bool:
        """Whether one of these places is edited or recorded, so that it has to be computed by itself."""
        return not self.idle and any(name in self.edits or self._kept(name) for name in names)

    def check(self) -> None:
        """Raise ValueError for an edit or a record of a place that the pass did not come to."""
        for edit in (e for name, edits in self.edits.items() if name not in self.met for e in edits):
            raise ValueError(f"{place(edit)} is no place of this pass: nothing is computed there, and no edit acts.")
        for name, pattern in self.patterns.items():
            if not any(map(pattern.match, self.kept)):
                raise ValueError(f"record={name!r} names no place of this pass. Places are {', '.join(PLACES)}.")

    def _kept(self, name: str) -> bool:
        if self.view:
            return _short(name) in self.view
        return any(pattern.match(name) for pattern in self.patterns.values())

    def _real(self, name: str) -> Tensor | None:
        of_source = name.endswith((".cross_attention.k", ".cross_attention.v", ".cross_attention.k.rotated"))
        return self.keep_BT.get("encoder" if of_source else name.split(".")[0])


def _short(name: str) -> str:
    """A place without its stack and layer."""
    parts = name.split(".")
    return name if len(parts) == 1 else ".".join(parts[2 if parts[1].isdigit() else 1 :])


class Pass(NamedTuple):
    """One forward call: what all layers of a stack may know of it."""

    tap: Tap = Tap()
    training: bool = False
    generator: torch.Generator | None = None
    """Where dropout, jitter and noise come from in training."""
    ids_BT: Tensor | None = None
    keep_BT: Tensor | None = None
    """False: padding."""
    start: int | Tensor = 0
    """Position of the first token, or of that of each example (B,): below 0 in padding before a text."""
    behind: int = 0
    """Earlier keys that self-attention still has of its cache: where its first query stands among the keys."""
    caching: bool = False
    """Whether the tokens to come are told what was kept of these."""
    reach: int | None = None
    """Keys that self-attention keeps for the tokens to come; None: all."""
    prefix_B: Tensor | None = None
    mask: Mask | None = None
    position: Position = Position()
    tables: Any = None
    """What the position scheme needs at these positions, computed once: cosines and sines."""
    rate: float = 0.0
    """Dropout of embeddings, patterns and sublayers."""
    relative: Relative | None = None
    """Of one layer: what its position scheme does with its queries and weights."""
    source_BSD: Tensor | None = None
    """What cross-attention reads."""
    source_keep_BS: Tensor | None = None
    source_mask: Mask | None = None

    def dropout(self, x: Tensor, rate: float) -> Tensor:
        """In training, `x` with a share `rate` zeroed; else `x` itself."""
        return dropout(x, rate, self.noise()) if self.training and rate else x

    def turned(self, x_BHTC: Tensor) -> Tensor:
        """Queries or keys of these positions, rotated."""
        return x_BHTC if self.tables is None else self.position.rotate(x_BHTC, self.start, self.tables)

    def noise(self) -> torch.Generator:
        """Raises ValueError where something is to be drawn, and no generator was given."""
        if self.generator is None:
            raise ValueError("This model draws random numbers in training: give a generator.")
        return self.generator


IDLE = Pass()
"""Of a call by itself: nothing is changed, recorded or drawn."""
