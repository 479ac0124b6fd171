"""What a browser fetches for the page: little, once, and nothing before it is needed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from playground.components.static import BASE, imported
from tests.browser.conftest import watched
from tests.browser.screen import Screen

KINDS = ("Document", "Script", "Stylesheet")
OURS = BASE.removeprefix(".")
FILES = ("page.js", "page.css", "replay.json")
CHART = "#lens-attention .plot svg text"


class Visit:
    """One opening of the page in a tab of its own, until its first chart is drawn."""

    def __init__(self, context: BrowserContext):
        page, kinds, self.sizes, self.asked = context.new_page(), {}, dict.fromkeys(KINDS, 0), set[str]()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["type"]}))
        wire.on("Network.loadingFinished", lambda event: self.count(kinds.get(event["requestId"]), event))
        page.on("request", lambda request: self.asked.add(re.sub(r"^\w+://[^/]+", "", request.url)))
        Screen(page).open()
        expect(page.locator(CHART).first).to_be_attached(timeout=60_000)
        page.wait_for_load_state("networkidle")
        page.close()

    def count(self, kind: str | None, event: dict) -> None:
        if kind in self.sizes:
            self.sizes[kind] += event["encodedDataLength"]


@pytest.fixture(scope="module")
def visits(browser, server, request) -> list[Visit]:
    """A first one and a second."""
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}) as page:
        return [Visit(page.context) for _ in range(2)]


def test_a_first_visit_fetches_little_and_a_second_hardly_anything(visits):
    first, second = (sum(visit.sizes.values()) for visit in visits)
    assert 200_000 < first < 650_000, visits[0].sizes
    assert 0 < second < 60_000, visits[1].sizes


def test_the_first_screen_takes_three_files_of_ours(visits):
    assert {path for path in visits[0].asked if path.startswith(OURS)} == {f"{OURS}{name}" for name in FILES}


@pytest.mark.expects_errors("Failed to load resource", "Failed to fetch dynamically imported module")
def test_parts_whose_script_does_not_come_say_so_in_their_places(page):
    page.route("**/page.js", lambda route: route.abort())
    page.goto("/")
    for part in ("#hd", "#tp", "#lens-attention"):
        expect(page.locator(part)).to_contain_text("could not be loaded", timeout=30_000)


def test_no_global_is_left_by_our_scripts(page):
    Screen(page).open()
    assert page.evaluate("typeof window.pg") == "undefined"
    assert page.evaluate(f"{imported('core/numbers.js')}.then(core => core.num(37056))") == "37,056"
