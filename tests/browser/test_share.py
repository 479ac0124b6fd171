"""A link carries what differs, and opening it restores it; a bad one is answered with a sentence."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen


def shared(screen: Screen) -> str:
    """Press Share and read the link."""
    link = screen.bar.get_by_role("textbox", name="Link")
    screen.bar.get_by_role("button", name="Share").click()
    expect(link).not_to_have_value("")
    expect(link).to_be_visible()
    return link.input_value()


def test_the_link_of_a_preset_names_the_preset_and_nothing_else(page):
    screen = Screen(page).open()
    page.locator("#cfg .chip[data-preset=sort]").click()
    screen.is_("running")  # the replay has steps too
    screen.reaches(1)
    screen.pause()
    assert dict(parse_qsl(urlsplit(shared(screen)).query)) == {"preset": "sort", "lens": "attention"}


def test_a_link_restores_preset_changes_lens_and_probe_elsewhere(page, browser, server):
    screen = Screen(page).open(**SMALL)
    page.locator(".tools [data-s=probe]").get_by_role("button", name="your own…").click()
    own = page.get_by_role("textbox", name="Your own probe")
    own.fill("lkjihgfedcba")
    own.press("Enter")
    expect(page.locator(".strip .t").first).to_have_text("l")
    screen.open_panel("attention")
    screen.pick("attention.kind", "GQA")
    expect(screen.control("model.attention.kv_heads")).to_be_visible()
    link = shared(screen)
    carried = dict(parse_qsl(urlsplit(link).query))
    assert carried["model.attention.kind"] == '"GQA"'
    assert carried["probe"] == "lkjihgfedcba"
    assert "model.layers" not in carried
    context = browser.new_context(base_url=server)
    other = Screen(context.new_page())
    other.page.goto(link)
    other.arrived().is_("ready")
    for accordion in ("model", "attention", "training"):
        line = page.locator(f"#acc-{accordion} > button").get_attribute("data-line")
        expect(other.page.locator(f"#acc-{accordion} > button")).to_have_attribute("data-line", line)
    expect(other.page.locator(".strip .t").first).to_have_text("l")
    context.close()


def test_a_link_opens_its_lens(page):
    screen = Screen(page).open(**SMALL, lens="predictions")
    expect(page.locator("#lenses").get_by_role("tab", name="Predictions")).to_have_attribute("aria-selected", "true")
    expect(screen.finding).to_contain_text("tokens right")


def test_a_bad_link_opens_with_a_sentence_and_what_was_good_in_it(page):
    bad = {
        "preset": "copy",
        "model.layers": 9999,
        "model.warp": 1,
        "training.lr": "fast",
        "task.length": 7,
        "lens": "x",
    }
    screen = Screen(page).open(**bad)
    banner = screen.bar.locator(".banner")
    expect(banner).to_contain_text("Layers")
    expect(banner).to_contain_text("Learning rate")
    expect(banner).to_contain_text("model.warp")
    expect(page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 7")
    screen.train(1)


def test_a_link_to_no_preset_says_so(page):
    screen = Screen(page).open(preset="<img src=x onerror=alert(1)>")
    expect(screen.bar.locator(".banner")).to_contain_text("does not exist; induction is shown")
    expect(page.locator("img[src=x]")).to_have_count(0)
    screen.train(1)


@pytest.mark.expects_errors("AbortError", "Connection errored out")
def test_a_panel_that_was_closed_stays_closed_after_a_reload(page):
    screen = Screen(page).open(**SMALL)
    screen.train(2)
    screen.pause()
    shared(screen)
    expect(screen.bar.locator(".share .panel")).to_contain_text("It opens these settings at step 0. The run itself")
    page.keyboard.press("Escape")
    page.reload()
    screen.arrived().is_("paused")
    page.wait_for_timeout(500)  # nothing may come after the first values
    expect(screen.bar.get_by_role("textbox", name="Link")).to_be_hidden()
