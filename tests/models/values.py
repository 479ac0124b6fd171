"""What must hold of every config, each a function that raises AssertionError where it does not."""

import math

from pydantic import ValidationError

from models.config import Config, bounds, extra


def survives_json(config: Config) -> None:
    """And cannot be changed in place."""
    assert type(config).model_validate_json(config.model_dump_json()) == config, "JSON loses something"
    for name in type(config).model_fields:
        try:
            setattr(config, name, getattr(config, name))
        except ValueError:
            continue
        raise AssertionError(f"{name} can be changed in place")


def bounds_refuse(kind: type[Config], name: str) -> None:
    """A number is bounded on both sides, a visitor's bound lies between, and what lies outside is refused."""
    field = kind.model_fields[name]
    (low, high), whole, most = bounds(field), field.annotation in (int, int | None), extra(field)["most"]
    assert low is not None, f"{name} has no lower bound"
    assert high is not None, f"{name} has no upper bound"
    assert most is None or low <= most <= high, f"a visitor's bound of {name} lies outside"
    outside = (low - 1, high + 1, -math.inf, math.inf, math.nan, "many", *([low + 0.5] if whole else []))
    for given in ({name: value} for value in outside):
        _refused(kind, given)
    _refused(kind, {name + "s": low})


def _refused(kind: type[Config], given: dict) -> None:
    try:
        kind.model_validate(given)
    except ValidationError:
        return
    raise AssertionError(f"{given} is accepted")
