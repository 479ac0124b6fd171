"""Options meet each other: the properties of every variant, on configs drawn from all choices that there are."""

from copy import deepcopy
from typing import Any, get_args

from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models import Transformer, TransformerConfig
from models.config import Config, variants
from models.idle import idle
from tests.models import properties
from tests.models.values import survives_json
from tests.models.variants import inputs, noisy, small
from tests.models.visibility import rows_are_distributions_over_what_is_visible

NUMBERS: dict[str, list[Any]] = {  # small enough for nine tokens to tell; other numbers stay as they are
    "scale": [None, 0.3],
    "window": [None, 3],
    "pattern": ["L", "LG", "GL"],
    "qk_eps": [1e-6, 1e-3],
    "local_base": [None, 5.0],
    "softcap": [None, 2.0],
    "head_dim": [None, 6],
    "kv_heads": [1, 2, 4],
    "rope_dim": [None, 4],
    "value_dim": [None, 3],
    "latent": [None, 5],
    "query_latent": [None, 6],
    "fraction": [0.5, 1.0],
    "segments": [0, 2],
    "layers": [1, 2],
    "encoder_layers": [1, 2],
    "hidden": [24],
    "buckets": [8],
    "furthest": [16],
    "clip": [2],
    "factor": [4.0],
    "trained": [8],
    "experts": [4, 6],
    "shared": [0, 1],
    "split": [1, 2],
    "every": [1, 2],
    "which": [None, 1],
    "skip": [0, 1],
    "k": [1, 2, 3],
    "groups": [1, 2],
    "groups_kept": [1, 2],
    "precision": ["float32"],  # in bfloat16, a hair of difference may round to another score
}


def choices(config: type[Config]) -> st.SearchStrategy[dict[str, Any]]:
    """Keyword arguments of a config class: a kind for each slot, a value for each choice, and the numbers above.

    Initial values stay as they are: a zero head would hide everything below it.
    """
    drawn: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in config.model_fields.items():
        kind = field.annotation
        if name == "init":
            continue
        if kinds := variants(field):
            drawn[name] = st.one_of([choices(one) for one in kinds.values()])
        elif isinstance(kind, type) and issubclass(kind, Config):
            drawn[name] = choices(kind)
        elif kind is bool:
            drawn[name] = st.booleans()
        elif name in NUMBERS:
            drawn[name] = st.sampled_from(NUMBERS[name])
        elif all(isinstance(one, str) for one in get_args(kind)) and get_args(kind):
            drawn[name] = st.sampled_from(get_args(kind))
    return st.fixed_dictionaries(drawn)


CHOICES = choices(TransformerConfig)
DRAWN = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a drawn config is short enough to read as it is
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


def effective(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields without those that have no effect beside the others, which would be refused."""

    def of(path: str) -> Any:
        here: Any = fields
        for name in path.split("."):
            here = here.get(name) if isinstance(here, dict) else None
        return here

    kept = deepcopy(fields)
    for path in idle(of):
        part, (*slots, name) = kept, path.split(".")
        for slot in slots:
            part = part.get(slot, {})
        part.pop(name, None)
    return kept


def legal(fields: dict[str, Any]) -> TransformerConfig | None:
    """The config of these fields, as far as they have an effect; None where it is refused."""
    try:
        return small(**effective(fields))
    except ValidationError:
        return None


@DRAWN
@given(CHOICES)
def test_every_property_holds_whatever_the_options(fields: dict[str, Any]):
    config = legal(fields)
    assume(config is not None and config.norm.kind != "none")  # without norms, rounding grows from layer to layer
    model, arguments = noisy(Transformer(config)), inputs(config)
    survives_json(config)
    properties.recording_changes_nothing_else(model, arguments)
    rows_are_distributions_over_what_is_visible(model, arguments)
    properties.padding_is_unseen(model, arguments)
    if config.feed_forward.kind != "MoE" or config.feed_forward.router.causal:  # else experts choose from the batch
        properties.batch_mates_are_unseen(model, arguments)
    properties.every_parameter_gets_a_gradient(model, arguments)
    if config.topology != "encoder-only":
        properties.the_future_is_unseen(model, arguments)
        properties.a_cache_saves_only_time(model, arguments)


def test_rare_meetings_are_drawn():
    def found(fields: dict[str, Any]) -> bool:
        config = legal(fields) if fields["parallel"] and fields["prefix"] else None  # to ask the core takes longest
        return config is not None and config.parallel and config.prefix and config.attention.sees() is not None

    assert found(find(CHOICES, found, settings=settings(DRAWN, max_examples=2000)))
