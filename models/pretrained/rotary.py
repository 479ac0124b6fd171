"""What a config.json says of rotary positions -> ours: plain angles, or stretched ones (linear, llama3, YaRN)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from models.architecture import TransformerConfig
from models.position import RoPE
from models.pretrained.base import Ignored, refuse_unless

SETTINGS: dict[str, dict[str, str]] = {
    "default": {},
    "linear": {"factor": "factor"},
    "llama3": {
        "factor": "factor",
        "original_max_position_embeddings": "trained",
        "low_freq_factor": "slow",
        "high_freq_factor": "fast",
    },
    "yarn": {
        "factor": "factor",
        "original_max_position_embeddings": "trained",
        "beta_slow": "slow",
        "beta_fast": "fast",
        "attention_factor": "sharpness",
    },
}
"""What each kind has beside its base, by our names."""
WAYS = {"default": "none", "linear": "linear", "llama3": "llama3", "yarn": "YaRN"}
OPTIONAL = {"beta_slow", "beta_fast", "attention_factor"}


def rotary(given: Mapping[str, Any], **more: Any) -> Any:
    """The fields of our RoPE, of `rope_parameters` or, in files of before 2026, of `rope_theta` beside `rope_scaling`.

    Raises ValueError for what ours cannot express. `more` is what the family knows of its rotation.
    """
    rope: dict[str, Any] = {"rope_theta": given.get("rope_theta", 10_000.0)}
    for name in ("rope_scaling", "rope_parameters"):
        part = given.get(name) or {}
        if not isinstance(part, dict):
            raise ValueError(f"config.json: {name} must be an object, got {part!r:.40}.")
        rope |= part
    refuse_unless(rope, "partial_rotary_factor", 1.0, None)  # of families that turn a part, the file knows
    rope.pop("partial_rotary_factor", None)
    kind = rope.get("rope_type", rope.get("type", "default"))
    if not isinstance(kind, str) or kind not in SETTINGS:
        raise ValueError(
            f"config.json: the angles of RoPE are scaled ({kind!r:.40}), and this core knows {', '.join(SETTINGS)}."
        )
    settings = SETTINGS[kind]
    unknown = sorted(rope.keys() - {"rope_theta", "rope_type", "type"} - settings.keys())
    if unknown:
        raise ValueError(f"config.json: RoPE has a setting that this core does not know: {unknown[0]!r:.40}.")
    if "original_max_position_embeddings" in settings:
        rope.setdefault("original_max_position_embeddings", given.get("max_position_embeddings"))
    missing = [name for name in settings if name not in rope and name not in OPTIONAL]
    if missing:
        raise ValueError(f"config.json: RoPE scaled by {kind} needs {missing[0]}.")
    stretched = {ours: rope[name] for name, ours in settings.items() if rope.get(name) is not None}
    return {"kind": "RoPE", "base": rope["rope_theta"], "scaling": {"way": WAYS[kind], **stretched}, **more}


def frequencies(config: TransformerConfig) -> Tensor:
    """(r/2,) radians per position of each pair of channels, as old files store them."""
    rope, room = config.position, config.room("encoder" if config.topology == "encoder-only" else "decoder")
    assert isinstance(rope, RoPE)
    return rope.scaling.frequencies(rope.base, rope.rotated(room.turning()))


def stored(pattern: str) -> Ignored:
    """Frequencies of this name."""
    return Ignored(pattern, "RoPE's frequencies, which follow from the config", table=frequencies)
