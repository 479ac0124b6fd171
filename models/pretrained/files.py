"""The files of a checkpoint, from a folder that is not trusted: bounded JSON, headers alone, no pickle."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from safetensors import SafetensorError, safe_open
from torch import Tensor

CONFIG, WHOLE, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
JSON_BYTES = 4 * 2**20
"""Longest JSON that is read: a config, an index or a header. Those of models with hundreds of billions stay below."""
POINTER = b"version https://git-lfs"


class Stored(NamedTuple):
    """One tensor as the header of its file describes it."""

    file: Path
    name: str
    shape: tuple[int, ...]
    dtype: str
    """As safetensors spells it: F32, BF16, I64."""
    source: Callable[[], Tensor] | None = None
    """What reads it, where the file is no safetensors."""

    def read(self) -> Tensor:
        """Its values, mapped from the file: copy before the file may change. Raises ValueError for a damaged file."""
        if self.source is not None:
            return self.source()
        try:
            with safe_open(self.file, framework="pt") as file:
                return file.get_tensor(self.name)
        except SafetensorError as error:
            raise ValueError(f"{self.file.name} is damaged: {error}.") from None


def settings(folder: Path) -> dict[str, Any]:
    """The content of config.json."""
    path = folder / CONFIG
    if not path.is_file():
        raise ValueError(f"There is no {CONFIG} in {folder.name}.")
    return document(path)


def shards(folder: Path) -> list[Path]:
    """The safetensors files: model.safetensors, or those that its index names; of the index, no more is believed."""
    if (folder / WHOLE).is_file():
        return [folder / WHOLE]
    if not (folder / INDEX).is_file():
        raise ValueError(
            f"There is no {WHOLE} in {folder.name}, nor {INDEX}. Other formats are not read: "
            "a pickle (.bin, .pt) runs code when it is opened. Convert it to safetensors first."
        )
    names = named(folder / INDEX)
    for name in names:
        if not (folder / name).is_file():
            raise ValueError(f"{INDEX} names {name:.80}, which is missing.")
    return [folder / name for name in names]


def named(index: Path) -> list[str]:
    """The files that an index names, each a plain name."""
    places = document(index).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ValueError(f"{INDEX} has no weight_map.")
    names = sorted({str(name) for name in places.values()})
    for name in names:
        if not re.fullmatch(r"[\w.-]+\.safetensors", name):  # a plain name stays in the folder
            raise ValueError(f"{INDEX} names {name!r:.80}, which is no safetensors file of this folder.")
    return names


def document(path: Path) -> dict[str, Any]:
    """The object that a JSON file of bounded length holds."""
    return _document(path.name, _beginning(path, JSON_BYTES + 1))


def header(path: Path) -> list[Stored]:
    """The tensors of a file.

    The header is read here, not by the library, which maps the whole file first: a file that claims 80 GB failed there,
    before its shapes could be refused. The library checks the rest of the file when a tensor is read.
    """
    start = _beginning(path, 8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length > JSON_BYTES:
        raise ValueError(f"{path.name} is no safetensors file, or its header is longer than {JSON_BYTES:,} bytes.")
    tensors = _document(path.name, _beginning(path, 8 + length)[8:])
    tensors.pop("__metadata__", None)
    return [_stored(path, name, tensor) for name, tensor in tensors.items()]


def _stored(path: Path, name: str, tensor: Any) -> Stored:
    shape, dtype = (tensor.get("shape"), tensor.get("dtype")) if isinstance(tensor, dict) else (None, None)
    if not isinstance(shape, list) or not all(type(n) is int for n in shape) or not isinstance(dtype, str):
        raise ValueError(f"{path.name}: the header says neither shape nor type of {name:.80}.")
    return Stored(path, name, tuple(shape), dtype)


def _beginning(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        start = file.read(most)
    if start.startswith(POINTER[:most]):
        raise ValueError(
            f"{path.name} is a pointer of Git LFS, which stands for a file that was not fetched: run `git lfs pull`."
        )
    return start


def _document(name: str, text: bytes) -> dict[str, Any]:
    if len(text) > JSON_BYTES:
        raise ValueError(f"{name} is longer than {JSON_BYTES:,} bytes.")
    try:
        found = json.loads(text.decode("utf-8-sig"))
    except (ValueError, RecursionError):  # no UTF-8, no JSON, or brackets within brackets within brackets
        raise ValueError(f"{name} is not readable JSON.") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} holds no JSON object.")
    return found
