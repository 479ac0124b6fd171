"""The page's document, and the files it fetches: what they are sent with, and that there are no others."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from playground.components import static
from playground.pages import document

NASTY = "</script><b> & \u00fc"


async def page(request: Request) -> Response:
    return HTMLResponse("<html><head><base href='./'></head><body></head></body></html>")


@pytest.fixture(scope="module")
def client() -> TestClient:
    middleware = [Middleware(GZipMiddleware), Middleware(document.Document, document.head({"task": {"html": NASTY}}))]
    return TestClient(
        Starlette(routes=[Route("/", page), Route("/other", page), document.FILES_ROUTE], middleware=middleware)
    )


def address(path: str) -> str:
    return f"/pg/{static.DIGEST}/{path}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("page.js", "text/javascript"),
        ("page.css", "text/css"),
        ("replay.json", "application/json"),
        ("plotly.min.js", "text/javascript"),
    ],
)
def test_a_file_is_sent_packed_and_kept_for_good(client: TestClient, path: str, kind: str):
    answer = client.get(address(path), headers={"accept-encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].split(";")[0] == kind
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == static.FILES[path]
    assert int(answer.headers["content-length"]) == len(document.packed(path)) < len(static.FILES[path])
    assert gzip.decompress(document.packed(path)) == static.FILES[path]


def test_a_file_is_sent_plain_to_who_cannot_unpack(client: TestClient):
    answer = client.get(address("page.css"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.content == static.FILES["page.css"]


@pytest.mark.parametrize(
    "path",
    [
        "/pg/0123456789abcdef/page.js",
        address("core/bus.js"),
        address("core"),
        address(""),
        address("../app.py"),
        address("%2e%2e/app.py"),
        address("..%2fapp.py"),
        address("core/%2e%2e/%2e%2e/README.md"),
        address("//etc/passwd"),
        address("styles/theme.css"),
    ],
)
def test_there_is_nothing_else(client: TestClient, path: str):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


def test_a_file_is_only_read(client: TestClient):
    assert client.post(address("page.js")).status_code == 405


def test_the_head_names_style_and_scripts(client: TestClient):
    answer = client.get("/")
    head, rest = answer.text.split("</head>", 1)
    assert rest == "<body></head></body></html>"
    assert head.index("<base") < head.index("rel='stylesheet'")
    asked = re.findall(r"(?:href|src)='\.(/pg/[^']+)'", head)
    assert asked == [address("page.css"), address("page.js")]
    assert all(client.get(path).status_code == 200 for path in asked)


def test_the_page_is_sent_with_a_policy(client: TestClient):
    policy = client.get("/").headers["content-security-policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "object-src": "'none'",
        "base-uri": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "frame-src": "'none'",
    }
    assert "content-security-policy" not in client.get("/other").headers


def test_first_values_stand_in_the_head_and_end_nothing(client: TestClient):
    (text,) = re.findall(r"id='first-values'>(.*?)</script>", client.get("/").text)
    assert json.loads(text) == {"task": {"html": NASTY}}


def test_only_the_page_is_touched(client: TestClient):
    assert "first-values" not in client.get("/other").text
    assert client.head("/").status_code == 200
