"""The events of the Compare page, from the press to the picture; whatever their fields are, none raises."""

from __future__ import annotations

import csv
import json
import random
from typing import Any

import orjson
import pytest

from playground.acts import ACTS, FRAMES
from playground.comparison.variants import changed
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.remote import LocalAnywhere, live
from tests.playground.test_comparison import BASE

VIEWS = {"compare", "compare-loss", "compare-accuracy"}


@pytest.fixture
def anywhere() -> LocalAnywhere:
    return LocalAnywhere()


@pytest.fixture
def session(anywhere) -> Session:
    session = Session(anywhere)
    session.page = "compare"
    session.config = BASE
    act(session, "choose", name="run")
    act(session, "include", at="model.position.kind", value="ALiBi")
    return session


def act(session: Session, event: str, **data: Any) -> dict[str, Any]:
    update = ACTS["compare"][event](session, Event(data))
    orjson.dumps(update, option=orjson.OPT_SERIALIZE_NUMPY)
    return update


def bar(update: dict[str, Any]) -> dict[str, Any]:
    return json.loads(update["compare"]["bar"])


def maps(update: dict[str, Any]) -> list[dict[str, Any]]:
    return json.loads(update["compare"]["maps"])


def rested(session: Session, anywhere: LocalAnywhere) -> None:
    """Until nothing computes for the session any more."""
    live(session, anywhere, lambda: not session.jobs)


def test_a_comparison_is_trained_paused_looked_back_at_and_saved(session, anywhere):
    update = act(session, "play")
    assert set(update) == VIEWS
    assert bar(update)["state"] == "starting"
    trials = lambda: session.compare.trials  # noqa: E731
    live(session, anywhere, lambda: trials() is not None and trials().step >= 20)
    update = FRAMES["compare", "compare"](session, False)
    assert set(update) == {"compare"}
    assert (bar(update)["state"], bar(update)["last"]) == ("running", trials().step)
    assert bar(act(session, "pause"))["state"] == "paused"
    rested(session, anywhere)
    update = FRAMES["compare", "compare-pictures"](session, True)
    assert set(update) == VIEWS
    every = session.compare.wanted[0].config.training.record_every
    assert {drawn["step"] for drawn in maps(update)} == {trials().step // every * every}
    act(session, "look", step=0, layer=0, head=1)
    rested(session, anywhere)
    drawn = maps(FRAMES["compare", "compare-pictures"](session, True))
    assert [(each["step"], each["layer"], each["head"]) for each in drawn] == [(0, 0, 1)] * 2
    act(session, "word", text="abca")
    act(session, "look", step=10**9)
    rested(session, anywhere)
    assert all(each["own"] for each in maps(FRAMES["compare", "compare-pictures"](session, True)))
    act(session, "play")
    rested(session, anywhere)
    update = FRAMES["compare", "compare"](session, True)
    assert (bar(update)["state"], bar(update)["last"]) == ("finished", 40)
    assert {each["step"] for each in maps(update)} == {40}
    assert act(session, "save") == {}
    rested(session, anywhere)
    file = FRAMES["compare", "compare-save"](session, True)["download"]
    assert len(list(csv.reader(file["text"].splitlines()))) == 1 + 2 * 41
    assert FRAMES["compare", "compare-save"](session, True) == {}
    assert len(anywhere.open) == 2
    update = act(session, "play")  # anew
    assert bar(update)["state"] == "starting"
    assert anywhere.open == []


def test_what_is_compared_instead_ends_what_trains_and_what_cannot_be_done_does_not(session, anywhere):
    act(session, "play")
    live(session, anywhere, lambda: session.compare.trials is not None and session.compare.trials.built)
    update = act(session, "include", at="model.wings", value=2)
    assert "no setting called" in update["compare"]["problem"]
    assert (bar(update)["state"], "compare" in session.jobs) == ("running", True)
    update = act(session, "seeds", count=3)
    assert (bar(update)["state"], "compare" in session.jobs, anywhere.open) == ("ready", False, [])
    update = act(session, "word", text="?!")
    assert "'?'" in json.loads(update["compare"]["word"])["problem"]
    assert update["compare"]["problem"] == ""


def test_a_second_press_trains_on_and_one_alone_is_no_comparison(session, anywhere):
    act(session, "play")
    live(session, anywhere, lambda: session.compare.trials is not None and session.compare.trials.step >= 5)
    trials = session.compare.trials
    act(session, "play")
    live(session, anywhere, lambda: trials.step >= 25)
    assert session.compare.trials is trials
    act(session, "leave", index=1)
    act(session, "play")
    rested(session, anywhere)
    assert "2 to 4 variants" in FRAMES["compare", "compare"](session, True)["compare"]["problem"]


def test_a_comparison_without_room_says_so_and_one_whose_process_died_goes_on_and_says_so(session, anywhere):
    anywhere.room = 1
    act(session, "play")
    rested(session, anywhere)
    update = FRAMES["compare", "compare"](session, True)
    assert (bar(update)["state"], update["compare"]["problem"]) == ("ready", "There is no room.")
    anywhere.room = 2
    act(session, "play")
    live(session, anywhere, lambda: session.compare.trials is not None and session.compare.trials.step >= 5)
    anywhere.open[0].die()
    rested(session, anywhere)
    told = bar(FRAMES["compare", "compare"](session, True))
    assert (told["state"], "trains again from the start" in told["notice"]) == ("finished", True)


def test_an_error_of_the_job_itself_is_said(session, anywhere, monkeypatch):
    def broken() -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(session.compare, "start", broken)
    act(session, "play")
    rested(session, anywhere)
    told = bar(FRAMES["compare", "compare"](session, True))
    assert (told["state"], "RuntimeError: a bug" in told["notice"]) == ("ready", True)


def test_a_link_opens_the_same_comparison_once(session):
    update = act(session, "link")
    query = dict(pair.split("=", 1) for pair in update["compare"]["link"].lstrip("?").split("&"))
    other = Session(LocalAnywhere())
    update = act(other, "open", query={"compare": "heads", "seeds": "3"})
    assert (other.compare.name, other.compare.seeds) == ("heads", 3)
    act(other, "seeds", count=1)
    act(other, "open", query={"compare": "heads", "seeds": "3"})  # a reload
    assert other.compare.seeds == 1
    assert query["compare"] == "own"


DEEP: list[Any] = []
for _ in range(200):
    DEEP = [DEEP]
VALUES = (
    *(None, True, False, 0, -1, 1, 3, 10**18, -(10**18), 0.5, 1e308, float("nan"), float("inf"), -float("inf")),
    *(
        "",
        "run",
        "heads",
        "active",
        "nothing",
        "parameters",
        "FLOPs",
        "abca",
        "a!",
        "x" * 5000,
        "\u0000",
        "\ud800",
        "²",
    ),
    *("model.layers", "model.position.kind", "model.feed_forward", "model", "task.kind", "seed", "training.steps", "."),
    *(
        [],
        [1, "a"],
        {},
        {"a": 1},
        {"compare": "own", "v1": "{}"},
        {"compare": 3},
        {"compare": "heads", "seeds": []},
        DEEP,
    ),
)
FIELDS = ("name", "count", "at", "value", "index", "layer", "head", "step", "text", "query")


@pytest.mark.parametrize("trained", [False, True])
def test_no_event_raises_whatever_it_carries(session, anywhere, trained):
    draw = random.Random(int(trained))
    if trained:
        session.compare.begin_with(changed(BASE, {"training.steps": 5}), "base")
        act(session, "include", at="model.layers", value=1)
        act(session, "play")
        rested(session, anywhere)
    names = sorted(ACTS["compare"])
    for name in names:
        for value in VALUES:  # each value in all fields
            ACTS["compare"][name](session, Event(dict.fromkeys(FIELDS, value)))
            if name == "play":
                session.jobs.clear()
    for _ in range(400):
        fields = draw.sample(FIELDS, draw.randint(0, len(FIELDS)))
        update = ACTS["compare"][draw.choice(names)](session, Event({field: draw.choice(VALUES) for field in fields}))
        orjson.dumps(update)
        session.jobs.clear()
