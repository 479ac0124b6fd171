"""What is let in, over raw ASGI: every rule is broken once, and what a page needs passes."""

from __future__ import annotations

import asyncio
import errno
import json
import math
import os
import time
from types import SimpleNamespace
from typing import ClassVar

import pytest
from gradio.data_classes import FileData

from playground.doors import addresses, middleware, refusals
from playground.doors.addresses import Named, Trusted, client_address, household, named, told
from playground.doors.arrivals import Arrivals
from playground.doors.bodies import BODY, PARTS, UPLOAD
from playground.doors.middleware import ADDRESS, Doors
from playground.doors.refusals import Refused
from playground.doors.uploads import Uploads

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"multipart/form-data; boundary=xyz")
JOIN, SEND, CANCEL = "/gradio_api/queue/join", "/gradio_api/upload", "/gradio_api/cancel"


class Inner:
    """The app behind the doors: notes what it sees, reads the body, answers 200."""

    def __init__(self, fault: Exception | None = None):
        self.seen: list[dict] = []
        self.bodies: list[bytes] = []
        self.fault = fault

    async def __call__(self, scope, receive, send):
        self.seen.append(scope)
        if scope["type"] == "lifespan":
            return
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if self.fault is not None:
            raise self.fault
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


class Page:
    """What Gradio knows of a page: an event without a value, one with a file and a text, one of the browser's own."""

    file = SimpleNamespace(data_model=FileData)
    fns: ClassVar = {
        0: SimpleNamespace(fn=print, inputs=[]),
        1: SimpleNamespace(fn=print, inputs=[file, SimpleNamespace(data_model=None)]),
        2: SimpleNamespace(fn=None, inputs=[]),
    }
    _queue = SimpleNamespace(pending_messages_per_session={"mine": 1})

    def get_blocks(self):
        return self


class Swallowing(Inner):
    """As FastAPI: whatever goes wrong with a body is answered with 400."""

    async def __call__(self, scope, receive, send):
        try:
            await super().__call__(scope, receive, send)
        except Exception:
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body", "body": b"an error of the app's own"})


def request(
    path="/",
    method="GET",
    *,
    headers=(),
    host: bytes | None = b"127.0.0.1:7860",
    query=b"",
    pieces=(b"",),
    inner=None,
    environment=None,
    client="127.0.0.1",
    uploads=None,
    **scope,
):
    """(status, body, inner app) of one request."""
    inner = inner if inner is not None else Inner()
    door = Doors(inner, told(environment or {}), uploads or Uploads())
    given = [*([(b"host", host)] if host is not None else []), *headers]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "scheme": "http",
        "query_string": query,
        "headers": given,
        "client": (client, 1234),
        "app": Page(),
        **scope,
    }
    waiting = [
        {"type": "http.request", "body": piece, "more_body": i + 1 < len(pieces)} for i, piece in enumerate(pieces)
    ]
    sent = []

    async def receive():
        if waiting:
            return waiting.pop(0)
        await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    began = time.monotonic()
    asyncio.run(door(scope, receive, send))
    assert time.monotonic() - began < refusals.DRAIN, "nobody waits for what does not come"
    return sent[0]["status"], b"".join(m.get("body", b"") for m in sent[1:]), inner


def post(path=CANCEL, body=b"{}", *, headers=(), pieces=None, **more):
    said = () if pieces else ((b"content-length", b"%d" % len(body)),)
    kind = FORM if path == SEND else JSON
    return request(path, "POST", headers=(kind, *said, *headers), pieces=pieces or (body,), **more)


def sentence(body: bytes) -> str:
    found = json.loads(body)
    assert found["error"] == found["detail"]
    assert found["error"][0].isupper()
    assert found["error"].endswith(".")
    return found["error"]


# ---- routes ----
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/theme.css",
        "/assets/index.js",
        "/static/fonts/x.woff2",
        "/gradio_api/info",
        "/gradio_api/app_id",
        "/gradio_api/heartbeat/abc",
        "/gradio_api/startup-events",
        "/gradio_api/file=/somewhere/plotly.min.js",
        "/gradio_api/file=C:/somewhere/plotly.min.js",
        "/pg/state",
    ],
)
def test_what_a_page_reads_is_open(path):
    assert request(path)[0] == request(path, "HEAD")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/dev/reload",
        "/gradio_api/deep_link",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/run-history/buckets",
        "/gradio_api/queue/status",
        "/gradio_api/proxy=https://a.hf.space/x",
        "/gradio_api/file=https://elsewhere.example/x",
        "/gradio_api/file=HTTP:/elsewhere.example/x",
        "/gradio_api/user",
        "/gradio_api/token",
        "/gradio_api/vibe-code",
        "/gradio_api/profiling/traces",
        "/monitoring",
        "/docs",
        "/logout",
        "/assets/\x00",
        "/gradio_api/queue/join",
    ],
)
def test_what_no_page_reads_is_closed(path):
    status, body, inner = request(path)
    assert status == 404
    assert sentence(body)
    assert inner.seen == []


@pytest.mark.parametrize(
    "path", ["/login", "/gradio_api/component_server", "/gradio_api/process_recording", "/gradio_api/call/x", "/"]
)
def test_what_no_page_sends_is_closed(path):
    assert post(path)[0] == 404
    assert request("/config", "DELETE")[0] == request(JOIN, "PUT")[0] == 404


def test_routes_are_known_below_the_root_of_a_proxy():
    assert request("/play/config", root_path="/play")[0] == request("/config", root_path="/play")[0] == 200
    assert request("/play/docs", root_path="/play")[0] == request("/play/config")[0] == 404


def test_a_parameter_of_gradios_own_does_not_reach_it():
    query = b"page=x&preset=copy&p%61ge=y&deep_link=z&pages=1"
    assert request("/", query=query)[2].seen[0]["query_string"] == b"preset=copy&pages=1"


def test_an_address_too_long_for_gradio_is_refused():
    status, body, _ = request("/", query=b"a" * ADDRESS)
    assert status == 414
    assert "65,536" in sentence(body)
    assert request("/", query=b"a" * (ADDRESS - 100))[0] == 200


def test_no_websocket_and_a_lifespan():
    sent, inner = [], Inner()

    async def both():
        door = Doors(inner, told({}))

        async def receive():
            return {"type": "websocket.connect"}

        async def send(message):
            sent.append(message)

        await door({"type": "websocket", "path": "/", "headers": []}, receive, send)
        assert inner.seen == []
        await door({"type": "lifespan"}, receive, send)
        assert len(inner.seen) == 1

    asyncio.run(both())
    assert [m["type"] for m in sent] == ["websocket.close"]


# ---- names ----
LOOPBACK: dict[str, str] = {}
OPEN = {"GRADIO_SERVER_NAME": "0.0.0.0"}
SPACE = {"SPACE_ID": "me/play", "SPACE_HOST": "me-play.hf.space", "GRADIO_SERVER_NAME": "0.0.0.0"}
LISTED = {"PLAYGROUND_HOSTS": "play.example.org, *.school.example", "GRADIO_SERVER_NAME": "0.0.0.0"}


@pytest.mark.parametrize(
    ("environment", "host", "known"),
    [
        (LOOPBACK, "localhost:7860", True),
        (LOOPBACK, "LOCALHOST", True),
        (LOOPBACK, "127.0.0.1:80", True),
        (LOOPBACK, "127.0.0.2", True),
        (LOOPBACK, "[::1]:7860", True),
        (LOOPBACK, "evil.example", False),
        (LOOPBACK, "127.0.0.1.evil.example:7860", False),
        (LOOPBACK, "localhost.evil.example", False),
        (LOOPBACK, "0.0.0.0:7860", False),
        (LOOPBACK, "192.168.1.5", False),
        (OPEN, "192.168.1.5:7860", True),
        (OPEN, "[2001:db8::1]", True),
        (OPEN, "workshop", True),
        (OPEN, "localhost", True),
        (OPEN, "evil.example", False),
        (SPACE, "me-play.hf.space", True),
        (SPACE, "10.1.2.3:7860", True),
        (SPACE, "other.hf.space", False),
        (SPACE | {"PLAYGROUND_HOSTS": "play.example.org"}, "play.example.org", True),
        ({"SPACE_ID": "me/play"}, "me-play.hf.space", True),
        (LISTED, "play.example.org:443", True),
        (LISTED, "a.school.example", True),
        (LISTED, "school.example", False),
        (LISTED, "127.0.0.1", True),
        (LISTED, "192.168.1.5", False),
        (LISTED, "evil.example", False),
        ({"PLAYGROUND_HOSTS": "*"}, "evil.example", True),
    ],
)
def test_the_names_that_the_server_answers_to(environment, host, known):
    status, body, _ = request(host=host.encode(), environment=environment)
    assert status == (200 if known else 421)
    assert known or "PLAYGROUND_HOSTS" in sentence(body)


@pytest.mark.parametrize(
    "host", [b"[::1", b"", b"a b", b"localhost:99999", b"localhost:x", b"[fe80::1%25eth0]", b"\xff", b"a" * 400, None]
)
def test_what_is_no_name_is_a_sentence(host):
    status, body, _ = request(host=host, environment={"PLAYGROUND_HOSTS": "*"})
    assert status == 400
    assert sentence(body)


@pytest.mark.parametrize(
    ("environment", "host", "origin", "welcome"),
    [
        (LOOPBACK, "127.0.0.1:7860", "http://127.0.0.1:7860", True),
        (LOOPBACK, "localhost", "http://localhost:80", True),
        (LOOPBACK, "127.0.0.1:7860", "http://127.0.0.1:3000", False),
        (LOOPBACK, "127.0.0.1:7860", "http://localhost:7860", False),
        (LOOPBACK, "127.0.0.1:7860", "https://evil.example", False),
        (LOOPBACK, "127.0.0.1:7860", "null", False),
        (LOOPBACK, "127.0.0.1:7860", "", False),
        (LOOPBACK, "127.0.0.1:7860", "file://", False),
        (OPEN, "192.168.1.5:7860", "http://192.168.1.5:7860", True),
        (OPEN, "192.168.1.5:7860", "http://192.168.1.6:7860", False),
        (SPACE, "me-play.hf.space", "https://me-play.hf.space", True),
        (SPACE, "10.1.2.3:7860", "https://me-play.hf.space", True),
        (SPACE, "me-play.hf.space", "https://huggingface.co", False),
        (SPACE, "me-play.hf.space", "https://other.hf.space", False),
        (LISTED, "localhost:7860", "https://play.example.org:8443", True),
        (LISTED, "play.example.org", "https://evil.example", False),
        ({"PLAYGROUND_HOSTS": "*"}, "x.example", "https://y.example", True),
    ],
)
def test_presses_come_from_our_own_pages(environment, host, origin, welcome):
    sent = {"host": host.encode(), "headers": [(b"origin", origin.encode())], "environment": environment}
    status, body, _ = post(**sent)
    assert status == (200 if welcome else 403)
    assert welcome or "another site" in sentence(body)
    assert request(**sent)[0] == 200, "reading is nobody's press"


@pytest.mark.parametrize("hosts", ["a b", "play.example.org:443", "https://play.example.org", "a,,b/c"])
def test_a_list_of_names_that_is_none_is_said(hosts):
    with pytest.raises(ValueError, match="PLAYGROUND_HOSTS names"):
        told({"PLAYGROUND_HOSTS": hosts})
    with pytest.raises(ValueError, match="PLAYGROUND_PROXIES names 'nginx'"):
        told({"PLAYGROUND_PROXIES": "10.0.0.1, nginx"})


def test_names_are_read():
    assert named("A.example.:80") == Named("a.example", 80)
    assert named("[::1]") == Named("::1", None)
    assert named("[::1]x") is named("-a.example") is named("a..example") is named("a:0") is named("a:") is None


# ---- proxies ----
FORWARDED = [
    (b"x-forwarded-host", b"play.example.org"),
    (b"x-forwarded-proto", b"https"),
    (b"X-Forwarded-For", b"203.0.113.9"),
    (b"x-gradio-server", b"http://evil.example"),
]


def test_a_stranger_cannot_say_where_they_come_from():
    _, _, inner = request(headers=FORWARDED, client="203.0.113.1")
    assert [name for name, _ in inner.seen[0]["headers"]] == [b"host"]
    assert inner.seen[0]["client"][0] == "203.0.113.1"
    assert request(headers=[(b"x-forwarded-host", b"[::1")], client="203.0.113.1")[0] == 200


def test_a_proxy_can():
    known = LISTED | {"PLAYGROUND_PROXIES": "10.0.0.0/8"}
    _, _, inner = request(headers=FORWARDED, client="10.0.0.7", host=b"inside:7860", environment=known)
    names = [name for name, _ in inner.seen[0]["headers"]]
    assert b"x-forwarded-proto" in names
    assert b"x-gradio-server" not in names
    assert inner.seen[0]["client"][0] == "203.0.113.9"
    assert client_address(inner.seen[0], Trusted("10.0.0.0/8")) == "203.0.113.9"
    status, body, _ = request(headers=[(b"x-forwarded-host", b"[::1")], client="10.0.0.7", environment=known)
    assert status == 400
    assert sentence(body)
    assert request(headers=[(b"x-forwarded-host", b"evil.example")], client="10.0.0.7", environment=known)[0] == 421


@pytest.mark.parametrize(
    ("trusted", "space", "peer", "said", "found"),
    [
        ("", False, "203.0.113.1", "1.2.3.4", "203.0.113.1"),
        ("10.0.0.0/8", False, "10.0.0.1", "1.2.3.4, 5.6.7.8", "5.6.7.8"),  # the first one may be anybody's invention
        ("10.0.0.0/8", False, "10.0.0.1", "1.2.3.4, 5.6.7.8, 10.0.0.9", "5.6.7.8"),
        ("10.0.0.0/8", False, "::ffff:10.0.0.1", "5.6.7.8:4711", "5.6.7.8"),
        ("10.0.0.0/8", False, "10.0.0.1", "[2001:db8::7]:80", "2001:db8::7"),
        ("10.0.0.0/8", False, "10.0.0.1", "5.6.7.8, unknown", "10.0.0.1"),
        ("10.0.0.0/8", False, "10.0.0.1", "", "10.0.0.1"),
        ("*", False, "9.9.9.9", "1.2.3.4, 5.6.7.8", "1.2.3.4"),
        ("", True, "10.2.3.4", "1.2.3.4, 5.6.7.8, 10.0.0.9", "5.6.7.8"),
    ],
)
def test_the_address_of_whoever_asks(trusted, space, peer, said, found):
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", said.encode())] if said else []}
    assert client_address(scope, Trusted(trusted, space=space)) == found


def test_without_a_connection_there_is_no_address():
    assert client_address({"client": None, "headers": []}, Trusted()) == ""
    addresses.policy.cache_clear()
    assert client_address({"client": ("127.0.0.1", 1), "headers": []}) == "127.0.0.1"


def test_a_network_of_ipv6_is_one_household():
    assert household("2001:db8::1") == household("2001:db8::ffff:1") != household("2001:db8:0:1::1")
    assert household("1.2.3.4") == "1.2.3.4"
    assert household("") == ""


# ---- bodies ----
def test_a_body_passes_as_it_is():
    said = {"data": ["a", 1, None, {"x": [0.5, True]}], "session_hash": "ü"}
    status, _, inner = post(body=json.dumps(said).encode())
    assert (status, json.loads(inner.bodies[0])) == (200, said)
    assert post("/pg/pulse", b'{"key": "x"}')[2].bodies == [b'{"key": "x"}']
    assert post(pieces=(b'{"a"', b": 1}"))[2].bodies == [b'{"a": 1}']
    text = (b"content-type", b"text/plain;charset=UTF-8")
    assert request("/pg/pulse", "POST", headers=[text], pieces=(b"{not json",))[2].bodies == [b"{not json"]


def test_a_body_that_is_too_long_is_refused_at_once():
    status, body, inner = post(body=b" " * (BODY + 1))
    assert status == 413
    assert "2 MB" in sentence(body)
    assert inner.seen == []
    status, body, inner = post(SEND, headers=[(b"content-length", b"%d" % (UPLOAD + 1))], pieces=(b"",))
    assert status == 413
    assert "64 MB" in sentence(body)
    assert inner.seen == []


@pytest.mark.parametrize("app", [Inner, Swallowing])
def test_a_body_that_does_not_say_its_length_is_counted(app):
    status, body, inner = post(pieces=(b" " * BODY, b" "), inner=app())
    assert status == 413
    assert inner.bodies == []
    status, body, inner = post(SEND, pieces=(b" " * (UPLOAD // 2),) * 3, inner=app())
    assert status == 413
    assert "64 MB" in sentence(body)
    assert inner.bodies == []
    status, _, inner = post(SEND, pieces=(b" " * (UPLOAD // 2),) * 2, inner=app())
    assert status == 200


def test_a_body_that_lies_about_its_length_is_counted_too():
    assert post(headers=[(b"content-length", b"2")], pieces=(b" " * BODY, b" "))[0] == 413
    assert post(headers=[(b"content-length", b"-5")], pieces=(b"{}",))[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(middleware, "SLOW", 0.05)
    monkeypatch.setattr(refusals, "DRAIN", 0.05)

    async def never():
        await asyncio.sleep(60)

    sent = []

    async def ask():
        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": CANCEL, "headers": [(b"host", b"localhost"), JSON]}
        await Doors(Inner(), told({}))(scope | {"client": ("127.0.0.1", 1)}, never, send)

    asyncio.run(ask())
    assert sent[0]["status"] == 408


def test_somebody_who_leaves_in_the_middle_is_not_answered():
    sent, inner = [], Inner()

    async def ask():
        async def gone():
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": CANCEL, "headers": [(b"host", b"localhost"), JSON]}
        await Doors(inner, told({}))(scope, gone, send)

    asyncio.run(ask())
    assert sent == inner.seen == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "no JSON"),
        (b"", ""),
        (b'{"a": NaN}', "nan"),
        (b'{"a": 1e999}', "inf"),
        (b'{"a": 9223372036854775808}', "whole number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "cannot be read"),
        (b"[" * 30 + b"]" * 30, "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
        (b"[" + b"1," * 30_000 + b"1]", "values at once"),
        (b'{"\xff": 1}', "cannot be read"),
    ],
)
def test_json_is_checked(body, said):
    status, answered, inner = post(body=body)
    assert status == (400 if said else 200)
    assert not said or said in sentence(answered)
    assert not said or inner.seen == []


def test_half_a_character_does_not_reach_the_app():
    status, _, inner = post(body=rb'{"data": ["a\ud83dz", "\ud83d\ude00"]}')
    assert status == 200
    assert json.loads(inner.bodies[0]) == {"data": ["a\ufffdz", "😀"]}
    for raw in (b'["a\xed\xa0\xbdz"]', '["a\ud83dz"]'.encode("utf-16", "surrogatepass")):
        assert json.loads(post(body=raw)[2].bodies[0]) == ["a\ufffdz"]
    lengths = [v for k, v in inner.seen[0]["headers"] if k == b"content-length"]
    assert lengths == [b"%d" % len(inner.bodies[0])]


def test_answers_stream_through():
    order = []

    async def streaming(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for i in range(3):
            order.append(f"send {i}")
            await send({"type": "http.response.body", "body": b"%d" % i, "more_body": i < 2})

    async def ask():
        async def send(message):
            order.append(f"sent {message.get('body', b'').decode()}")

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/gradio_api/heartbeat/x",
            "headers": [(b"host", b"localhost")],
        }
        await Doors(streaming, told({}))(scope, None, send)

    asyncio.run(ask())
    assert order == ["sent ", "send 0", "sent 0", "send 1", "sent 1", "send 2", "sent 2"]


# ---- what Gradio would trip over ----
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict"])
@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"fn_index": 0, "data": []}, ""),
        ({"fn_index": 0, "data": [1, 2], "event_data": {"any": [1]}}, ""),
        ({"fn_index": 1, "data": [None, "x"]}, ""),
        ([1], ""),
        ({"fn_index": 0, "data": "x"}, ""),
        ({}, "no such event"),
        ({"fn_index": 9}, "no such event"),
        ({"fn_index": -1}, "no such event"),
        ({"fn_index": True}, "no such event"),
        ({"fn_index": "0"}, "no such event"),
        ({"fn_index": [0]}, "no such event"),
        ({"fn_index": 2, "data": []}, "no such event"),
        ({"fn_index": 1, "data": [None]}, "Of 2 values, 1 came"),
        ({"fn_index": 1, "data": ["x", "y"]}, "other values"),
        ({"fn_index": 1, "data": [{"path": 3}, "y"]}, "other values"),
    ],
)
def test_an_event_is_one_of_the_pages(path, event, said):
    status, body, inner = post(path, json.dumps(event).encode())
    assert status == (400 if said else 200)
    assert not said or said in sentence(body)
    assert bool(inner.seen) is not bool(said)


def file(path, **more) -> dict:
    return {"path": path, "meta": {"_type": "gradio.FileData"}, **more}


def test_a_file_is_one_that_was_uploaded(tmp_path):
    folder, outside = tmp_path / "uploads", tmp_path / "outside"
    (folder / "hash").mkdir(parents=True)
    good = folder / "hash" / "run.safetensors"
    for each in (good, outside):
        each.write_bytes(b"x")
    link = folder / "link"
    link.symlink_to(outside)
    uploads = Uploads(folder)

    def status(found, where="data"):
        sent = {"fn_index": 1, "data": [found, "x"]} if where == "data" else {"fn_index": 0, "data": [], where: found}
        status, body, _ = post(JOIN, json.dumps(sent).encode(), uploads=uploads)
        assert status == 200 or sentence(body)
        return status

    assert status(file(str(good))) == 200
    for path in (outside, link, folder / ".." / "outside", folder / "gone", folder, "", "\x00", "a" * 9000):
        assert status(file(str(path))) == 400
    for path in ("https://elsewhere.example/x", "http://127.0.0.1/x", "file:///etc/passwd"):
        assert status(file(path)) == 400
        assert status({"deep": [file(path)]}, "event_data") == 400
    assert status(file(str(good)), "event_data") == 200


def test_a_stream_is_of_a_page_that_asked_for_something():
    assert request("/gradio_api/queue/data", query=b"session_hash=mine")[0] == 200
    status, body, inner = request("/gradio_api/queue/data", query=b"session_hash=other")
    assert status == 404
    assert sentence(body)
    assert inner.seen == []


# ---- uploads ----
PART = b'--xyz\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\nabc\r\n'


def test_an_upload_has_few_parts():
    assert post(SEND, PART * PARTS + b"--xyz--")[0] == 200
    status, body, inner = post(SEND, PART * (PARTS + 1) + b"--xyz--", inner=Swallowing())
    assert status == 413
    assert "files" in sentence(body)
    assert inner.bodies == []
    whole = PART * (PARTS + 1) + b"--xyz--"
    pieces = tuple(whole[i : i + 3] for i in range(0, len(whole), 3))  # no piece has a whole mark
    assert post(SEND, pieces=pieces)[0] == 413


@pytest.mark.parametrize("kind", [b"multipart/form-data", b"application/json", b"multipart/form-data; boundary="])
def test_an_upload_is_a_form(kind):
    status, body, _ = request(SEND, "POST", headers=[(b"content-type", kind)])
    assert status == 400
    assert sentence(body)


def test_uploads_are_bounded_in_number(tmp_path):
    uploads = Uploads(tmp_path, at_once=2)

    async def three():
        async with uploads.one("a", 5), uploads.one("a", 5):
            with pytest.raises(Refused, match="2 uploads"):
                async with uploads.one("a", 5):
                    pass
            async with uploads.one("b", 5):
                assert uploads.coming == 15
        assert not uploads.running
        assert uploads.coming == 0
        async with uploads.one("a", 5):
            pass

    asyncio.run(three())


def test_uploads_are_bounded_in_total(tmp_path, monkeypatch):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "old").write_bytes(b"x" * 600)
    uploads = Uploads(tmp_path, total=1000)
    assert post(SEND, PART, uploads=uploads)[0] == 200
    assert post(SEND, PART, uploads=uploads)[0] == 200
    status, body, inner = post(SEND, PART * 4, uploads=uploads)
    assert status == 507
    assert "no room" in sentence(body)
    assert inner.seen == []
    assert post(SEND, pieces=(PART,), uploads=Uploads(tmp_path, total=UPLOAD))[0] == 507, "it may be of any length"
    (tmp_path / "deep" / "old").unlink()
    uploads.looked = -math.inf  # some seconds later
    assert post(SEND, PART * 4, uploads=uploads)[0] == 200
    monkeypatch.setattr("playground.doors.uploads.FILES", 2)
    for i in range(3):
        (tmp_path / str(i)).touch()
    assert post(SEND, PART, uploads=Uploads(tmp_path))[0] == 507
    assert post(SEND, PART, uploads=Uploads(tmp_path / "not there"))[0] == 200


def test_a_place_comes_free_when_an_upload_fails():
    uploads = Uploads()
    with pytest.raises(RuntimeError):
        post(SEND, PART, uploads=uploads, inner=Inner(RuntimeError()))
    assert post(SEND, PART, uploads=uploads, inner=Inner(TypeError("not a file")))[0] == 400
    assert not uploads.running
    assert uploads.coming == 0


def test_a_full_disk_is_a_sentence():
    status, body, _ = post(SEND, PART, inner=Inner(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    assert status == 507
    assert "disk is full" in sentence(body)
    with pytest.raises(OSError, match="Permission"):
        post(SEND, PART, inner=Inner(OSError(errno.EACCES, os.strerror(errno.EACCES))))


@pytest.mark.parametrize("said", ["a lot", "0", "-1", "inf", "nan"])
def test_a_total_that_is_none_is_said(said, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_UPLOADS_GB", said)
    with pytest.raises(ValueError, match="PLAYGROUND_UPLOADS_GB"):
        Uploads()
    monkeypatch.setenv("PLAYGROUND_UPLOADS_GB", ".5")
    assert Uploads().total == 2**29


# ---- new visitors ----
def test_a_class_comes_in_and_a_flood_does_not():
    now = [0.0]
    arrivals = Arrivals(300, clock=lambda: now[0])
    assert sum(arrivals.allow("school") for _ in range(400)) == 300
    assert arrivals.allow("somebody else")
    now[0] += 1
    assert sum(arrivals.allow("school") for _ in range(400)) == 5
    now[0] += 3600
    assert sum(arrivals.allow("school") for _ in range(400)) == 300


def test_everybody_together_are_bounded_too():
    arrivals = Arrivals(10, clock=lambda: 0.0)
    assert sum(arrivals.allow(f"2001:db8:0:{i:x}::1") for i in range(100)) == 10 * Arrivals.EVERYBODY
    again = Arrivals(10, clock=lambda: 0.0)
    assert sum(again.allow(f"2001:db8::{i:x}") for i in range(100)) == 10, "one network"


def test_a_clock_that_stands_or_goes_back_lets_nobody_in_for_free():
    now = [100.0]
    arrivals = Arrivals(2, clock=lambda: now[0])
    assert [arrivals.allow("a") for _ in range(3)] == [True, True, False]
    now[0] = 0.0
    assert not arrivals.allow("a")


def test_strangers_are_forgotten(monkeypatch):
    monkeypatch.setattr(Arrivals, "MANY", 20)
    now = [0.0]
    arrivals = Arrivals(60, clock=lambda: now[0])
    for i in range(200):
        now[0] += 1
        assert arrivals.allow(str(i))
    assert len(arrivals.may_come) <= 21


@pytest.mark.parametrize(("said", "most"), [("", 300), ("20", 20), ("none", math.inf)])
def test_the_operator_says_how_many(said, most, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_ARRIVALS", said)
    assert Arrivals().per_minute == most
    assert Arrivals().allow("a")
    monkeypatch.setenv("PLAYGROUND_ARRIVALS", "many")
    with pytest.raises(ValueError, match="PLAYGROUND_ARRIVALS"):
        Arrivals()
