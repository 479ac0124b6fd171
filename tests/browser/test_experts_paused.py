"""A paused run: live settings redraw the Experts lens at once; what a probe and many experts need to be read."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.experts import MIXTURE, lens, pick
from tests.browser.screen import Screen, shared

MANY = {**MIXTURE, "model.feed_forward.experts": 64, "model.feed_forward.devices": 1}


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Paused after a step."""
    with shared(browser, server, request, **MANY) as shown:
        shown.bar.get_by_role("button", name="One step").click()
        expect(shown.bar.locator("[data-step]")).to_have_text("1")
        shown.settles()
        yield shown


def test_a_single_update_has_a_single_tick(screen):
    expect(lens(screen).locator(".o5 .axrow span")).to_have_text(["step 1"])


def test_a_live_change_redraws_the_probe_at_once(screen):
    pick(screen, "Measured on", "probe")
    what = lens(screen).locator(".what")
    expect(what).to_have_text(re.compile("× 2$"))
    expect(screen.finding).to_have_text(re.compile("^On the probe: "))
    screen.open_panel("router")
    screen.enter("model.feed_forward.router.k", "3")
    expect(what).to_have_text(re.compile("× 3$"))  # and no step was made
    expect(screen.bar.locator("[data-step]")).to_have_text("1")
    screen.enter("model.feed_forward.router.k", "2")
    expect(what).to_have_text(re.compile("× 2$"))


def test_the_slider_of_experts_per_token_ends_at_the_experts(screen):
    screen.open_panel("router")
    slider = screen.control("model.feed_forward.router.k").locator("input[type=range]")
    expect(slider).to_have_attribute("max", "64")
    screen.open_panel("feed_forward")
    screen.enter("model.feed_forward.experts", "6")
    expect(slider).to_have_attribute("max", "6")
    screen.enter("model.feed_forward.experts", "64")
    expect(slider).to_have_attribute("max", "64")


def test_of_many_experts_the_chosen_one_and_the_one_under_the_pointer_are_named(screen):
    pick(screen, "Show", "Load")
    names, bars = lens(screen).locator(".names .el b"), lens(screen).locator(".bar")
    expect(names.nth(8)).to_be_visible()
    expect(names.nth(21)).to_be_hidden()
    bars.nth(21).hover()
    expect(names.nth(21)).to_be_visible()
    bars.nth(19).click()
    bars.nth(40).hover()
    expect(names.nth(19)).to_be_visible()
    expect(names.nth(19)).to_have_text("E19")
    expect(names.nth(21)).to_be_hidden()


def test_the_probe_says_where_it_is_typed(screen):
    pick(screen, "Measured on", "training batch")
    hint = lens(screen).locator(".typed")
    expect(hint).to_be_hidden()
    pick(screen, "Measured on", "probe")
    hint.get_by_role("button", name="Attention lens").click()
    expect(screen.page.locator("#lenses").get_by_role("tab", name="Attention")).to_have_attribute(
        "aria-selected", "true"
    )
    screen.lens("Experts")
    expect(lens(screen).locator(".bar").first).to_be_visible()
