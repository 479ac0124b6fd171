"""The running app and the pages that look at it.

`page` and `phone` are at no address yet: `page.goto("/")`. A test chooses the colour scheme by
`@pytest.mark.parametrize("scheme", ["light", "dark"])` and names the errors that it provokes by
`@pytest.mark.expects_errors("a pattern of the line")`.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import chromium

HERE = Path(__file__).parent
APP = HERE.parent.parent / "app.py"
START = 120  # seconds: importing torch and gradio from a cold disk takes most of them
LOG = pytest.StashKey[Path]()
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
FLAGS = (*QUIET, "--disable-sync", "--no-first-run")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: they are the slow ones, and Playwright leaves an event loop running in this thread."""
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed browser test shows the end of the server's log."""
    outcome: Any = yield
    report, log = outcome.get_result(), item.config.stash.get(LOG, None)
    if report.failed and log is not None and HERE in item.path.parents:
        report.sections.append(("the server's log", tail(log)))


def tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(app: Path, log: Path) -> Iterator[str]:
    """The address of `python app`, up from here to the end of the block. Fails with its log if it does not come up."""
    port, opener = free_port(), build_opener(ProxyHandler({}))
    url = f"http://127.0.0.1:{port}"
    settings = {"GRADIO_SERVER_NAME": "127.0.0.1", "GRADIO_SERVER_PORT": str(port), "NO_PROXY": "127.0.0.1,localhost"}
    quiet = {"PLAYGROUND_OPEN": "0", "HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as out:
        command, environment = [sys.executable, str(app)], os.environ | settings | quiet
        process = subprocess.Popen(command, cwd=app.parent, env=environment, stdout=out, stderr=subprocess.STDOUT)
        try:
            deadline = time.monotonic() + START
            while True:
                if process.poll() is not None or time.monotonic() > deadline:
                    end = "ended" if process.poll() is not None else f"did not answer within {START} s"
                    pytest.fail(f"{app.name} {end}:\n{tail(log)}", pytrace=False)
                try:
                    opener.open(url, timeout=5).close()
                    break
                except (URLError, OSError):
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of the running app, one process for all browser tests."""
    log = pytestconfig.stash[LOG] = tmp_path_factory.mktemp("server") / "log.txt"
    with serving(APP, log) as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def scheme() -> str:
    """The colour scheme that the visitor's system asks for."""
    return "light"


@contextmanager
def watched(browser: Browser, server: str, test: pytest.Item, **options: Any) -> Iterator[Page]:
    """A page in a context of its own. At the end: no error in the page or its console, and no other host was asked."""
    seen: list[str] = []
    host = urlsplit(server).netloc

    def asked(url: str) -> None:
        address = urlsplit(url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.netloc != host:
            seen.append(f"request to another host: {url}")

    context = browser.new_context(base_url=server, **options)
    context.on("weberror", lambda error: seen.append(f"page error: {error.error}"))
    context.on("console", lambda line: seen.append(f"console: {line.text}") if line.type == "error" else None)
    context.on("request", lambda request: asked(request.url))
    context.on("page", lambda page: page.on("websocket", lambda opened: asked(opened.url)))
    try:
        yield context.new_page()
    finally:  # also where a shared page's preparation failed: left open, it would train and draw under every later test
        context.close()
    marker = test.get_closest_marker("expects_errors")
    expected = "|".join(marker.args) if marker else "(?!)"  # (?!) matches nothing, an empty pattern everything
    unexpected = [line for line in seen if not re.search(expected, line)]
    assert not unexpected, "\n".join(unexpected)


@pytest.fixture
def page(browser: Browser, server: str, scheme: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A desktop window."""
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}, color_scheme=scheme) as page:
        yield page


@pytest.fixture
def phone(browser: Browser, server: str, scheme: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A phone: narrow, and touched."""
    size: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with watched(browser, server, request.node, color_scheme=scheme, **size) as page:
        yield page
