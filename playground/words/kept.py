"""A training of word vectors as one file, from which it goes on bit for bit: its settings and a few numbers, and as
tensors the tables, the states of the generators, the maps and the curves. The corpus is read again from the settings.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from models.word2vec import Place, Word2Vec
from playground.measures.projection import Basis
from playground.runs.packed import pack, taken, unpack
from playground.words.settings import KINDS, WordSettings
from playground.words.training import SHARES, TOP, Kept, Point, Training

Count = Annotated[int, Field(ge=0, le=2**53)]
Number = Annotated[float, Field(ge=0, le=1e12)]
Rate = Annotated[float, Field(gt=0, le=10)]


class Stands(BaseModel):
    """Where one of the two methods stands; see `Place`."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    words: Count
    place: tuple[Count, Count, Count, Count, Rate, Rate] | None
    losses: list[float]
    """Since the last point of the curves."""


class Written(BaseModel):
    """What the file tells."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    settings: WordSettings
    seconds: Number
    stands: Annotated[list[Stands], Field(min_length=2, max_length=2)]
    """In the order of `KINDS`."""
    kept: Annotated[list[Count], Field(min_length=1, max_length=len(SHARES))]
    """After how many words every word's neighbours were kept."""


def dump(training: Training) -> bytes:
    """The file."""
    stands, tensors = [], dict[str, Tensor]()
    for i, kind in enumerate(KINDS):
        model, map_ = training.models[kind], training.maps[kind]
        place = model.place
        stands.append(Stands(words=model.words, place=place and place[:-1], losses=training.losses[kind]))
        tensors |= {f"{i}.vectors": model.vectors, f"{i}.outputs": model.outputs}
        tensors[f"{i}.generator"] = model.generator.get_state()
        tensors |= {f"{i}.map.{name}": tensor for name, tensor in map_.basis._asdict().items()}
        tensors[f"{i}.map.places"] = map_.places_WP
        tensors |= {f"{i}.kept.{n}": kept.ids[i] for n, kept in enumerate(training.kept)}
        if place is not None:
            tensors[f"{i}.drawn"] = place.drawn_G
    rows = [(p.words, p.seconds, *p.loss, *p.agreement) for p in training.points]
    tensors["points"] = torch.tensor(rows, dtype=torch.float64)
    kept = [each.words for each in training.kept]
    return pack(tensors, Written(settings=training.settings, seconds=training.seconds, stands=stands, kept=kept))


def reading(data: bytes) -> Generator[None, None, Training]:
    """The training of a file, ready to go on, a piece at a time. Raises ValueError for another file."""
    told, tensors = unpack(data, Written)
    yield
    training = yield from Training.made(told.settings)
    size, last = len(training.text.vocabulary), told.settings.model.epochs
    if any(each.words > training.total or (each.place and each.place[1] >= last) for each in told.stands):
        raise ValueError("it has read more than there is")
    points = taken(tensors, "points", torch.float64, (-1, 6)).tolist()
    training.points = [Point(int(words), seconds, (a, b), (c, d)) for words, seconds, a, b, c, d in points]
    if not training.points:
        raise ValueError("its curves have no beginning")
    sides: list[list[Tensor]] = []
    for i, (kind, stands) in enumerate(zip(KINDS, told.stands, strict=True)):
        _put_back(training.models[kind], stands, i, tensors)
        map_ = training.maps[kind]
        basis = {name: _like(like, tensors, f"{i}.map.{name}") for name, like in map_.basis._asdict().items()}
        map_.basis, map_.places_WP = Basis(**basis), _like(map_.places_WP, tensors, f"{i}.map.places")
        sides.append([_ids(tensors, f"{i}.kept.{n}", size) for n in range(len(told.kept))])
        yield
    training.kept = [Kept(words, (a, b)) for words, a, b in zip(told.kept, *sides, strict=True)]
    training.seconds = told.seconds
    training.go_on({kind: stands.losses for kind, stands in zip(KINDS, told.stands, strict=True)})
    return training


def _put_back(model: Word2Vec, stands: Stands, i: int, tensors: dict[str, Tensor]) -> None:
    model.vectors = _like(model.vectors, tensors, f"{i}.vectors")
    model.outputs = _like(model.outputs, tensors, f"{i}.outputs")
    generator_G = _like(model.generator.get_state(), tensors, f"{i}.generator")
    model.generator.set_state(generator_G)
    model.words = stands.words
    if stands.place is not None:
        model.place = Place(*stands.place, _like(generator_G, tensors, f"{i}.drawn"))


def _like(like: Tensor, tensors: dict[str, Tensor], name: str) -> Tensor:
    found = taken(tensors, name, like.dtype, like.shape)
    if found.is_floating_point() and not bool(found.isfinite().all()):
        raise ValueError(f"{name} holds numbers that are not finite")
    return found


def _ids(tensors: dict[str, Tensor], name: str, size: int) -> Tensor:
    found = taken(tensors, name, torch.int16, (size, min(TOP, size - 1)))
    if not 0 <= int(found.min()) <= int(found.max()) < size:
        raise ValueError("it names words that are not there")
    return found
