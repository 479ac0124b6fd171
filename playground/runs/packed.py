"""Tensors and a few plain values as one safetensors file. Read with everything checked; nothing in it is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

HEADER = 8 * 2**20  # bytes
T = TypeVar("T", bound=BaseModel)


def pack(tensors: Mapping[str, Tensor], told: BaseModel) -> bytes:
    """The file."""
    return save({name: t.detach().cpu().contiguous() for name, t in tensors.items()}, {"told": told.model_dump_json()})


def unpack(data: bytes, kind: type[T]) -> tuple[T, dict[str, Tensor]]:
    """What a file tells, and its tensors, for `taken`. Raises ValueError with a few words for another file."""
    length = int.from_bytes(data[:8], "little")
    if length > min(len(data) - 8, HEADER):
        raise ValueError("it is cut off or of another kind")
    try:
        told = kind.model_validate_json(json.loads(data[8 : 8 + length])["__metadata__"]["told"])
        return told, load(data)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"][:2])
        raise ValueError(f"{where or 'what it tells'} is wrong") from error
    except (ValueError, KeyError, TypeError, RecursionError, SafetensorError) as error:
        raise ValueError("it is cut off or of another kind") from error


def taken(tensors: dict[str, Tensor], name: str, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    """One of the tensors, which has to be of this shape (-1: of any length there). Raises ValueError."""
    found = tensors.pop(name, None)
    if found is None:
        raise ValueError(f"{name} is missing")
    fits = len(shape) == found.ndim and all(want in (-1, got) for want, got in zip(shape, found.shape, strict=True))
    if found.dtype != dtype or not fits:
        raise ValueError(f"{name} is {found.dtype} of shape {list(found.shape)}, not {dtype} of {list(shape)}")
    return found
