"""axe-core finds no serious fault on any page, lens or tab, and no lack of contrast on the first screen."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import Screen, shared
from tests.browser.test_theme import ground

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
CHECK = """async options => {
  const found = await axe.run("#app", { resultTypes: ["violations"], ...options });
  const serious = found.violations.filter(each => ["serious", "critical"].includes(each.impact));
  const faults = serious.flatMap(each => each.nodes.slice(0, 3).map(node => `${each.id}: ${node.html.slice(0, 140)}`));
  return { tried: found.passes.length, faults };
}"""
NAMES = {"runOnly": ["wcag2a", "wcag21a"], "rules": {"label-content-name-mismatch": {"enabled": True}}}
CONTRAST = {"runOnly": ["color-contrast"]}
PAGES = {
    "playground": "lenses",
    "compare": "",
    "positions": "position-tabs",
    "embeddings": "embedding-tabs",
    "checkpoints": "checkpoint-tabs",
}
SMALL = {"preset": "capacity", "model.width": 16, "model.attention.heads": 2, "training.batch": 4, "training.steps": 30}


def faults(page: Page, rules: dict[str, Any]) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate(CHECK, rules)
    assert found["tried"] > 0, "axe-core looked at the page"
    return found["faults"]


def tabs(page: Page, bar: str) -> Iterator[str]:
    """Turn to each tab of the page in sight, in their order."""
    if not bar:
        yield ""
        return
    every = page.locator(f"#{bar} [role=tab]")
    for i in range(every.count()):
        every.nth(i).click()
        expect(every.nth(i)).to_have_attribute("aria-selected", "true")
        page.locator(f"#{bar} [role=tabpanel]:visible h1:visible").first.wait_for()
        yield every.nth(i).inner_text()


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # of a page left in mid-stream
def test_no_page_lens_or_tab_has_a_serious_fault(page):
    screen = Screen(page).open(**SMALL)
    screen.button.click()
    screen.is_("finished|paused")
    found = {}
    for name, bar in PAGES.items():
        page.goto(f"/?at={name}")
        expect(page.locator(f"#{bar} [role=tab]" if bar else ".compare .cmp-bar").first).to_be_visible()
        for tab in tabs(page, bar):
            wrong = faults(page, NAMES)
            found |= {f"{name} {tab}": wrong} if wrong else {}
    assert not found, "\n".join(f"{where}: {fault}" for where, wrong in found.items() for fault in wrong)


@pytest.fixture(scope="module")
def first(browser, server, request) -> Iterator[Page]:
    """The first screen."""
    with shared(browser, server, request) as screen:
        yield screen.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_has_contrast(first, scheme):
    first.emulate_media(color_scheme=scheme)
    ground(first, dark=scheme == "dark")
    assert not faults(first, CONTRAST)


def test_a_fault_is_found(first):
    first.evaluate(
        "document.querySelector('#app').append(Object.assign(document.createElement('img'), { src: 'data:,' }))"
    )
    assert any(fault.startswith("image-alt") for fault in faults(first, NAMES))
