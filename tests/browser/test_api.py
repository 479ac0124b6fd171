"""What arrives over HTTP past the page: answered, never with a traceback, and never at another visitor's cost."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from playground.settings.forms import accordions
from tests.browser.screen import SMALL, Screen, shared

OPENER = build_opener(ProxyHandler({}))
HUGE = 10**400
VALUES: list[Any] = [None, True, -1, 1e308, HUGE, "NaN", "", "x" * 5000, [], [1, "a"], {}, {"kind": "GQA"}, "☃\x00"]
FIELDS = {
    "pause": ["n"], "step": ["n"], "reset": ["n"], "seek": ["n", "step"], "back": ["n"], "share": ["n"], "undo": ["n"],
    "look": ["which"], "probe": ["text", "id"], "select": ["layer", "head"], "ablate": ["layer", "head"],
    "restore": ["n"], "prompt": ["text", "temperature", "top_k", "top_p", "length"], "turn": ["id"],
}  # fmt: skip
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
]


class Stranger:
    """Someone who posts to the server without a page."""

    def __init__(self, server: str, name: str = "stranger"):
        self.server, self.session = server, name
        config = json.load(OPENER.open(f"{server}/config"))
        self.ids = {each["api_name"]: each["id"] for each in config["dependencies"]}
        self.short = {each["api_name"] for each in config["dependencies"] if not each["queue"]}
        self.post("attach", data=["0123456789abcdef" * 2])

    def post(self, event: str, event_data: Any = None, data: Any = ()) -> tuple[int, str]:
        """(status, body) of one event."""
        body = {"data": data, "event_data": event_data, "fn_index": self.ids[event], "session_hash": self.session}
        return self.send("run/predict" if event in self.short else "queue/join", json.dumps(body))

    def send(self, path: str, body: str) -> tuple[int, str]:
        request = Request(f"{self.server}/gradio_api/{path}", body.encode(), {"Content-Type": "application/json"})
        try:
            with OPENER.open(request, timeout=30) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()


@pytest.fixture
def stranger(server: str) -> Stranger:
    return Stranger(server)


@pytest.fixture(scope="module")
def visitor(browser, server, request) -> Iterator[Screen]:
    with shared(browser, server, request, **SMALL) as screen:
        screen.train(1)
        yield screen


@pytest.fixture
def bystander(visitor: Screen) -> Iterator[Screen]:
    """Someone else's run, which goes on during the test and after it."""
    if visitor.bar.get_attribute("data-state") != "running":
        visitor.train(visitor.step + 1)
    yield visitor
    visitor.is_("running|finished")
    visitor.reaches(min(5000, visitor.step + 2))


def harmless(answer: tuple[int, str]) -> None:
    status, body = answer
    assert status == 200, body[:300]
    assert "Traceback" not in body
    assert ".py" not in json.dumps([v for v in json.loads(body).get("data", []) if isinstance(v, str)])


@pytest.mark.parametrize("event", FIELDS)
def test_any_value_of_an_event_is_answered(event, stranger):
    harmless(stranger.post(event))
    for field in FIELDS[event]:
        for value in VALUES:
            harmless(stranger.post(event, {"n": 1, field: value}))


def test_any_edit_is_answered_and_the_run_can_still_train(stranger, bystander):
    for path in PATHS:
        for value in VALUES[::2]:
            harmless(stranger.post("edit", {"at": path, "value": value, "done": True}))
    for value in VALUES:
        harmless(stranger.post("edit", {"at": value, "value": value, "done": value}))
    harmless(stranger.post("undo"))
    harmless(stranger.post("step", {"n": 2}))


def test_every_setting_far_out_of_bounds_is_refused(stranger, bystander):
    harmless(stranger.post("reset", {"n": 1}))
    rows = [row for accordion in accordions() for kind in accordion.kinds.values() for row in kind]
    for path in sorted({row["path"] for row in rows}):
        for value in (-1e300, HUGE):
            harmless(stranger.post("edit", {"at": path, "value": value, "done": True}))
    harmless(stranger.post("undo"))


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"fn_index": 99999}', '{"fn_index": "x", "data": 3}', '{"data": {}}']
)
def test_a_request_that_is_none_says_nothing_of_the_server(body, stranger, bystander):
    for path in ("run/predict", "queue/join", "call/pause"):
        status, answer = stranger.send(path, body)
        assert status != 200 or path == "queue/join"
        assert "Traceback" not in answer
        assert "/playground/" not in answer


def test_a_long_event_may_carry_anything(stranger, bystander):
    for event in ("play", "halve", "preset", "do"):
        for value in [None, *({"n": value, "name": value, "action": value} for value in VALUES)]:
            status, answer = stranger.post(event, value)
            assert status in (200, 503)
            assert "Traceback" not in answer
    for action in (
        "step:x",
        "step:99999999999999999999",
        "set:%7B",
        "set:[]",
        'set:{"model.layers": "x"}',
        "preset:?",
        ":::",
    ):
        assert stranger.post("do", {"action": action})[0] in (200, 503)


def test_a_made_up_name_of_a_run_gives_nobody_elses(stranger, bystander):
    for token in (None, 3, {}, "../..", "x" * 32, "0" * 32):
        harmless(stranger.post("attach", data=[token]))


def test_a_look_back_that_arrives_late_does_not_undo_a_newer_one(server):
    stranger = Stranger(server, "late")
    stranger.post("attach", data=["7" * 32])  # a run of its own

    def shown(n: int, step: int) -> int:
        values = json.loads(stranger.post("seek", {"n": n, "step": step})[1])["data"]
        return next(v["step"] for v in values if isinstance(v, dict) and "last" in v)

    for n in (1, 2, 3):
        harmless(stranger.post("step", {"n": n}))
    assert shown(10, 1) == 1
    assert shown(9, 2) == 1
    assert shown(11, 2) == 2
