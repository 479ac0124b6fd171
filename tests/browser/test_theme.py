"""Light and dark, and a name for everything that can be operated."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen

UNNAMED = """() => [...document.querySelectorAll('#app :is(button, a, input, select, textarea, [role=slider], canvas)')]
  .filter(node => node.checkVisibility() && !node.closest('[aria-hidden=true]'))
  .filter(node => !(node.getAttribute('aria-label') || node.textContent.trim() || node.title || node.labels?.length
    || node.closest('button') && node.closest('button').getAttribute('aria-label')))
  .map(node => node.outerHTML.slice(0, 120))"""


LUMINANCE = """getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/g).slice(0, 3)
  .reduce((sum, channel) => sum + Number(channel), 0) / 3"""
"""Brightness of the page's ground, 0 to 255."""


def ground(page, *, dark: bool) -> None:
    """Wait until the page's ground is dark, or until it is light."""
    page.wait_for_function(f"{LUMINANCE} {'<' if dark else '>='} 80")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_systems_scheme_is_followed_and_a_choice_survives_a_reload(page, scheme):
    screen = Screen(page).open()
    dark = scheme == "dark"
    ground(page, dark=dark)
    page.locator("#hd .wide[data-do=theme]").click()
    ground(page, dark=not dark)
    page.reload()
    screen.arrived()
    page.wait_for_function(f"document.body.classList.contains('dark') === {'false' if dark else 'true'}")
    ground(page, dark=not dark)


def test_everything_that_can_be_operated_is_reached_by_tab_and_has_a_name(page):
    """And the keyboard meets header, transport, configuration and lens in this order, and always shows where it is."""
    screen = Screen(page).open(**SMALL)
    met = []
    for _ in range(60):
        page.keyboard.press("Tab")
        met.append(page.evaluate("document.activeElement.closest('#hd, #tp, #cfg, #lenses')?.id ?? ''"))
    order = list(dict.fromkeys(each for each in met if each))
    assert order == ["hd", "tp", "cfg", "lenses"]

    screen.train(2)
    screen.pause()
    for panel in ("model", "attention", "position", "feed_forward", "task", "training"):
        screen.open_panel(panel)
        more = page.locator(f"#acc-{panel} details:not([open]) > summary")
        if more.count():
            more.click()
    for lens in ("Attention", "Learning", "Predictions"):
        screen.lens(lens)
        expect(screen.finding).not_to_be_empty()
        screen.settles()
        assert page.evaluate(UNNAMED) == []
