"""What a browser fetches for the page: little, once, and all that the first screen needs at once."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from playground.components.static import BASE, COMPONENTS, imported
from tests.browser.conftest import watched
from tests.browser.screen import Screen

KINDS = ("Document", "Script", "Stylesheet")
OURS = BASE.removeprefix(".")
DATA = {f"{OURS}{path}" for path in ("vendor/plotly-cartesian.min.js", "replay.json")}
CHART = "#lens-attention .plot .main-svg"


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
        self.named = set(page.locator("link[rel=modulepreload]").evaluate_all("all => all.map(link => link.href)"))
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
    assert 200_000 < first < 1_200_000, visits[0].sizes
    assert 0 < second < 60_000, visits[1].sizes


def test_the_first_screen_waits_for_no_module_that_the_document_does_not_name(visits):
    named = {re.sub(r"^\w+://[^/]+", "", url) for url in visits[0].named}
    asked = {path for path in visits[0].asked if path.startswith(OURS)}
    assert asked - named == DATA | {f"{OURS}page.css"}


@pytest.mark.expects_errors("Failed to load resource", "Failed to fetch dynamically imported module")
def test_a_part_whose_module_does_not_come_says_so_in_its_place(page):
    page.route(f"**/{COMPONENTS['experts']}", lambda route: route.abort())
    screen = Screen(page).open()
    page.locator("#lenses [role=tab][data-tab-id=experts]").click()
    expect(page.locator("#lens-experts")).to_contain_text("could not be loaded")
    page.locator("#lenses [role=tab][data-tab-id=attention]").click()
    assert screen.page.locator("#lens-attention canvas").count()


def test_no_global_is_left_by_our_scripts(page):
    Screen(page).open()
    assert page.evaluate("typeof window.pg") == "undefined"
    assert page.evaluate(f"{imported('core/numbers.js')}.then(core => core.num(37056))") == "37,056"
