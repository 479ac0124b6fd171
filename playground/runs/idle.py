"""Settings without effect, which the core refuses: what visitors edit, and links and files of before, may have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from models import idle as core
from models.config import extra
from playground.runs.config import RunConfig
from playground.settings.dotted import field_at, leaf, put


def idle(raw: Mapping[str, Any]) -> dict[str, str]:
    """{dotted path: why it has no effect} of a run's edited values, whether they hold together or not."""
    return {f"model.{path}": why for path, why in core.idle(lambda path: leaf(raw, f"model.{path}")).items()}


def reset(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values with whatever has no effect at its default, and a sentence for each that was another."""
    said, kept = {}, dict(raw)
    for path, why in idle(raw).items():
        field, value = field_at(RunConfig, path), leaf(raw, path)
        if value is not None and value != field.default:
            kept = put(kept, path, field.default)
            said[path] = f"{extra(field)['label']} has no effect here: {why}."
    every, depth = leaf(raw, "model.feed_forward.every"), leaf(raw, "model.layers")
    if isinstance(every, int) and isinstance(depth, int) and every > depth > 0:  # it meant the last layer
        kept = put(kept, "model.feed_forward.every", depth)
        said["model.feed_forward.every"] = f"A layer of experts beyond the last of {depth} has no effect here."
    return kept, said


def effective(raw: Mapping[str, Any]) -> RunConfig:
    """The config of edited or stored values, those without effect at their defaults; raises
    `pydantic.ValidationError`, also for such a value that its own field refuses.
    """
    try:
        return RunConfig.model_validate(raw)
    except ValidationError as error:
        if any(item["type"] != "value_error" for item in error.errors()):
            raise
        return RunConfig.model_validate(reset(raw)[0])
