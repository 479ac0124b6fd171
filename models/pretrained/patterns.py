"""Which layers see a window only, as a config.json lists them -> the pattern of our attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.architecture import TransformerConfig
from models.config import bounds
from models.pretrained.base import integer

LETTERS = {"sliding_attention": "L", "local": "L", "full_attention": "G", "global": "G"}


def depth(given: Mapping[str, Any], name: str) -> int:
    """How many layers there are; raises ValueError for more than ours may have: they are listed one by one."""
    found, most = integer(given, name), bounds(TransformerConfig.model_fields["layers"])[1]
    if most is not None and found > most:
        raise ValueError(f"config.json: {name} lies between 1 and {most}; got {found!r:.40}.")
    return found


def windowed(window: int | None, kinds: Sequence[Any]) -> dict[str, Any]:
    """The fields `window` and `pattern` of an attention whose layers are of these kinds, the first layer first.

    Raises ValueError for a kind that ours does not have.
    """
    unknown = next((kind for kind in kinds if not isinstance(kind, str) or kind not in LETTERS), None)
    if unknown is not None:
        raise ValueError(f"config.json: a layer is of kind {unknown!r:.40}, and this core has {', '.join(LETTERS)}.")
    letters = "".join(LETTERS[kind] for kind in kinds)
    if window is None or "L" not in letters:
        return {"window": None}
    turn = next(n for n in range(1, len(letters) + 1) if (letters[:n] * len(letters))[: len(letters)] == letters)
    return {"window": window, "pattern": letters[:turn]}


def kinds(given: Mapping[str, Any], layers: int, otherwise: Sequence[str]) -> Sequence[Any]:
    """`layer_types`, or what the family has where a file leaves them out. Raises ValueError for another number."""
    found = given.get("layer_types")
    found = otherwise if found is None else found
    if not isinstance(found, list | tuple) or len(found) != layers:
        raise ValueError(f"config.json: layer_types must list the kinds of {layers} layers, got {found!r:.40}.")
    return found
