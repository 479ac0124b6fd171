"""The Intervene lens in a test's hands."""

import re

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen


def lens(screen: Screen) -> Locator:
    return screen.page.locator(".intervene")


def pick(screen: Screen, name: str, group: str = "Experiment") -> None:
    button = lens(screen).get_by_role("group", name=group, exact=True).get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    screen.settles()


def run(screen: Screen) -> None:
    lens(screen).locator(".run").click()
    expect(lens(screen).locator(".words")).to_contain_text(re.compile("Computed at step|too close"))
    expect(lens(screen).locator(".run")).to_have_text(re.compile("^Run"))


def cells(screen: Screen, title: str) -> Locator:
    section = lens(screen).locator(".heat").filter(has=screen.page.get_by_role("heading", name=title, exact=True))
    return section.get_by_role("gridcell")


def saved(screen: Screen, item: str) -> tuple[str, bytes]:
    """The name and the bytes of what Export saves."""
    with screen.page.expect_download() as download:
        lens(screen).get_by_role("button", name="Export", exact=True).click()
        lens(screen).get_by_role("menuitem", name=item).click()
    return download.value.suggested_filename, download.value.path().read_bytes()
