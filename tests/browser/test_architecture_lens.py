"""The Architecture lens: blocks with their words, what the run measures, links to settings and lenses, table, phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import SMALL, Screen, shared

MODEL = {**SMALL, "lens": "architecture", "model.layers": 2, "model.topology": "encoder-decoder"}


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused."""
    with shared(browser, server, request, **MODEL) as shown:
        shown.train(6)
        shown.pause()
        yield shown


def lens(screen: Screen) -> Locator:
    return screen.page.locator("#lens-architecture .architecture")


def test_every_stack_is_drawn_with_what_the_run_measures(screen):
    text = lens(screen).locator("svg[role=group]")
    for words in ("Encoder", "Decoder", "MHA cross-attention", "Output matrix", "layer × 2", "adds a norm of"):
        expect(text).to_contain_text(words)
    assert not screen.page.locator("svg [d*=NaN], svg [y*=NaN]").count()


def test_a_block_says_what_it_does_and_arrows_move_through_all(screen):
    lens(screen).locator(".block[data-id='decoder.0.cross_attention']").click()
    expect(lens(screen).locator(".about h2")).to_have_text("MHA cross-attention")
    expect(lens(screen).locator(".about .does")).to_contain_text("The decoder reads the source")
    screen.page.keyboard.press("ArrowDown")
    expect(lens(screen).locator(".about h2")).to_have_text("RMSNorm")
    screen.page.keyboard.press("End")
    expect(lens(screen).locator(".about h2")).to_have_text("Output matrix")
    expect(lens(screen).locator(".block[data-id=head]")).to_be_focused()


def test_the_picture_follows_the_settings_before_any_restart_and_leads_to_them(screen):
    lens(screen).locator(".block[data-id='decoder.0.feed_forward']").click()
    lens(screen).get_by_role("button", name="Its settings").click()
    expect(screen.page.locator("#acc-feed_forward > button")).to_contain_class("open")
    screen.pick("feed_forward.kind", "MoE")
    expect(lens(screen).locator("svg[role=group]")).to_contain_text("Mixture of experts")
    expect(lens(screen).locator("svg[role=group]")).not_to_contain_text("adds a norm of")
    screen.page.get_by_role("button", name="Undo").click()
    expect(lens(screen).locator("svg[role=group]")).to_contain_text("adds a norm of")


def test_the_table_has_every_block_and_a_phone_has_one_column(screen):
    lens(screen).get_by_role("button", name="Table", exact=True).click()
    expect(lens(screen).locator(".twin tbody tr")).to_have_count(17)
    lens(screen).get_by_role("button", name="Picture", exact=True).click()
    screen.page.set_viewport_size({"width": 390, "height": 844})
    expect(lens(screen).locator("svg[role=group]")).to_be_visible()
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= 390
    screen.page.set_viewport_size({"width": 1400, "height": 1000})
    lens(screen).locator(".block[data-id='decoder.0.attention']").click()
    lens(screen).get_by_role("button", name="Attention lens").click()
    expect(screen.page.get_by_role("tab", name="Attention")).to_have_attribute("aria-selected", "true")
