"""Learning, predictions, notes: values are JSON, and say what the run has done."""

from __future__ import annotations

import json
import math

import pytest

from models.config import put
from playground.lenses import LENSES, notes
from playground.lenses.attention import view as attention
from playground.lenses.learning import view as learning
from playground.lenses.predictions import view as predictions
from playground.measures.routing import frame
from playground.settings import presets
from playground.settings.forms import change
from playground.tasks.base import IGNORE
from playground.visitors.session import Session
from tests.playground.lenses import code
from tests.playground.mixed import mixed
from tests.playground.small import tiny, trained

TOPOLOGIES = ("decoder-only", "encoder-only", "encoder-decoder")


def test_the_learning_charts_show_the_history_of_the_run():
    session = trained(20)
    value = learning.value(session)
    assert set(value) == {"finding", *learning.CHARTS}
    json.dumps(value, allow_nan=False)
    charts = {name: json.loads(value[name]["fig"]) for name in learning.CHARTS}
    metrics = session.run.history.metrics
    train, held_out = charts["loss"]["lines"]
    assert train["x"] == [m.step for m in metrics]
    assert train["y"] == pytest.approx([m.loss for m in metrics], rel=1e-4)
    assert held_out["x"] == [0, 5, 10, 15, 20]
    assert charts["rate"]["lines"][0]["y"] == pytest.approx([m.lr for m in metrics[1:]], rel=1e-4)
    assert all((figure["x"]["low"], figure["x"]["high"]) == (0, 600) for figure in charts.values())
    assert charts["loss"]["levels"][0][1] == f"uniform guess {math.log(len(session.run.task.vocabulary)):.2f}"


def test_the_charts_can_be_drawn_before_the_first_step():
    session = tiny()
    value = learning.value(session)
    assert value["finding"]["title"] == "Not trained yet"
    assert all(json.loads(value[name]["fig"])["lines"] for name in learning.CHARTS)


def test_the_loss_of_text_is_told_in_bits_per_character():
    session = tiny("text", task__length=16)
    loss = session.start().history.validations()[-1].validation_loss
    assert f"{loss / math.log(2):.2f} bits per character" in learning.value(session)["finding"]["html"]


def test_the_table_is_the_twin_of_the_charts():
    session = trained(10)
    value = learning.table(session)
    rows = json.loads(value["rows"])
    seen = session.run.history.validations()
    assert len(json.loads(value["columns"])) == len(rows[0]) == 7
    assert [row[0] for row in rows] == [m.step for m in seen]
    assert [row[2] for row in rows] == pytest.approx([m.validation_loss for m in seen], rel=1e-3)
    assert value["name"] == "learning-induction"


@pytest.mark.parametrize("preset", ["copy", "text", "brackets", "induction"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_each_scored_token_is_compared_with_its_target(topology, preset):
    session = trained(3, preset, model__topology=topology)
    value = predictions.value(session)
    run, batch = session.run, session.run.probe.batch
    words, best_BT = run.task.vocabulary, session.look().top[:, :, 0]
    rows = json.loads(value["examples"])
    assert len(rows) == predictions.SHOWN
    for b, row in enumerate(rows):
        scored = [t for t, target in enumerate(batch.targets_BT[b].tolist()) if target != IGNORE]
        answers = [cell for cell in row["cells"] if cell["role"] == "answer"]
        wanted = [words[batch.targets_BT[b, t]] for t in scored]
        given = [words[best_BT[b, t]] for t in scored]
        assert [cell["want"] for cell in answers] == wanted
        assert [cell["t"] for cell in answers] == given == [cell["top"][0][0] for cell in answers]
        assert [cell["right"] for cell in answers] == [w == g for w, g in zip(wanted, given, strict=True)]
        assert row["exact"] is (wanted == given)
        read = batch.ids_BT[b] if batch.source_BS is None else batch.source_BS[b]
        prompt = [cell["t"] for cell in row["cells"] if cell["role"] == "prompt"]
        shared = len(read) if topology == "encoder-decoder" else len(prompt)
        assert prompt[:shared] == [words[i] for i in read.tolist()][:shared] or topology == "encoder-only"
    assert len(json.dumps(value, allow_nan=False)) < 300_000


@pytest.mark.parametrize("lens", ["learning", "attention", "experts", "predictions"])
@pytest.mark.parametrize("name", presets.PRESETS)
def test_the_notes_offer_what_the_preset_has_to_try_as_links_that_apply(name, lens):
    session = Session()
    session.adopt(name)
    html = json.loads(notes.value(session, LENSES[lens])["try"])
    preset = presets.PRESETS[name]
    assert html.startswith(f"<p>{preset.shows}</p>")
    assert html.count("data-do") == len(preset.tries)
    assert (preset.source is None) or preset.source[1] in html


@pytest.mark.parametrize("lens", ["learning", "attention", "predictions"])
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_lines_of_python_run_as_they_are_and_build_the_run_on_the_screen(topology, lens, capsys):
    session = trained(2, "copy", model__topology=topology, task__length=6)
    session.edit("model.layers", 3)  # waits for a restart
    names: dict = {}
    shown = attention.value(session)  # the lines name the head that is drawn
    exec(code(session, lens), names)
    assert names["run"].config == put(session.run.config, "training.precision", session.run.precision.name)
    assert [m.loss for m in names["run"].history.metrics] == [m.loss for m in session.run.history.metrics]
    if lens == "learning":
        assert f"Evaluation(loss={session.run.evaluate().loss}" in capsys.readouterr().out
    if lens == "attention":
        own = session.look().maps[shown["which"]][shown["layer"], shown["head"]]
        assert names["weights_TS"].detach().numpy() == pytest.approx(own, abs=1e-3)


def test_the_lines_of_python_name_the_stack_and_head_that_are_shown():
    session = trained(1, "copy", model__topology="encoder-decoder", task__length=6)
    for which in ("encoder", "cross", "decoder"):
        session.which, session.head = which, (0, 1)
        attention.value(session)
        names: dict = {}
        exec(code(session, "attention"), names)
        own = session.look().maps[which][0, 1]
        assert names["weights_TS"].detach().numpy() == pytest.approx(own, abs=1e-3)
    session.which = "encoder"
    attention.value(session)
    session.edit("model.topology", "decoder-only")  # the run still has its encoder
    assert '["encoder"]' in code(session, "attention")


def test_a_model_without_attention_has_no_lines_for_its_attention():
    session = tiny("copy", **{"model.attention.kind": "none", "model.position.kind": "learned"})
    assert code(session, "attention") == ""
    assert code(session, "learning")


def test_live_changes_are_repeated_where_they_were_made():
    session = trained(4)
    session.edit("training.lr", 0.02)
    for _ in session.run.train(4):
        pass
    names: dict = {}
    exec(code(session, "learning"), names)
    assert [m.loss for m in names["run"].history.metrics] == [m.loss for m in session.run.history.metrics]
    assert "run.retune({'training.lr': 0.02})" in code(session, "learning")


def test_the_lines_of_python_print_what_the_experts_did(capsys):
    session = mixed(3, capacity__factor=1.0)
    session.edit("model.feed_forward.router.k", 3)
    session.edit("model.feed_forward.router.kind", "Switch")  # waits for a restart
    for _ in session.run.train(3):
        pass
    names: dict = {}
    exec(code(session, "experts"), names)
    printed = capsys.readouterr().out
    assert printed.startswith(str(frame(session.run.routed.names, session.run.routed.layers)))
    assert str(session.run.routed.layers[-1].experts_NK) in printed
    assert [m.penalty for m in names["run"].history.metrics] == [m.penalty for m in session.run.history.metrics]


def test_a_model_without_experts_has_no_lines_for_them():
    assert code(tiny("copy"), "experts") == ""


def test_a_long_text_of_the_visitors_is_read_from_their_file():
    session = tiny("text", task__length=8)
    session.raw = change(session.raw, "task.text", "to be or not to be " * 20)
    session.load(change(session.raw, "task.source", "own"))
    assert not session.problems
    assert 'open("own.txt").read()' in code(session, "learning")
