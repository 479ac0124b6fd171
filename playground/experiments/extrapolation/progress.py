"""Length extrapolation: train on short texts, read longer ones (Press et al. 2022, arXiv:2108.12409).

The characters that are scored are the same at every length, the last half of the trained length; what grows is the text
before them. So the change of accuracy is paired, and a scheme that simply ignores what is far away loses nothing.
RoPE is trained once and read again with stretched angles, the factor being the multiple of the trained length: position
interpolation (Chen et al. 2023, arXiv:2306.15595), NTK-aware and YaRN (Peng et al. 2023, arXiv:2309.00071), Llama 3.1
(arXiv:2407.21783). Their papers tune the model at the new length for a while; here it is read as it is.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Literal, NamedTuple

import torch
from pydantic import model_validator
from torch import Tensor
from torch.nn import functional as F
from typing_extensions import Self

from models import Transformer
from models.config import Config, knob
from models.position import RoPE, Scaling
from models.position.scaling import FAST
from playground.experiments.base import (
    FEWEST,
    NAMES,
    NEVER,
    SCHEMES,
    SchemeName,
    check_once,
    mean_error,
    schemes_knob,
    seed_knob,
    text_run,
)
from playground.runs.run import VALIDATION_SEED, Diverged, Run
from playground.tasks import Text

MULTIPLES = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
TOKENS, CELLS = 2048, 2**18  # of one forward pass, and pairs of them: a few updates' time
WayName = Literal["linear", "NTK", "YaRN", "llama3"]
WAYS = ("linear", "NTK", "YaRN", "llama3")


class Extrapolation(Config):
    """What is trained, and on how much it is read."""

    schemes: tuple[SchemeName, ...] = schemes_knob(tuple(SCHEMES), "Each is trained on its own, on the same batches.")
    ways: tuple[WayName, ...] = knob(
        WAYS,
        "Stretched RoPE",
        "The trained RoPE model is also read with angles stretched by the multiple; nothing is trained for it.",
        max_length=4,
        paper=("Peng et al. 2023", "https://arxiv.org/abs/2309.00071"),
    )
    length: int = knob(
        32, "Trained length", "What training sees.", ge=8, le=128, most=64, multiple_of=8, step=8, unit="characters"
    )
    steps: int = knob(200, "Steps", "Updates of each model.", ge=1, le=5000, most=400)
    examples: int = knob(128, "Held-out texts", "Read at each length; the same ones by all.", ge=2, le=1024, most=256)
    seed: int = seed_knob()

    @model_validator(mode="after")
    def _once(self) -> Self:
        check_once(self.schemes, "schemes")
        check_once(self.ways, "ways")
        return self

    @property
    def scored(self) -> int:
        """Characters of each text that are scored, at its end."""
        return self.length // 2


class Point(NamedTuple):
    """One scheme at one length. Errors are standard errors over the texts."""

    scheme: str
    """As the page says it; of stretched angles "RoPE, YaRN" and so on."""
    multiple: float
    accuracy: float
    """Share of the scored characters whose likeliest prediction is right."""
    accuracy_error: float
    loss: float
    """Nats per scored character."""
    loss_error: float
    change: float
    """Of the accuracy since the trained length, text by text."""
    change_error: float


class Progress(NamedTuple):
    """What is known so far."""

    config: Extrapolation
    points: tuple[Point, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    """(scheme, why it has no point, or none at longer texts)."""
    training: str = ""
    """The scheme in training, empty when none is."""
    step: int = 0
    loss: float = 0.0
    """Of the batch just learned, nats per character."""
    done: float = 0.0
    """Share of the work, 0 to 1."""


def extrapolation(config: Extrapolation) -> Iterator[Progress]:
    """Train and read scheme by scheme; yields after every update and every point."""
    now = Progress(config)
    yield now
    longest = Text(length=round(config.length * MULTIPLES[-1])).build()
    texts_BT = longest.draw(config.examples, torch.Generator().manual_seed(VALIDATION_SEED), "validation")
    yield now
    for i, scheme in enumerate(config.schemes):
        run = Run(
            text_run(
                scheme,
                topology="decoder-only",
                length=config.length,
                steps=config.steps,
                seed=config.seed,
                evaluate_every=NEVER,  # it is read at every length later
                examples=FEWEST,
            )
        )
        yield now
        try:
            for metrics in run.train():
                done = (i + 0.8 * metrics.step / config.steps) / len(config.schemes)
                now = now._replace(training=scheme, step=metrics.step, loss=metrics.loss, done=done)
                yield now
        except Diverged as error:
            now = now._replace(refused=(*now.refused, (NAMES[scheme], str(error))))
            continue
        for way in ("none", *(config.ways if scheme == "RoPE" else ())):
            now = yield from _read(now._replace(training=""), run.model, way, texts_BT.to(run.place.device))
        now = now._replace(done=(i + 1) / len(config.schemes))
        yield now


def _read(now: Progress, model: Transformer, way: str, texts_BT: Tensor) -> Generator[Progress, None, Progress]:
    """One model at every length; one that refuses a length says why, and is asked no more."""
    config, scheme, first_B = now.config, model.config.position.kind, None
    name = NAMES[scheme] if way == "none" else f"{scheme}, {way}"
    for multiple in MULTIPLES:
        length = round(multiple * config.length)
        reader = model if way == "none" else stretched(model, way, multiple, config.length)
        parts: list[tuple[Tensor, Tensor]] = []
        try:
            for part in read(reader, texts_BT[:, -length - 1 :], config.scored):
                parts.append(part)
                yield now
        except ValueError as error:
            now = now._replace(refused=(*now.refused, (name, str(error))))
            break
        right_B, loss_B = (torch.cat(each) for each in zip(*parts, strict=True))
        first_B = right_B if first_B is None else first_B
        found = (mean_error(each.tolist()) for each in (right_B, loss_B, right_B - first_B))
        now = now._replace(points=(*now.points, Point(name, multiple, *(number for pair in found for number in pair))))
        yield now
    return now


def stretched(model: Transformer, way: str, factor: float, trained: int) -> Transformer:
    """The same weights under angles stretched by `factor`."""
    position = model.config.position
    assert isinstance(position, RoPE)
    scaling = Scaling.model_validate({"way": way, "factor": factor} | ({"trained": trained} if way in FAST else {}))
    reader = Transformer(model.config.but(position=position.but(scaling=scaling.model_dump()).model_dump()))
    reader.load_state_dict(model.state_dict())
    return reader.to(next(model.parameters()).device)


def read(model: Transformer, texts_BT: Tensor, scored: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Share of right characters and mean loss in nats of each text (B,), float64, over the last `scored` characters; a
    few texts at a time.
    """
    length = texts_BT.shape[1] - 1
    for part_BT in texts_BT.split(max(1, min(TOKENS // length, CELLS // length**2))):
        with torch.no_grad():
            logits_BTV = model(part_BT[:, :-1]).logits_BTV[:, -scored:].float()
        wanted_BT = part_BT[:, -scored:]
        right_B = (logits_BTV.argmax(-1) == wanted_BT).double().mean(1)
        loss_B = F.cross_entropy(logits_BTV.mT, wanted_BT, reduction="none").double().mean(1)
        yield right_B.cpu(), loss_B.cpu()
