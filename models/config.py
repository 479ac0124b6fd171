"""The base class of configs: frozen values whose every field is bounded and documented, once, where it is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, NoReturn, TypeVar, Union, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import Self


class Config(BaseModel):
    """A config is a value: frozen, complete, comparable, JSON-able; refuses unknown keys and numbers out of bounds."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=True)

    def but(self, **changes: Any) -> Self:
        """The same config with some fields changed, validated again; raises `pydantic.ValidationError`."""
        return type(self).model_validate({**self.model_dump(), **changes})


class Refused(ValueError):
    """A rule across fields is broken. `field` names the one to change (dotted below the config that refuses)."""

    def __init__(self, field: str, sentence: str):
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def refuse(field: str, sentence: str) -> NoReturn:
    """Raise `Refused`: the sentence says what is wrong, why, and what to do."""
    raise Refused(field, sentence)


ConfigT = TypeVar("ConfigT", bound=Config)


def knob(
    default: Any,
    label: str,
    help: str,
    *,
    live: bool = False,
    log: bool = False,
    step: float | None = None,
    advanced: bool = False,
    paper: tuple[str, str] | None = None,
    unit: str = "",
    most: float | None = None,
    empty: str = "off",
    **bounds: Any,
) -> Any:
    """A documented field. `ge`, `le`, `gt`, `lt` bound what the core accepts; `most` is as far as one usually goes.

    `live` fields may change in the middle of a run; `log`: steps are factors; `advanced`: seldom changed; `empty`: what
    None means; `paper` is (text, url).
    """
    extra = {
        "label": label,
        "live": live,
        "log": log,
        "step": step,
        "advanced": advanced,
        "paper": list(paper) if paper else None,
        "unit": unit,
        "most": most,
        "empty": empty,
    }
    return Field(default, description=help, json_schema_extra=extra, **bounds)


def slot(registry: Mapping[str, type[Config]]) -> Any:
    """The type of a field that holds one of a registry's variants, told apart by their `kind`."""
    return Annotated[Union[tuple(registry.values())], Field(discriminator="kind")]  # noqa: UP007 - made from the registry


def extra(field: FieldInfo) -> dict[str, Any]:
    """What `knob` noted on a field beyond pydantic's own bounds; empty for a plain field."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """(lowest, highest) value the core accepts, None where there is no bound."""
    low = high = None
    for rule in field.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", None)) if low is None else low
        high = getattr(rule, "le", getattr(rule, "lt", None)) if high is None else high
    return low, high


def variants(field: FieldInfo) -> dict[str, type[Config]]:
    """kind -> config class of a slot that is a discriminated union; empty for any other field."""
    members = [m for m in get_args(field.annotation) if isinstance(m, type) and issubclass(m, Config)]
    return {m.model_fields["kind"].default: m for m in members if "kind" in m.model_fields}


def live(config: Config) -> frozenset[str]:
    """Dotted paths of the settings that may change in the middle of a run."""
    return frozenset(path for path, field, _ in walk(config) if extra(field).get("live"))


def put(config: ConfigT, path: str, value: Any) -> ConfigT:
    """The config with one leaf changed; raises `pydantic.ValidationError`."""
    name, _, rest = path.partition(".")
    return config.but(**{name: put(getattr(config, name), rest, value) if rest else value})


def walk(config: Config, path: str = "") -> Iterator[tuple[str, FieldInfo, Any]]:
    """(dotted path, field, value) of every leaf below a config."""
    for name, field in type(config).model_fields.items():
        value, here = getattr(config, name), f"{path}{name}"
        if isinstance(value, Config):
            yield from walk(value, here + ".")
        else:
            yield here, field, value


Top = Callable[[FieldInfo], str]
"""The upper bound of a field in words, "" for that of the core."""


def problems(error: ValidationError, config_class: type[Config], top: Top = lambda field: "") -> dict[str, str]:
    """{dotted path: sentence} of a validation error, the paths without the tags of discriminated unions. `top` names
    other upper bounds than the core's.
    """
    found: dict[str, str] = {}
    for item in error.errors():
        path, field = _locate(item["loc"], config_class)
        raised = item.get("ctx", {}).get("error")
        if isinstance(raised, Refused):
            path = ".".join(p for p in (path, raised.field) if p)
        found.setdefault(path, _sentence(item, field, raised, top))
    return found


def _locate(loc: tuple[int | str, ...], config_class: type[Config]) -> tuple[str, FieldInfo | None]:
    names: list[str] = []
    field, here, parts = None, config_class, list(loc)
    while parts:
        name = str(parts.pop(0))
        names.append(name)
        field = here.model_fields.get(name) if here else None
        options = variants(field) if field else {}
        if options and parts and parts[0] in options:
            here = options[str(parts.pop(0))]
        else:
            here = field.annotation if field and isinstance(field.annotation, type) else None
            here = here if here and issubclass(here, Config) else None
    return ".".join(names), field


def _sentence(item: Mapping[str, Any], field: FieldInfo | None, raised: Exception | None, top: Top) -> str:
    if raised is not None:
        return str(raised)
    label, got = (
        (extra(field).get("label") if field else None) or str(item["loc"][-1] if item["loc"] else "config"),
        item["input"],
    )
    shown = f"{got!r:.40}"
    if item["type"] == "extra_forbidden":
        return f"There is no setting called {item['loc'][-1]!r:.40}."
    if item["type"] == "literal_error":
        return f"{label}: choose {item['ctx']['expected']}; got {shown}."
    low, high = bounds(field) if field else (None, None)
    if field and low is not None and high is not None:
        end = top(field) or number(high)
        if item["type"] == "greater_than":  # a bound that is not itself allowed
            return f"{label} is more than {number(low)}, up to {end}; got {shown}."
        return f"{label} lies between {number(low)} and {end}; got {shown}."
    return f"{label}: {item['msg'][:1].lower()}{item['msg'][1:]}; got {shown}."


def number(value: float) -> str:
    """A bound in a sentence: 65,536 or 0.25."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,g}"
