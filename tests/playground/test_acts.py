"""What the acts of all pages have in common: each view has one owner, and any event leaves a session sound."""

from __future__ import annotations

import random

import pytest

from playground import acts
from playground.visitors.event import Event
from playground.visitors.session import Session
from tests.playground.jobs import finish

ODD = [
    None, True, -1, 0, 3, 1e308, 2**62, "", "x" * 3000, "set:{}", "step:²", "set:[]", 'set:{"model.layers":{"x":1}}',
    [], [[]], {}, {"a": [1]}, ["x"], "\ufffd", "model.layers", "ids",
]  # fmt: skip
FIELDS = [
    "id",
    "at",
    "value",
    "name",
    "text",
    "n",
    "step",
    "layer",
    "head",
    "which",
    "action",
    "kind",
    "trial",
    "on",
    "show",
    "expert",
    "line",
    "query",
    "what",
    "a",
    "b",
    "c",
]
EVENTS = [(view, name) for view, events in acts.ACTS.items() for name in events]


def test_no_event_of_a_view_is_claimed_by_two_pages():
    seen: dict[tuple[str, str], str] = {}
    for page, tab in acts.PARTS:
        for view, events in acts.events(page, tab).items():
            for name in events:
                assert seen.setdefault((view, name), page.name) == page.name, (view, name)
    views = {view for view, _ in seen if ":" in view}
    assert not {f"form:{each.title}" for each in acts.board.accordions()} & views


@pytest.fixture(scope="module")
def trained() -> Session:
    session = Session()
    acts.act(session, "column", "preset", Event({"name": "one-layer"}))
    for _ in range(5):
        for job in list(session.jobs.running.values()):
            session.jobs.advance(job)
    session.stop()
    return session


@pytest.mark.parametrize(("view", "name"), EVENTS)
def test_any_fields_leave_a_sound_session(view, name, trained):
    dice = random.Random(f"{view} {name}")
    for _ in range(12):
        sent = {field: dice.choice(ODD) for field in dice.sample(FIELDS, dice.randrange(6))}
        assert isinstance(acts.act(trained, view, name, Event(sent)), dict)
        trained.jobs.clear()
        trained.building = False
    assert acts.everything(trained)["transport"]["n"]


def test_an_event_that_does_not_exist_changes_nothing(trained):
    for view, name in (
        ("", ""),
        ("transport", "__class__"),
        ("form:Nothing", "do"),
        ("pages", "x"),
        ("notes-", "edit"),
    ):
        assert acts.act(trained, view, name, Event({})) == {}


def test_a_frame_of_a_page_out_of_sight_is_the_transport_alone():
    session = Session()
    session.one_step()
    finish(session, "train")
    session.page = "compare"
    assert set(acts.frame(session, "train", True)) == {"transport"}
    session.page = "playground"
    assert "attention" in acts.frame(session, "train", True)


def test_of_presses_of_the_transport_and_of_edits_of_a_control_the_newest_wins():
    session = Session()

    def late(n: int, view: str, name: str, **data: object) -> bool:
        return acts.late(session, view, name, data, n)

    assert not late(10, "transport", "seek", step=1)
    assert late(9, "transport", "play")
    assert not late(9, "transport", "step")  # each is a step more
    assert not late(9, "form:Model", "edit", at="seed", value=1)
    assert not late(12, "form:Model", "edit", at="seed", value=2)
    assert late(11, "form:Model", "edit", at="seed", value=3)
    assert not late(11, "form:Model", "edit", at="training.lr", value=3)
    assert not late(11, "form:Model", "edit", at=["seed"])
    assert not late(11, "transport", "pause")
