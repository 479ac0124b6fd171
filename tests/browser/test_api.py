"""What arrives over HTTP past the page: answered, never with a traceback, and never at another visitor's cost."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from playground.acts import ACTS, PARTS, events
from playground.settings.forms import accordions
from tests.browser.conftest import LOG
from tests.browser.screen import SMALL, Screen, shared

OPENER = build_opener(ProxyHandler({}))
PATIENCE = 60
HUGE = 10**400
VALUES: list[Any] = [None, True, -1, 1e308, HUGE, "NaN", "", "x" * 5000, [], [1, "a"], {}, {"kind": "GQA"}, "☃\x00"]
KNOWN = [value for value in VALUES if value is not HUGE]
"""Without the one that the door itself refuses, whatever stands beside it."""
LIKELY: list[Any] = [0, 1, 3, 2**62, 0.5, "own", "run", "decoder", "csv", "copy", "copy is all", "costs", "1,2", "a, b"]
ACTIONS = [
    "step:x", "step:99999999999999999999", "set:%7B", "set:[]", 'set:{"model.layers": "x"}', "set:" + "[" * 3000,
    "preset:?", ":::", "select:unicorn", "analogy:a,b", "words:\x00", "drop:-1", "keep",
]  # fmt: skip
FIELDS = [
    "which", "layer", "head", "text", "id", "ids", "temperature", "top_k", "top_p", "length", "step", "name", "value",
    "count", "index", "query", "kind", "trial", "expert", "line", "on", "show", "table", "axes", "stack", "place", "n",
    "chosen", "boundary", "hold", "what", "word", "a", "b", "c", "done", "tab", "open",
]  # fmt: skip
PATHS = [
    "model.layers",
    "model.attention.kind",
    "model.attention.heads",
    "task.kind",
    "task.length",
    "task.text",
    "seed",
    "training.lr",
    "training.steps",
    "device",
    "model",
    "task",
    "",
    "a.b.c",
    "model.layers.x",
    "__class__",
    "kept",
    "corpus",
    "text",
    "model.epochs",
    "lengths",
]
FOLDERS = {f"{page.name} {tab.name if tab else ''}".strip(): events(page, tab) for page, tab in PARTS}
FOLDERS = {name: found for name, found in FOLDERS.items() if found}
FOLDERS["bus"] = {"pages": {"turn": None}, "bus": {"whole": None, "nothing": None}, "nobody": {"nothing": None}}


class Stranger:
    """Someone who posts to the server without a page: `functions` are the ids of all that the app can be asked for."""

    def __init__(self, server: str, key: Any = "", **query: object):
        self.server = server
        config = json.load(OPENER.open(f"{server}/config"))
        asked = [each for each in config["dependencies"] if each["backend_fn"]]
        self.functions = {event: each["id"] for each in asked for _, event in each["targets"]}
        self.takes = {event: len(each["inputs"]) for each in asked for _, event in each["targets"]}
        self.queued = {event for each in asked for _, event in each["targets"] if each["queue"]}
        self.hash = f"stranger{random.randrange(2**40)}"
        status, body = self.post("attach", {"key": key, "query": {k: str(v) for k, v in query.items()}, "tab": ""})
        assert status == 200, body
        self.first = json.loads(json.loads(body)["data"][0])
        self.key, self.page, self.n = self.first["key"], self.first["page"], self.first["answers"]

    def post(self, event: str, event_data: Any = None, data: Any = ()) -> tuple[int, str]:
        """(status, body) of one event of the bus."""
        body = {"data": data, "event_data": event_data, "fn_index": self.functions[event], "session_hash": self.hash}
        path = "queue/join" if event in self.queued else "run/predict"
        return self.send(f"gradio_api/{path}", json.dumps(body))

    def send(self, path: str, body: str | None, patience: float = PATIENCE) -> tuple[int, str]:
        data = None if body is None else body.encode()
        request = Request(f"{self.server}/{path}", data, {"Content-Type": "application/json"})
        try:
            with OPENER.open(request, timeout=patience) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def identity(self) -> dict[str, Any]:
        self.n += 1
        return {"key": self.key, "page": self.page, "n": self.n, "seen": 0}

    def press(self, view: str, event: str, data: Any = None, **more: Any) -> tuple[int, str]:
        """(status, body) of what a component would have sent."""
        return self.post("act", {**self.identity(), "view": view, "event": event, "data": data or {}, **more})

    def values(self) -> dict[str, Any]:
        """All that the page would show."""
        status, body = self.press("bus", "whole")
        assert status == 200, body
        return json.loads(json.loads(body)["data"][0])["values"]

    def heard(self) -> str:
        """What the stream says that was joined last, to its end."""
        status, body = self.send(f"gradio_api/queue/data?session_hash={self.hash}", None)
        assert status == 200, body
        return body

    def trains(self) -> None:
        """Whatever has been sent: this session can still be trained."""
        harmless(self.press("column", "preset", {"name": "copy"}))
        deadline = time.monotonic() + PATIENCE
        while (shown := self.values()["transport"])["state"] != "running" or shown["step"] < 1:
            assert time.monotonic() < deadline, shown
            time.sleep(0.2)
        harmless(self.press("transport", "pause"))

    def leave(self) -> None:
        self.send("pg/pulse", json.dumps({**self.identity(), "leaving": True}))


@pytest.fixture
def stranger(server: str) -> Iterator[Stranger]:
    found = Stranger(server, **SMALL)
    yield found
    found.leave()


@pytest.fixture(autouse=True)
def untroubled(server: str, pytestconfig: pytest.Config) -> Iterator[None]:
    """Nothing that arrives is a fault of ours in the server's log."""
    log: Path = pytestconfig.stash[LOG]
    before = log.stat().st_size
    yield
    with log.open("rb") as written:
        written.seek(before)
        said = written.read().decode(errors="replace")
    assert "Traceback" not in said, said[-3000:]


@pytest.fixture(scope="module")
def visitor(browser, server, request) -> Iterator[Screen]:
    with shared(browser, server, request, **SMALL) as screen:
        screen.train(1)
        yield screen


@pytest.fixture
def bystander(visitor: Screen) -> Iterator[Screen]:
    """Someone else's run, which goes on during the test and after it, or to its end."""
    if visitor.bar.get_attribute("data-state") == "finished":
        visitor.page.locator("#tp [data-do=reset]").click()
        visitor.is_("ready")
        visitor.train(1)
    yield visitor
    visitor.is_("running|finished")
    visitor.reaches(min(5000, visitor.step + 2))


def quiet(body: str) -> None:
    """An answer that says nothing of the server."""
    assert "Traceback" not in body
    assert not re.search(r"\.py\b|/playground/|That did not work", body), body[:300]


def harmless(answer: tuple[int, str], *, refused: bool = False) -> None:
    """Answered; `refused`: or refused by the door, with a sentence."""
    status, body = answer
    if refused and status == 400:
        assert re.fullmatch(r"[A-Z].*\.", json.loads(body)["error"]), body
    else:
        assert status == 200, body[:300]
    quiet(body)


def odd(view: str, event: str) -> Iterator[dict[str, Any]]:
    """Data of an event: one odd value everywhere, then mixtures with likely ones."""
    yield {}
    some = random.Random(f"{view} {event}")
    for value in some.sample(KNOWN, 3):
        yield dict.fromkeys([*FIELDS, "at", "action"], value)
    for _ in range(5):
        mixed = {field: some.choice(KNOWN + LIKELY) for field in FIELDS}
        yield mixed | {"at": some.choice(PATHS), "action": some.choice(ACTIONS)}


def test_the_app_can_be_asked_for_what_the_bus_has_and_nothing_else(stranger):
    assert set(stranger.functions) == {"attach", "act", "watch", "save", "upload"}
    assert stranger.queued == {"watch"}


@pytest.mark.parametrize("event", ["attach", "act", "watch", "save", "upload"])
def test_any_value_of_an_event_of_the_bus_is_answered(event, stranger, bystander):
    data = [None, "{}"][: stranger.takes[event]]
    for value in VALUES:
        for sent in (value, dict.fromkeys(("key", "page", "n", "view", "event", "data", "query", "tab"), value)):
            harmless(stranger.post(event, sent, data), refused=True)
            if event in stranger.queued and value is not HUGE:
                quiet(stranger.heard())
        harmless(stranger.post(event, None, [value] * len(data)), refused=True)
        mine = {**stranger.identity(), "view": "transport", "event": "link", "data": value, "seen": value}
        harmless(stranger.post(event, {**mine, "query": value, "tab": value}, data), refused=True)
        if event == "upload":
            for name in ("key", "page", "n", "seen"):
                said = json.dumps({**stranger.identity(), name: value})
                harmless(stranger.post(event, None, [None, said]), refused=True)
        elif event in stranger.queued and value is not HUGE:
            quiet(stranger.heard())
    fresh = Stranger(stranger.server, stranger.key)
    assert fresh.key == stranger.key  # the session is there, and of use
    fresh.trains()


@pytest.mark.parametrize("folder", FOLDERS)
def test_any_value_of_an_event_of_a_component_is_answered(folder, stranger, bystander):
    harmless(stranger.press("transport", "step"))
    for view, named in FOLDERS[folder].items():
        for event in named:
            for data in odd(view, event):
                harmless(stranger.press(view, event, data))
    for page in ("compare", "positions", "embeddings", "checkpoints", "playground"):  # each can still be drawn
        harmless(stranger.press("pages", "turn", {"id": page}))
    stranger.trains()


def test_any_edit_is_answered_and_the_run_can_still_train(stranger, bystander):
    for path in PATHS[:16]:
        for value in VALUES[::2]:
            harmless(stranger.press("form:Model", "edit", {"at": path, "value": value, "done": True}), refused=True)
    for value in VALUES:
        harmless(stranger.press("form:Model", "edit", {"at": value, "value": value, "done": value}), refused=True)
    harmless(stranger.press("column", "undo"))
    harmless(stranger.press("transport", "step"))
    stranger.trains()


def test_every_setting_far_out_of_bounds_is_refused(stranger, bystander):
    harmless(stranger.press("transport", "reset"))
    rows = [row for accordion in accordions() for kind in accordion.kinds.values() for row in kind]
    for path in sorted({row["path"] for row in rows}):
        for value in (-1e300, 2**62, HUGE):
            harmless(stranger.press("form:Model", "edit", {"at": path, "value": value, "done": True}), refused=True)
    harmless(stranger.press("column", "undo"))
    stranger.trains()


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"fn_index": 99999}', '{"fn_index": "x", "data": 3}', '{"data": {}}', "[" * 10**5]
)
def test_a_request_that_is_none_says_nothing_of_the_server(body, stranger, bystander):
    for path in ("gradio_api/run/predict", "gradio_api/queue/join", "gradio_api/call/act", "pg/pulse", "pg/nothing"):
        status, answer = stranger.send(path, body)
        assert 400 <= status < 500, (path, status)
        quiet(answer)


def test_links_in_sentences_may_say_anything(stranger, bystander):
    for view in sorted(view for view, named in ACTS.items() if "do" in named):
        for action in ACTIONS:
            harmless(stranger.press(view, "do", {"action": action}))
    stranger.trains()


def test_a_made_up_key_gives_nobody_elses_session(server, stranger, bystander):
    for key in (
        None,
        3,
        {},
        "../..",
        "x" * 32,
        "0" * 43,
        stranger.key[:-1],
        stranger.key + "x",
        stranger.key.swapcase(),
    ):
        other = Stranger(server, key)
        assert other.key not in (key, stranger.key)
        other.leave()
    for wrong in (
        {"key": "0" * 43},
        {"page": stranger.page + 1},
        {"page": None},
        {"page": True, "key": [stranger.key]},
    ):
        for event in ("act", "save"):
            sent = {**stranger.identity(), "view": "transport", "event": "step", "data": {}, **wrong}
            assert json.loads(json.loads(stranger.post(event, sent)[1])["data"][0]) == {"gone": True}
    assert stranger.values()["transport"]["step"] == 0  # nothing of it was carried out


def test_a_press_that_arrives_late_does_not_undo_a_newer_one(server):
    stranger = Stranger(server, **{**SMALL, "training.record_every": 1})  # each step has a picture to look back to
    for _ in range(3):
        harmless(stranger.press("transport", "step"))

    def steps(at_least: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while stranger.values()["transport"]["last"] < at_least:
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def shown(n: int, step: int) -> int:
        harmless(stranger.press("transport", "seek", {"step": step}, n=n))
        return stranger.values()["transport"]["step"]

    steps(3)
    late, stranger.n = stranger.n + 5, stranger.n + 10
    assert shown(late + 1, 1) == 1
    assert shown(late, 2) == 1
    assert shown(late + 2, 2) == 2
    harmless(stranger.press("transport", "play", n=late - 1))  # pressed before all of these
    assert stranger.values()["transport"]["state"] == "past"
    harmless(stranger.press("form:Model", "edit", {"at": "seed", "value": 5, "done": True}, n=late + 2))
    harmless(stranger.press("form:Model", "edit", {"at": "seed", "value": 4, "done": True}, n=late + 1))
    harmless(stranger.press("form:Model", "edit", {"at": "training.batch", "value": 7, "done": True}, n=late + 1))
    harmless(stranger.press("transport", "link"))
    link = stranger.values()["transport"]["link"]
    assert "seed=5" in link
    assert "training.batch=7" in link
    harmless(stranger.press("transport", "step", n=late - 2))  # every press of it is a step
    stranger.leave()
