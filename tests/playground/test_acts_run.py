"""Presses that train, and the time line: what changes at once, and what the pictures of the job show."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from playground.acts import board, run
from playground.settings.forms import leaf, read
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.jobs import advance, finish
from tests.playground.mixed import MOE, mixed
from tests.playground.small import tiny, trained

EMPTY = Event({})


def press(session, act, **data):
    return act(session, Event(data))


def do(session, action):
    return press(session, run.do, action=action)


def test_play_shows_at_once_that_a_model_is_built_and_then_the_lens_in_sight():
    session = tiny()
    shown = press(session, run.play)
    assert shown["transport"]["state"] == "running"
    assert shown["transport"]["held"].startswith("Building ")
    assert shown["replay"]["on"] is False
    assert "attention" not in run.trained(session, charts=True)
    advance(session, "train", 2)
    picture = run.trained(session, charts=True)
    assert set(picture) == {"transport", "attention", "roles", "notes-attention", "terms"}
    assert picture["attention"]["step"] == picture["transport"]["step"] == 2
    assert set(run.trained(session, charts=False)) == {"transport", "attention"}
    session.lens = "learning"
    assert {"finding", "learning-table", "chart-loss"} <= set(run.trained(session, charts=True))


def test_controls_that_are_wrong_start_nothing_and_say_why():
    session = tiny()
    session.edit("task.min_period", 20)
    for act in (run.play, run.restart):
        note = json.loads(press(session, act)["transport"]["note"])
        assert note["text"].startswith("Not started: The shortest period 20 is above")
        assert not session.jobs
    session = trained(2)
    session.edit("task.min_period", 20)
    kept = session.run
    press(session, run.reset)
    press(session, run.step)
    assert not session.jobs
    assert session.run is kept


def test_a_build_that_fails_gives_the_board_back_to_the_replay(monkeypatch):
    session = tiny()

    def fail(config, **how):
        raise MemoryError("no room")

    monkeypatch.setattr("playground.visitors.session.looking.Run", fail)
    press(session, run.play)
    finish(session, "train")
    picture = run.trained(session, charts=True)
    assert picture["replay"]["on"] is True
    assert "no memory left" in picture["transport"]["note"]
    assert picture["transport"]["state"] == "replay"


def test_going_on_adds_as_many_steps_as_the_run_began_with():
    session = trained(5, training__steps=5)
    press(session, run.play)
    assert session.run.training.steps == 10
    finish(session, "train")
    assert session.run.step == 10


def test_halving_trains_anew_with_half_the_rate():
    session = trained(2)
    lr, old = session.run.training.lr, session.run
    press(session, run.halve)
    advance(session, "train")
    assert session.run is not old
    assert session.run.config.training.lr == lr / 2
    blank = tiny()
    press(blank, run.halve)
    assert not blank.jobs


def test_a_preset_trains_anew_in_the_lens_that_it_is_made_for():
    session = trained(2)
    shown = press(session, run.preset, name="collapse")
    assert shown["tabs"] == {"id": "lenses", "name": "experts", "n": shown["tabs"]["n"]}
    assert shown["panels"]["open"] == ["router"]
    assert session.lens == "experts"
    assert session.building
    assert shown["column"]["preset"] == "collapse"
    assert set(press(session, run.preset, name="nope")) >= {"transport", "column"}
    assert session.preset == "collapse"


def test_a_pause_before_the_model_was_built_keeps_the_run_and_shows_what_waits():
    session = trained(3)
    press(session, run.preset, name="copy")
    shown = press(session, run.pause)
    assert shown["transport"]["state"] == "paused"
    assert shown["transport"]["step"] == 3
    assert shown["column"]["n_pending"] > 0
    blank = tiny()
    press(blank, run.play)
    shown = press(blank, run.pause)
    assert (shown["transport"]["state"], shown["replay"]["on"]) == ("replay", True)


def test_a_reset_builds_a_run_at_rest():
    session = trained(3)
    old = session.run
    press(session, run.play)
    advance(session, "train", 2)
    reached = old.step
    assert press(session, run.reset)["transport"]["state"] == "ready"
    finish(session, "open")
    assert (session.run.step, old.step) == (0, reached)
    assert session.run is not old
    assert [kept.run for kept in session.shelf.kept] == [old]


def test_a_step_is_made_by_the_job_and_never_past_the_budget():
    session = trained(4, training__steps=5)
    for _ in range(3):
        press(session, run.step)
    finish(session, "train")
    assert session.run.step == 5
    assert press(session, run.step)["transport"]["state"] == "finished"
    assert not session.jobs


def test_looking_back_stops_and_goes_on_picture_by_picture():
    session = trained(10)
    press(session, run.play)
    assert press(session, run.seek, step=6)["transport"]["state"] == "past"
    assert not session.jobs
    assert press(session, run.seek, step=10**12)["transport"]["step"] == 10
    seen = [press(session, run.onward)["transport"]["step"] for _ in range(4)]
    assert seen == [0, 5, 10, 0]
    press(session, run.back)
    assert session.shown == 5
    for act in (run.seek, run.back, run.onward):
        press(Session(), act)


def test_a_step_of_the_past_is_one_whose_picture_is_kept_so_that_bar_and_picture_agree():
    session = trained(12)
    for step, toward, expected in (
        (7, 0, 5),
        (7, -1, 5),
        (7, 1, 10),
        (4, -1, 0),
        (11, 1, 12),
        (12, -1, 12),
        (-5, 0, 0),
    ):
        shown = press(session, run.seek, step=step, toward=toward)
        assert shown["transport"]["step"] == shown["attention"]["step"] == expected
    steps, toward = [], 12
    while toward:  # the left arrow, one press after the other
        toward = press(session, run.seek, step=toward - 1, toward=-1)["transport"]["step"]
        steps.append(toward)
    assert steps == [10, 5, 0]


def test_a_notice_goes_once_it_was_read():
    session = trained(2)
    session.notice = "Run 2 is open."
    assert press(session, run.dismiss)["transport"]["note"] == ""


# ---- links in sentences ----
def test_a_link_to_a_step_looks_back_and_one_to_a_preset_takes_it():
    session = trained(10)
    do(session, "step:6")
    assert session.shown == 5
    do(session, "preset:copy")
    assert session.preset == "copy"
    assert session.running


def test_a_link_with_a_setting_trains_anew_and_opens_its_panel():
    session = trained(2)
    old = session.run
    shown = do(session, "set:" + quote(json.dumps({f"{MOE}.kind": "MoE", f"{MOE}.experts": 8})))
    assert shown["panels"]["open"] == ["feed_forward"]
    advance(session, "train")
    assert session.run is not old
    assert session.run.config.model.feed_forward.experts == 8


def test_a_link_with_a_live_setting_acts_on_the_run_and_lets_it_train():
    session = mixed(2)
    kept = session.run
    shown = do(session, "set:" + json.dumps({f"{MOE}.balance.auxiliary": 0.5}))
    assert (session.run, session.running) == (kept, True)
    assert kept.now.model.feed_forward.balance.auxiliary == 0.5
    assert shown["panels"]["open"] == ["router"]


def test_a_link_without_a_setting_trains_what_there_is():
    session = tiny()
    do(session, "set:" + quote("{}"))
    assert session.running


HOSTILE = [
    "", ":", "step", "step:", "step:²", "step:-1", "step:1.5", "step:" + "9" * 40, "step:٣", "preset:", "preset:nope",
    "set", "set:", "set:[]", 'set:""', "set:null", "set:3", "set:{", "set:" + "[" * 5000, "set:%", "set:\ud800",
    "nope:{}",
    'set:{"model.layers":{"x":1}}', 'set:{"model.layers":[1]}', 'set:{"model.layers":null}',
    'set:{"model.layers":1e999}',
    'set:{"seed":' + "9" * 30 + "}", 'set:{"training.lr":' + "9" * 400 + "}", 'set:{"training.lr":NaN}', 'set:{"":1}',
    'set:{"model":{}}', 'set:{"model.attention":{"kind":"GQA"}}', 'set:{"model.nope":1}', 'set:{"model.vocab":9}',
    'set:{"model.attention.kind":{"kind":"GQA"}}', 'set:{"model.attention.kind":[]}', 'set:{"task.text":3}',
    'set:{"model.feed_forward.router.kind":"top-k"}', 'set:{"model.width":100000}', 'set:{"task.min_period":20}',
    7, None, ["set:{}"], {"set": 1}, True,
]  # fmt: skip


@pytest.mark.parametrize("action", HOSTILE, ids=lambda action: ascii(action)[:40])
@pytest.mark.parametrize("steps", [None, 2], ids=["before a run", "with a run"])
def test_a_link_that_makes_no_sense_does_no_harm(action, steps):
    session = tiny() if steps is None else trained(steps)
    raw, kept = session.raw, session.run
    shown = do(session, action)
    assert "transport" in shown
    assert (session.raw, session.run, session.problems) == (raw, kept, {})
    assert read(session.raw)[0] == session.config
    assert not session.jobs
    json.dumps(board.everything(session), allow_nan=False).encode("ascii")


def test_a_link_of_which_one_value_is_refused_changes_nothing_and_says_it():
    session = trained(2)
    raw = session.raw
    do(session, 'set:{"training.batch":7,"model.layers":0}')
    assert session.raw == raw
    assert session.notice.startswith("Not started: Layers lies between 1")
    do(session, 'set:{"training.batch":7}')
    assert leaf(session.raw, "training.batch") == 7
