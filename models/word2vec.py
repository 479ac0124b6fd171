"""Skip-gram and CBOW with negative sampling, by the closed form of their gradients.

A stretch of the text is one matrix of inputs h (T of them) and one of outputs u: its targets, then its negatives.

| | input h | targets | loss, σ = logistic function |
| --- | --- | --- | --- |
| skip-gram | vector of the centre | outputs of the words it sees | Σ over pairs: −log σ(h·u) − Σ log σ(−h·n) |
| CBOW | mean vector of the words it sees | output of the centre | Σ over centres: −log σ(h·u) − Σ log σ(−h·n) |

An update is a step down the gradient of that sum. Where the sources differ, or we from them:

* Negatives are drawn once per stretch, as many as it has centres (at least `negatives`, so that a lone pair has its own
  as on paper); each weighs `negatives` / drawn, so that the expected loss is the stated one. The C code draws for each
  pair, and steps after each.
* A negative that is the target is skipped, not drawn again, as in the C code; `collisions` = "keep": the loss on paper.
  Only then skip-gram tends to PMI − log K (Levy and Goldberg 2014); skipping adds −log(1 − p(context | centre)).
* CBOW: the gradient of the mean goes to each context word divided by their number. The C code does not divide, and so
  learns from a lower rate; this one likes 0.1 (Irsoy et al. 2021, arXiv:2012.15332).
* An update sums the gradients of many stretches. How many, and the highest learning rate, are such that the sums do not
  overshoot: few in a small vocabulary or dimension. `Progress.lr` is the rate in use.
* Skip-gram reads the centre and predicts its contexts, as in the paper. The C code reads the context and predicts the
  centre.
* The logistic function is exact. The C code looks it up, and saturates beyond ±6.

Names of tensors: B stretch, T centre, S place of a context, M negative, U output word, D dimension, V vocabulary.

It is long because both methods share one derivation, whose steps refer to each other.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from models.config import Config, knob
from models.windows import draw, keep_chances, noise, windows

EFFICIENT = ("Mikolov et al. 2013a", "https://arxiv.org/abs/1301.3781")
DISTRIBUTED = ("Mikolov et al. 2013b", "https://arxiv.org/abs/1310.4546")

MOST = 2048  # words per update
LARGEST = 0.15  # learning rate x pairs that may move one word in one update, per dimension: at 0.3 vectors swell
CENTRE = 1.0  # the same for the pairs of one centre
SHARED = 0.8  # the same for a negative of a stretch
SLOWEST = 1e-4  # share of the learning rate at the end


class Word2VecConfig(Config):
    """Skip-gram or CBOW with negative sampling."""

    kind: Literal["skip-gram", "CBOW"] = knob(
        "skip-gram",
        "Kind",
        "Skip-gram tells each word of a window from its centre; CBOW the centre from the mean of the window. The "
        "authors train CBOW at twice the learning rate.",
        paper=EFFICIENT,
    )
    dimension: int = knob(64, "Dimension", "Numbers in a vector.", ge=1, le=1024, most=256, log=True, paper=EFFICIENT)
    window: int = knob(
        5,
        "Window",
        "The farthest a context word stands. Each centre draws its own width, from 1 to this.",
        ge=1,
        le=32,
        most=15,
        unit="words",
        paper=EFFICIENT,
    )
    negatives: int = knob(
        5,
        "Negatives",
        "Random words that each target is told from.",
        ge=1,
        le=64,
        most=20,
        unit="words",
        paper=DISTRIBUTED,
    )
    power: float = knob(
        0.75,
        "Power of the counts",
        "Negatives are drawn in proportion to counts to this power: 1 as in the text, 0 evenly.",
        ge=0.0,
        le=1.0,
        step=0.05,
        advanced=True,
        paper=DISTRIBUTED,
    )
    collisions: Literal["skip", "keep"] = knob(
        "skip",
        "A negative that is the target",
        "Skip it, as the C code does, or let it push against its own target, as in the loss on paper.",
        advanced=True,
        paper=("Goldberg and Levy 2014", "https://arxiv.org/abs/1402.3722"),
    )
    subsample: float = knob(
        1e-3,
        "Subsampling",
        "Words of a larger share of the text than this are left out at times; 0: never.",
        ge=0.0,
        le=1.0,
        log=True,
        paper=DISTRIBUTED,
    )
    formula: Literal["code", "paper"] = knob(
        "code",
        "Subsampling as in",
        "The C code keeps a word of share f with chance (√(f/t) + 1)·t/f; the paper says √(t/f).",
        advanced=True,
        paper=DISTRIBUTED,
    )
    min_count: int = knob(5, "Rarest word", "Words that are rarer than this are left out.", ge=1, le=1000, unit="times")
    lr: float = knob(
        0.025,
        "Learning rate",
        "At the start; it falls in a straight line to a ten-thousandth of this. Wide windows with many negatives start "
        "lower, lest the sum over a centre's pairs overshoot.",
        gt=0.0,
        le=1.0,
        most=0.25,
        log=True,
        paper=EFFICIENT,
    )
    epochs: int = knob(5, "Epochs", "How often the text is read.", ge=1, le=1000, most=200, paper=EFFICIENT)


class Progress(NamedTuple):
    """The last update; the loss is a mean over its pairs (CBOW: its centres)."""

    words: int
    """Words of the text read so far, in all epochs, those included that subsampling left out."""
    loss: float
    lr: float


class Place(NamedTuple):
    """Where a reading stands: what it needs beside tables and generator, to go on as if it had never ended."""

    start: int
    """Words read before its first epoch."""
    epoch: int
    updates: int
    """Of all its epochs."""
    here: int
    """Of this one."""
    lr: float
    """Of the newest update."""
    epoch_lr: float
    """Of the last one before this epoch: how many stretches are an update of it follows from that."""
    drawn_G: Tensor
    """State of the generator where the epoch began, uint8: what stays and how far it sees is drawn there."""


class Word2Vec:
    """`vectors` is what people mean by word2vec: a row per word. `outputs` is the other table."""

    def __init__(self, config: Word2VecConfig, counts: Tensor, seed: int):
        """`counts`: how often each word occurs, (V,). Raises ValueError where one does not."""
        if counts.ndim != 1 or not len(counts) or int(counts.min()) < 1:
            raise ValueError("word2vec needs the counts of its words: at least one word, and each at least once.")
        self.config, self.words = config, 0
        self.place: Place | None = None
        """Of the reading that is on its way, after its newest update."""
        self.generator = torch.Generator().manual_seed(seed)
        self.keep_V, self.upto_V = keep_chances(counts, config.subsample, config.formula), noise(counts, config.power)
        size = len(counts), config.dimension
        self.vectors = (torch.rand(size, generator=self.generator) - 0.5) / config.dimension
        self.outputs = torch.zeros(size)
        self.pairs = config.window + 1 if config.kind == "skip-gram" else 1  # of a centre, on average
        self.lr = min(config.lr, CENTRE / (self.pairs * (config.negatives + 1)))
        kept_V = counts * self.keep_V
        often_V = kept_V / kept_V.sum() + config.negatives * self.upto_V.diff(prepend=torch.zeros(1).double())
        self.often = float(often_V.max())  # of the commonest word, per pair

    def train(
        self, ids_N: Tensor, sentence_N: Tensor | None = None, *, every: int = 32, place: Place | None = None
    ) -> Iterator[Progress]:
        """Read the text `epochs` times, or go on with a reading at its `place`; reports each `every` updates and at the
        end.

        `sentence_N`: the number of each word's sentence, from 0; without, it is one sentence. Raises ValueError where a
        word is not in the vocabulary, or there is nothing to learn from; FloatingPointError where it diverges.
        """
        if len(ids_N) < 2 or int(ids_N.min()) < 0 or int(ids_N.max()) >= len(self.vectors):
            raise ValueError(f"The text needs two words or more, each by its number from 0 to {len(self.vectors) - 1}.")
        total, window, now_G = self.config.epochs * len(ids_N), self.config.window, self.generator.get_state()
        start, first, updates, done, lr, epoch_lr, drawn_G = place or Place(
            self.words, 0, 0, 0, self.lr, self.lr, now_G
        )
        for epoch in range(first, self.config.epochs):
            directions = min(self.vectors.shape)  # a sum over many words is spread over so many
            batch = int(min(MOST, LARGEST * directions / (epoch_lr * self.pairs * self.often)))
            self.generator.set_state(drawn_G)
            seen_by = windows(ids_N, sentence_N, self.keep_V, window=window, batch=batch, generator=self.generator)
            if done:  # seen before
                deque(islice(seen_by, done), maxlen=0)
                self.generator.set_state(now_G)
            for here, seen in enumerate(seen_by, done + 1):
                lr = self.lr * max(SLOWEST, 1 - (self.words - start) / total)
                self.words += seen.words
                updates += 1
                self.place = Place(start, epoch, updates, here, lr, epoch_lr, drawn_G)
                last = self.words - start == total
                loss = self.update(*seen[:3], lr=lr, measure=last or updates % every == 0)
                if loss is not None:
                    if not math.isfinite(loss):
                        raise FloatingPointError("The loss is no longer a number: lower the learning rate.")
                    yield Progress(self.words, loss, lr)
            done, epoch_lr, drawn_G = 0, lr, self.generator.get_state()

    def update(
        self,
        centres_BT: Tensor,
        contexts_BS: Tensor,
        see_BTS: Tensor | None = None,
        *,
        lr: float | None = None,
        negatives_BM: Tensor | None = None,
        measure: bool = True,
    ) -> float | None:
        """One step, and the mean loss before it where `measure`. Pairs are stretches of one: (N, 1) and (N, 1)."""
        lr = self.lr if lr is None else lr
        if see_BTS is None:
            see_BTS = torch.ones(*centres_BT.shape, contexts_BS.shape[1], dtype=torch.bool)
        if negatives_BM is None:
            shared = lr * self.pairs * self.config.negatives * centres_BT.shape[1] / SHARED
            drawn = max(self.config.negatives, centres_BT.shape[1], round(shared))
            negatives_BM = draw(self.upto_V, (len(centres_BT), drawn), self.generator)
        see_BTS, skip = see_BTS.to(self.vectors.dtype), self.config.kind == "skip-gram"
        if skip:
            read, targets_BU, label_BTU = centres_BT, contexts_BS, see_BTS
            h_BTD = F.embedding(read, self.vectors)
        else:
            read, targets_BU = contexts_BS, centres_BT
            number_BT1 = see_BTS.sum(-1, keepdim=True)
            see_BTS = see_BTS / number_BT1.clamp(min=1)
            label_BTU = torch.eye(centres_BT.shape[1], dtype=see_BTS.dtype) * (number_BT1 > 0)
            h_BTD = see_BTS @ F.embedding(read, self.vectors)
        weight_BTM = self._weights(label_BTU, targets_BU, negatives_BM)
        outputs = torch.cat([targets_BU, negatives_BM], 1)
        u = F.embedding(outputs, self.outputs)
        scores = h_BTD @ u.mT
        targets = targets_BU.shape[1]
        pull = scores.sigmoid().neg_()
        pull[..., targets:] *= weight_BTM
        pull[..., :targets] += 1
        pull[..., :targets] *= label_BTU
        loss = None
        if measure:
            found = (F.softplus(-scores[..., :targets]) * label_BTU).sum() + (
                F.softplus(scores[..., targets:]) * weight_BTM
            ).sum()
            loss = float(found / label_BTU.sum().clamp(min=1))
        pull *= lr
        step_BTD = pull @ u
        _add(self.outputs, outputs, pull.mT @ h_BTD)
        _add(self.vectors, read, step_BTD if skip else see_BTS.mT @ step_BTD)
        return loss

    def _weights(self, label_BTU: Tensor, targets_BU: Tensor, negatives_BM: Tensor) -> Tensor:
        """(B, T, M) how often each negative counts for each input: once per target that it is not."""
        weight_BTM = label_BTU.sum(-1, keepdim=True).expand(-1, -1, negatives_BM.shape[1])
        if self.config.collisions == "skip":
            same_BUM = (targets_BU[:, :, None] == negatives_BM[:, None]).to(label_BTU.dtype)
            weight_BTM = torch.baddbmm(weight_BTM, label_BTU, same_BUM, alpha=-1)
        return weight_BTM * (self.config.negatives / negatives_BM.shape[1])


def _add(table_VD: Tensor, ids: Tensor, rows: Tensor) -> None:
    """Add each row to its word's. A word that stands there twice gets both."""
    flat_N, width = ids.flatten(), table_VD.shape[1]
    table_VD.scatter_add_(0, flat_N[:, None].expand(-1, width), rows.reshape(-1, width))
