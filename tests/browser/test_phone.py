"""390 px: the transport at the bottom, the configuration as a sheet, nothing wider than the screen, targets for
thumbs.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import watched
from tests.browser.screen import SMALL, Screen

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALLER = """least => [...document.querySelectorAll('#app button, #app [role=tab], #app summary')]
  .filter(node => node.checkVisibility({ opacityProperty: true, visibilityProperty: true }))
  .filter(node => !node.closest('.mosaic, .strip, th, .cells, p, .msg') && !node.matches('.link, .q, .rst'))
  .map(node => [node.getBoundingClientRect(), node])
  .filter(([box]) => box.width > 0 && box.height > 0 && box.height < least)
  .map(([box, node]) => `${Math.round(box.height)} ${node.outerHTML.slice(0, 100)}`)"""


def fits(page: Page, least: int) -> None:
    """Wait until nothing is wider than the screen and every target at least so many px high, or say what is not."""
    with suppress(TimeoutError):
        page.wait_for_function(f"least => {SIDEWAYS} <= 0 && !({SMALLER})(least).length", arg=least, timeout=10_000)
    assert page.evaluate(SIDEWAYS) <= 0
    assert page.evaluate(SMALLER, least) == []


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    size: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with watched(browser, server, request.node, **size) as page:
        shown = Screen(page).open(**SMALL)
        shown.train(2)
        shown.pause()
        yield shown


@pytest.mark.parametrize("lens", ["Learning", "Attention", "Experts", "Predictions"])
def test_no_lens_is_wider_than_the_screen_and_targets_fit_a_thumb(screen, lens):
    screen.lens(lens)
    expect(screen.finding).not_to_be_empty()
    screen.settles()
    fits(screen.page, 40)


def test_the_transport_stays_at_the_bottom(screen):
    for _ in range(2):
        box = screen.bar.bounding_box()
        assert box["y"] + box["height"] == pytest.approx(844, abs=2)
        expect(screen.button).to_be_in_viewport()
        screen.page.evaluate("scrollTo(0, 600)")
    screen.button.tap()
    screen.is_("running")
    screen.button.tap()
    screen.rests()


def test_the_configuration_is_a_sheet(screen):
    page, column = screen.page, screen.page.locator("#cfg")
    expect(column).to_be_hidden()
    screen.bar.get_by_role("button", name="Configure").tap()
    expect(column).to_be_visible()
    fits(page, 40)
    screen.open_panel("model")
    fits(page, 40)
    screen.enter("model.layers", "3")
    expect(page.locator("#cfg .note")).to_contain_text("layers 2 → 3")
    page.locator("#cfg .note").get_by_role("button", name="Undo").tap()
    column.get_by_role("button", name="Done").tap()
    expect(column).to_be_hidden()
    screen.bar.get_by_role("button", name="Configure").tap()
    page.keyboard.press("Escape")
    expect(column).to_be_hidden()


def test_the_menu_holds_what_the_header_has_no_room_for(screen):
    screen.page.get_by_role("button", name="Pages and help").tap()
    menu = screen.page.locator("#hd .menu")
    menu.get_by_role("button", name="Share").tap()
    expect(screen.page.get_by_role("textbox", name="Link")).to_be_visible()
    screen.page.keyboard.press("Escape")
