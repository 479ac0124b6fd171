"""The running app and the pages that look at it.

`page` and `phone` are at no address yet: `page.goto("/")`. A test chooses the colour scheme by
`@pytest.mark.parametrize("scheme", ["light", "dark"])` and names the errors that it provokes by
`@pytest.mark.expects_errors("a pattern of the line")`.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.browser.browsers import CHROMIUM, path_of
from tests.serving import serving, tail

HERE = Path(__file__).parent
LOG = pytest.StashKey[Path]()
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
FLAGS = (*QUIET, "--disable-sync", "--no-first-run")
STOP = """() => {
  const running = document.querySelectorAll("[data-state=running] [data-do=toggle]");
  for (const button of running) button.click();
  return new Promise(done => setTimeout(done, running.length ? 50 : 0));  // the press is on its way
}"""


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


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[str]:
    """The address of the running app, one process for all browser tests."""
    folder = tmp_path_factory.mktemp("server")
    log = pytestconfig.stash[LOG] = folder / "log.txt"
    with serving(log, folder / "data") as running:
        yield running.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = path_of(CHROMIUM)
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
        for page in context.pages:  # and once closed, for the seconds that a reload may take
            with suppress(Error):
                page.evaluate(STOP)
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
