"""The configuration column: true numbers, what waits, and a mark beside the control it belongs to."""

from __future__ import annotations

import json

import pytest

from models import Transformer
from models.config import variants
from models.cost import cost
from playground.settings import presets
from playground.settings.forms import accordions, field_at
from playground.views import column
from playground.views import form as form_view
from playground.visitors.session import Session
from playground.wording import metric
from tests.playground.mixed import mixed
from tests.playground.small import tiny, trained

FORMS = {each.name: each for each in accordions()}


def marks(session: Session, name: str) -> dict[str, list[str]]:
    return json.loads(form_view.value(session, FORMS[name])["marks"])


@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_card_has_the_numbers_of_the_model_itself(name):
    config = presets.PRESETS[name].config.model
    numbers = {label: number for label, number, _ in column.card(config)}
    count = sum(p.numel() for p in Transformer(config).parameters())
    assert numbers["Parameters"] == f"{count:,}"
    assert numbers["Active per token"] == f"{cost(config).active_parameters:,}"
    cached = 4 * (cost(config).state_elements or cost(config).kv_cache_elements_per_token)
    assert numbers["KV cache"] == (f"{cached:,}" if cached else "none")


@pytest.mark.parametrize(
    ("flops", "said"),
    [
        (999, ("999", "FLOP/token")), (1_000, ("1", "kFLOP/token")), (123_456, ("123", "kFLOP/token")),
        (999_900, ("1", "MFLOP/token")), (1_234_567, ("1.23", "MFLOP/token")), (2_500_000_000, ("2.5", "GFLOP/token")),
    ],
)  # fmt: skip
def test_flops_have_three_digits_and_a_unit(flops, said):
    assert metric(flops, "FLOP/token") == said


def test_the_card_tells_what_a_restart_would_change_and_only_that():
    session = trained(1)
    assert {row[2] for row in json.loads(column.value(session)["card"])} == {""}
    session.edit("model.layers", 3)
    card = {row[0]: row for row in json.loads(column.value(session)["card"])}
    assert card["Parameters"][1:3] == [f"{cost(c.model).parameters:,}" for c in (session.run.config, session.config)]


def test_the_parts_are_shares_of_the_whole_model():
    value = column.value(tiny())
    assert sum(share for _, share in json.loads(value["parts"])) == cost(tiny().config.model).parameters


def test_the_preset_is_named_only_while_nothing_was_changed():
    session = Session()
    assert column.value(session)["preset"] == "induction"
    session.edit("training.batch", 7)
    assert column.value(session)["preset"] == ""
    session.edit("training.batch", 32)
    assert column.value(session)["preset"] == "induction"


def test_what_waits_is_said_in_the_words_of_the_controls():
    session = trained(1)
    assert (column.value(session)["n_pending"], column.value(session)["pending"]) == (0, "")
    session.edit("model.layers", 3)
    session.edit("model.attention.kind", "GQA")
    value = column.value(session)
    assert value["n_pending"] == len(session.pending()) == 3
    assert value["pending"] == "layers 2 → 3; attention MHA → GQA. The run goes on as it is until then."


def test_many_changes_are_counted_rather_than_told():
    session = trained(1)
    for path, value in (("layers", 3), ("width", 32), ("dropout", 0.1), ("attention.heads", 4)):
        session.edit(f"model.{path}", value)
    assert "and 1 more" in column.value(session)["pending"]


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_every_form_has_a_value_for_each_of_its_controls(preset):
    session = Session()
    session.adopt(preset)
    for each in FORMS.values():
        value = form_view.value(session, each)
        if each.name == "router" and session.config.model.feed_forward.kind != "MoE":
            assert value == {}  # there is no such form
            continue
        names = {row["name"] for row in each.kinds[value["kind"]]}
        assert set(value["values"]) == names
        assert value["marks"] == "{}"
        assert {n: v for n, v in value["values"].items() if n != "task.upload"} == {
            n: value["defaults"][n] for n in names - {"task.upload"}
        }
        assert len(json.dumps(value)) < 6000


def test_a_mark_stands_beside_the_control_it_belongs_to():
    session = trained(1)
    session.edit("model.layers", 3)
    session.edit("model.position.kind", "ALiBi")
    session.edit("training.lr", 0.01)
    session.edit("training.batch", 0)
    assert marks(session, "model") == {"model.layers": ["pending", ""]}
    assert marks(session, "position") == {"kind": ["pending", ""]}
    assert marks(session, "attention") == {}
    told = marks(session, "training")
    assert told["training.lr"] == ["changed", "Changed at step 1, was 0.003."]
    assert told["training.batch"][0] == "error"
    assert told["training.batch"][1].startswith("Batch size lies between")
    assert set(told) == {"training.lr", "training.batch"}


def test_the_value_of_the_run_stays_beside_the_edited_one():
    session = trained(1)
    session.edit("model.layers", 3)
    value = form_view.value(session, FORMS["model"])
    told = (value["values"]["model.layers"], value["defaults"]["model.layers"], value["running"]["model.layers"])
    assert told == (3, 2, 2)


def test_a_long_text_does_not_travel_with_every_update():
    session = tiny("text", task__length=8)
    session.edit("task.text", "abcdefgh" * 2000)
    told = form_view.value(session, FORMS["task"])["values"]["task.text"]
    assert told == {"excerpt": ("abcdefgh" * 2000)[:300], "characters": 16_000}  # no text, so it is never taken for it
    session.edit("task.text", "abcdefgh" * 400)
    assert form_view.value(session, FORMS["task"])["values"]["task.text"] == "abcdefgh" * 400


@pytest.mark.parametrize("name", [name for name, each in FORMS.items() if each.slot])
def test_every_variant_is_explained_in_a_sentence(name):
    about = form_view.about(FORMS[name])
    assert set(about) == set(variants(field_at(FORMS[name].slot)))
    assert all(sentence.strip() for sentence, _ in about.values())


@pytest.mark.parametrize("preset", presets.PRESETS)
def test_every_closed_accordion_says_what_is_inside(preset):
    said = column.lines(presets.PRESETS[preset].config)
    assert set(said) == set(FORMS)
    mixture = presets.PRESETS[preset].config.model.feed_forward.kind == "MoE"
    assert {name for name, line in said.items() if not line} == (set() if mixture else {"router"})
    model = presets.PRESETS[preset].config.model
    assert (f"width {model.width}" in said["model"]) is (model.topology != "encoder-decoder")  # there is no room for it


def test_a_cost_with_another_prefix_has_its_own_unit():
    session = trained(1)
    card = {row[0]: row for row in json.loads(column.value(session)["card"])}
    assert card["Forward pass"][2:] == ["", card["Forward pass"][3], ""]
    session.edit("model.width", 256)
    _, now, then, unit, other = next(r for r in json.loads(column.value(session)["card"]) if r[0] == "Forward pass")
    assert (unit, other) == ("kFLOP/token", "MFLOP/token")
    before, after = (cost(c.model).flops_per_token for c in (session.run.config, session.config))
    assert float(now) * 1e3 == pytest.approx(before, rel=0.005)
    assert float(then) * 1e6 == pytest.approx(after, rel=0.005)
    session.edit("model.topology", "encoder-only")
    cache = next(row for row in json.loads(column.value(session)["card"]) if row[0] == "KV cache")
    assert cache[2:] == ["none", "B/token", "(no decoder)"]


def test_experts_per_token_end_at_the_experts_there_are():
    (router,) = [each for each in accordions() if each.name == "router"]
    session = mixed(experts=4)
    assert form_view.value(session, router)["most"] == {"model.feed_forward.router.k": 4}
    session.edit("model.feed_forward.experts", 6)  # waits for a restart, and so does the slider
    assert form_view.value(session, router)["most"] == {"model.feed_forward.router.k": 6}
    session.edit("model.feed_forward.router.kind", "soft")
    assert form_view.value(session, router)["most"] == {}
