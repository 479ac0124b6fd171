"""Ways into the Experts lens: a preset, a link to a live setting, a dense model; and on a phone."""

import re

from playwright.sync_api import expect

from tests.browser.experts import MIXTURE, lens, pick
from tests.browser.screen import Screen

AUXILIARY = "model.feed_forward.balance.auxiliary"


def test_a_preset_of_mixtures_turns_to_its_lens(page):
    screen = Screen(page).open()
    page.locator("#cfg .chip[data-preset=collapse]").click()
    expect(page.locator("#lenses").get_by_role("tab", name="Experts")).to_have_attribute("aria-selected", "true")
    screen.is_("running")
    expect(lens(screen).locator(".bar")).to_have_count(16)
    screen.reaches(2)
    expect(lens(screen).locator(".o1 h2")).to_have_text(re.compile("^Load at step "))
    expect(screen.control(AUXILIARY)).to_be_visible()


def test_a_link_to_a_live_setting_acts_without_a_restart(page):
    screen = Screen(page).open(**MIXTURE)
    screen.train(3)
    page.locator("a[data-do]:visible", has_text="Auxiliary loss 0.1").click()
    before = screen.step
    expect(screen.bar.locator(".mark").filter(has_text="auxiliary loss")).to_contain_text("auxiliary loss 0 → 0.1")
    expect(screen.control(AUXILIARY).locator(".msg")).to_contain_text(re.compile(r"Changed at step \d+, was 0\."))
    expect(page.locator("#cfg .note")).to_be_hidden()
    screen.is_("running")
    assert before >= 3
    assert screen.reaches(before + 2) > before  # and not from the start again
    expect(lens(screen).locator(".eq")).to_contain_text("0.1 ×")
    screen.pause()


def test_a_dense_model_offers_a_link_that_makes_it_a_mixture(page):
    small = {"model.width": 16, "model.attention.heads": 2, "model.feed_forward.hidden": 16, "training.batch": 8}
    screen = Screen(page).open(preset="copy", lens="experts", **small)
    screen.train(2)
    expect(screen.finding).to_have_text("This model has no experts")
    expect(lens(screen).locator(".tools")).to_be_hidden()
    page.locator(".lens-head:visible a[data-do]", has_text="Make it a mixture").click()
    screen.is_("running")
    expect(lens(screen).locator(".bar")).to_have_count(8)
    expect(page.locator("#acc-feed_forward > button")).to_have_attribute("data-line", re.compile("^8 × "))
    screen.pause()


def test_a_phone_shows_it_without_scrolling_sideways(phone):
    screen = Screen(phone).open(**MIXTURE)
    screen.train(2)
    screen.pause()
    sideways = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    expect(lens(screen).locator(".bar")).to_have_count(8)
    for show in ("Devices", "Paths", "Ablate", "Load"):
        pick(screen, "Show", show)
        if show == "Paths":
            expect(lens(screen).locator(".slot.paths .main-svg").first).to_be_visible()
        phone.wait_for_function(f"{sideways} <= 0")
    lens(screen).locator(".toks .tk").first.tap()
    card = lens(screen).locator(".hover-card.routed")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
