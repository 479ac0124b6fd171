"""Presses inside the lenses: what is looked at, and the jobs that ablate, price, write and intervene."""

from __future__ import annotations

import json

import pytest
import torch
from torch.overrides import _get_current_function_mode_stack

from models import Ablate
from models.generate import Sampling
from playground.acts import FRAMES, board, run
from playground.acts.playground import turn
from playground.compute.precision import Precision
from playground.interventions import prompts
from playground.interventions.ablation import ablated, ablating
from playground.lenses import heads
from playground.lenses.embeddings import acts as embeddings
from playground.lenses.experts import acts as experts
from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.intervene import acts as intervene
from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.trials import TRIALS
from playground.lenses.predictions import acts as predictions
from playground.runs.prompt import continuation
from playground.runs.run import Run
from playground.runs.slices import whole
from playground.settings.presets import changed
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.jobs import advance, finish
from tests.playground.mixed import mixed
from tests.playground.small import TINY, tiny, trained


def press(session, act, **data):
    """What is drawn after an event of a lens, or of the page."""
    update = act(session, Event(data))
    return board.shown(session) if update is None else update


def test_without_a_run_every_press_says_that_this_is_a_recording():
    for act in (heads.probe, heads.ablate, predictions.prompt, experts.without, experts.force, intervene.begin):
        session = Session()
        shown = press(session, act, layer=0, head=0, text="a")
        assert json.loads(shown["transport"]["note"])["text"] == heads.RECORDED
        assert not session.jobs
    for act in (heads.look, heads.select, heads.restore, experts.see, experts.price, embeddings.see):
        press(Session(), act)
    for act in (embeddings.save, intervene.see, intervene.halt, intervene.pick):
        press(Session(), act)


def test_a_head_is_ablated_in_slices_while_the_run_trains_on():
    session = trained(8, training__examples=80)
    press(session, heads.ablate, layer=1, head=1)
    assert session.ablation is None
    advance(session, "ablate", 2)
    expected = ablated(session.run, (Ablate("decoder", 1, "self_attention", 1),), "Without L1 H1")
    press(session, run.play)
    advance(session, "train", 3)
    assert set(FRAMES["playground", "ablate"](session, True)) == {"transport"}
    finish(session, "ablate")
    assert session.ablation.step == 8
    assert session.ablation.told == expected.told  # of the model at the press, not half of a later one
    assert session.ablation.difference == expected.difference
    assert "Without L1 H1" in FRAMES["playground", "ablate"](session, True)["attention"]["ablation"]
    assert press(session, heads.restore)["attention"]["ablation"] == ""


def test_pieces_of_the_examples_give_the_numbers_of_all_of_them():
    run_ = Run(changed("induction", {**TINY, "training.examples": 80}))
    edit = Ablate("decoder", 0, "self_attention", 0)
    slices = sum(1 for _ in ablating(run_, (edit,), "x"))
    assert slices == 6
    found = whole(ablating(run_, (edit,), "x"))
    without = run_.evaluate((edit,))
    assert len(found.before.loss_B) == 80
    assert found.after.mean() == pytest.approx((without.loss, without.accuracy), rel=1e-5)


def test_examples_that_compete_for_seats_are_evaluated_all_at_once():
    session = mixed(2, capacity__factor=1.0, capacity__evaluation=1.0)
    edit = Ablate("decoder", 0, "feed_forward", expert=1)
    assert sum(1 for _ in ablating(session.run, (edit,), "x")) == 2
    found = ablated(session.run, (edit,), "x")
    assert found.after.mean()[0] == pytest.approx(session.run.evaluate((edit,)).loss, rel=1e-5)


@pytest.mark.parametrize("data", [{"layer": 250, "head": 0}, {"layer": 0, "head": 99}, {"layer": "a", "head": None}])
def test_a_head_that_there_is_not_is_refused_with_a_sentence(data):
    session = trained(1)
    press(session, heads.ablate, **data)
    finish(session, "ablate")
    assert session.ablation is None or data["layer"] == "a"
    assert session.notice.endswith(".") or data["layer"] == "a"


def test_an_ablation_ends_with_the_run_and_with_a_look_back():
    for end in (lambda s: press(s, run.seek, step=0), lambda s: s.restart(), lambda s: press(s, heads.restore)):
        session = trained(3)
        press(session, heads.ablate, layer=0, head=0)
        advance(session, "ablate")
        end(session)
        assert "ablate" not in session.jobs
        assert session.ablation is None


@pytest.mark.parametrize("job", ["ablate", "prompt", "price", "intervene"])
def test_a_job_that_fails_leaves_a_sentence_where_the_visitor_looks(monkeypatch, job):
    session = mixed(2)

    def fail(*args, **more):
        raise RuntimeError("no memory")

    monkeypatch.setattr(heads, "ablating", fail)
    monkeypatch.setattr(predictions, "continuing", fail)
    monkeypatch.setattr(experts.ablations, "costing", fail)
    monkeypatch.setattr(intervene, "compute", lambda session: (fail() for _ in range(1)))
    begun = {
        "ablate": lambda: press(session, heads.ablate, layer=0, head=0),
        "prompt": lambda: press(session, predictions.prompt, text="abc"),
        "price": lambda: press(session, experts.price),
        "intervene": lambda: press(session, intervene.begin),
    }
    begun[job]()
    finish(session, job)
    said = {"prompt": lambda: session.prompt["error"], "intervene": lambda: session.of(InterveneChoices).said}
    told = said.get(job, lambda: session.notice)()
    assert told.startswith("Stopped by an error: RuntimeError: no memory")
    assert told.endswith(".")
    press(session, run.play)
    advance(session, "train", 2)
    assert session.run.step == 4


def test_a_prompt_grows_token_by_token_and_is_of_one_moment():
    session = trained(10, "text", task__length=24)
    session.lens = "predictions"
    expected = [guess._asdict() for guess in continuation(session.run, "the ", Sampling(), 6)]
    shown = press(session, predictions.prompt, text="the ", length=6)
    assert json.loads(shown["predictions"]["prompt"])["continuation"] == []
    press(session, run.play)
    lengths = []
    while "prompt" in session.jobs:
        advance(session, "prompt")
        advance(session, "train")
        told = json.loads(FRAMES["playground", "prompt"](session, False)["predictions"]["prompt"])
        lengths.append(len(told["continuation"]))
    assert lengths == [1, 2, 3, 4, 5, 6, 6]
    assert session.prompt["continuation"] == expected


def test_a_prompt_that_cannot_be_is_refused_beside_it():
    session = trained(2)
    for data in ({"length": 0}, {"temperature": "hot"}, {"text": "é"}, {"top_p": 10**400}):
        press(session, predictions.prompt, **{"text": "abc", **data})
        finish(session, "prompt")
        assert session.prompt["error"]
        assert session.prompt["continuation"] == []


def test_the_worth_of_every_expert_is_measured_in_slices_and_its_progress_is_told():
    session = mixed(3)
    session.lens, session.of(ExpertChoices).show = "experts", "ablate"
    press(session, experts.price)
    advance(session, "price", 4)
    told = FRAMES["playground", "price"](session, False)
    assert set(told) == {"transport"}
    assert "Measuring the loss without each expert: 2 of 8." in told["transport"]["note"]
    held = session.jobs.running["price"]
    press(session, experts.price)
    assert session.jobs.running["price"] is held  # the first one answers both
    finish(session, "price")
    assert json.loads(FRAMES["playground", "price"](session, True)["experts"]["costs"])["values"]
    assert session.notice == ""


def test_an_expert_is_removed_or_takes_everything():
    session = mixed(3)
    session.lens = "experts"
    for act, label in ((experts.without, "Without L1 E2"), (experts.force, "Everything to L1 E2")):
        press(session, act, expert=2)
        finish(session, "ablate")
        assert label in FRAMES["playground", "ablate"](session, True)["experts"]["ablation"]
    press(session, experts.without, expert=4000)
    finish(session, "ablate")
    assert "4000" in session.notice


def test_an_experiment_is_run_and_ended_by_presses():
    session = trained(2)
    session.lens = "intervene"
    shown = press(session, intervene.begin)
    assert shown["intervene"]["state"] == "running"
    advance(session, "intervene", 6)
    assert set(FRAMES["playground", "intervene"](session, False)) == {"intervene", "effects"}
    shown = press(session, intervene.halt)
    assert shown["intervene"]["state"] == "idle"
    assert shown["intervene"]["words"].startswith("Stopped at step 2")
    press(session, intervene.begin)
    press(session, intervene.see, trial="lens")
    assert not session.jobs
    assert session.of(InterveneChoices).trial == "lens"
    press(session, intervene.begin)
    finish(session, "intervene")
    assert FRAMES["playground", "intervene"](session, True)["intervene"]["words"] == "Computed at step 2."


@pytest.mark.parametrize("trial", TRIALS)
def test_nothing_of_a_job_stays_switched_on_while_others_compute(trial, monkeypatch):
    monkeypatch.setattr(prompts, "LEAST", 1e-6)  # answers of a model that has learnt nothing are close
    session = trained(3)
    session.run.precision = Precision("fp32", "", routes=True)
    session.of(InterveneChoices).trial = trial
    press(session, intervene.begin)
    press(session, heads.ablate, layer=0, head=0)
    press(session, predictions.prompt, text="abc")
    slices = 0
    while session.jobs and slices < 40:
        for job in list(session.jobs.running):
            advance(session, job)
            slices += 1
            assert not _get_current_function_mode_stack()
            assert torch.is_grad_enabled()
    assert not session.of(InterveneChoices).tone, session.of(InterveneChoices).said


def test_a_press_on_a_heat_map_opens_the_head_or_the_expert():
    session = mixed(2)
    press(session, intervene.pick, which="decoder", layer=1, head=1)
    assert session.head == (1, 1)
    press(session, intervene.pick, which="decoder expert", layer=1, head=3)
    shown = press(session, turn, id="experts")
    assert (shown["experts"]["layer"], shown["experts"]["expert"]) == (1, 3)


@pytest.mark.parametrize(
    "lens",
    [
        "architecture",
        "learning",
        "attention",
        "experts",
        "positions",
        "embeddings",
        "predictions",
        "intervene",
        "nope",
        3,
        None,
    ],
)
def test_every_lens_can_be_turned_to(lens):
    session = trained(2)
    shown = press(session, turn, id=lens)
    kept = lens if isinstance(lens, str) and lens != "nope" else "attention"
    assert session.lens == kept
    assert f"notes-{kept}" in shown
    assert press(tiny(), turn, id=lens).keys() == {f"notes-{kept}"}
