"""The Experts lens as a visitor uses it."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen

MIXTURE = {
    "preset": "collapse",
    "lens": "experts",
    "model.width": 16,
    "model.attention.heads": 2,
    "model.feed_forward.experts": 8,
    "model.feed_forward.hidden": 16,
    "model.feed_forward.devices": 2,
    "model.feed_forward.capacity.factor": 0.75,
    "task.length": 24,
    "training.batch": 8,
    "training.steps": 5000,
}
"""Small, and with fewer seats than choices."""


def lens(screen: Screen) -> Locator:
    return screen.page.locator(".experts")


def pick(screen: Screen, group: str, name: str) -> None:
    button = lens(screen).get_by_role("group", name=group, exact=True).get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    screen.settles()
