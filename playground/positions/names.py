"""Settings by what tells them apart: "base 100", "YaRN ×4", "ALiBi"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.position import PositionConfig, RoPE
from playground.positions.settings import Setting
from playground.settings.dotted import flat
from playground.wording import number

WORDS = {  # path -> what stands before its value; the way of scaling speaks for itself
    "position.base": "base ",
    "position.fraction": "share ",
    "position.pairing": "",
    "position.amplitude": "amplitude ",
    "position.buckets": "buckets ",
    "position.furthest": "furthest ",
    "position.clip": "clip ",
    "position.scaling.way": "",
    "position.scaling.factor": "×",
    "position.scaling.trained": "trained ",
    "position.scaling.fast": "fast ",
    "position.scaling.slow": "slow ",
    "position.scaling.sharpness": "sharpness ",
    "head_dim": "d ",
    "heads": "heads ",
    "sight": "",
    "trained": "trained ",
}
MOST = 2  # things said of one setting


def called(scheme: PositionConfig) -> str:
    """A scheme as sentences call it."""
    return scheme.called or scheme.kind


def matters(setting: Setting) -> dict[str, Any]:
    """{path: value} without what has no effect on this scheme as it is set."""
    values = flat(setting.model_dump())
    if isinstance(setting.position, RoPE):
        values.pop("trained")
        if setting.position.scaling.way == "none":
            values = {path: value for path, value in values.items() if ".scaling." not in path}
    return values


def names(settings: Sequence[Setting]) -> list[str]:
    """One short name each: what not all have in common, the scheme itself if nothing is. For one RoPE, its base."""
    every = [matters(setting) for setting in settings]
    kinds = {values["position.kind"] for values in every}
    alike = [[values for values in every if values["position.kind"] == kind] for kind in kinds]
    paths = [path for path in WORDS if any(len({values.get(path) for values in same}) > 1 for same in alike)]
    if len(kinds) == 1 and "RoPE" in kinds and not paths:
        paths = ["position.base"]
    schemes = [called(setting.position) for setting in settings]
    return [_name(*each, paths, lone=len(kinds) == 1) for each in zip(schemes, every, strict=True)]


def _name(scheme: str, values: dict[str, Any], paths: list[str], *, lone: bool) -> str:
    said = [] if lone and paths else [scheme]
    for path in paths:
        value = values.get(path)
        if value is None or (path == "position.scaling.factor" and "position.scaling.way" not in values):
            continue
        said.append(f"{WORDS[path]}{number(value) if isinstance(value, (int, float)) else value}")
    if not said:  # what the others have and this one has not
        said = ["plain"]
    return " ".join(said[: MOST + (not lone)])
