"""Looking back: the scrubber, the way to the newest step, the links to steps in a finding."""

import re

from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen


def test_the_scrubber_shows_the_past_and_one_button_returns(page):
    screen = Screen(page).open(**{**SMALL, "training.steps": 60})
    screen.button.click()
    screen.is_("finished")
    rail = screen.bar.get_by_role("slider", name="Step shown")
    box = rail.bounding_box() or {"width": 0.0, "height": 0.0}
    rail.click(position={"x": box["width"] / 2, "y": box["height"] / 4})
    screen.is_("past")
    screen.settles()
    assert 25 <= screen.step <= 35
    picture = page.locator(".mapbox canvas.weights")
    expect(picture).to_have_attribute("aria-label", re.compile(f"at step {screen.step}\\b"))
    newest = screen.bar.get_by_role("button", name="Go to 60")
    newest.click()
    screen.is_("finished")
    assert screen.step == 60
    expect(newest).to_be_hidden()


def test_the_keyboard_moves_through_the_run_and_play_goes_on_from_its_end(page):
    screen = Screen(page).open(**SMALL)
    screen.train(20)
    last = screen.pause()
    page.keyboard.press("Shift+ArrowLeft")  # to the mark before, or to the start
    screen.is_("past")
    screen.settles()
    slider = screen.bar.get_by_role("slider", name="Step shown")
    slider.press("Home")
    screen.settles()
    assert screen.step == 0
    expect(slider).to_have_attribute("aria-valuenow", "0")
    screen.button.click()
    screen.is_("running")
    assert screen.reaches(last + 1) > last


def test_a_finding_links_to_the_step_it_speaks_of(page):
    screen = Screen(page).open(preset="copy", lens="learning", **{"training.steps": 5000})
    screen.button.click()
    link = page.locator(".lens-head p:visible [data-do^='step:']")
    expect(link.first).to_be_visible(timeout=60_000)
    screen.pause()
    step = int(link.first.get_attribute("data-do").removeprefix("step:"))
    link.first.click()
    screen.is_("past")
    expect(screen.bar.locator("[data-step]")).to_have_text(f"{step - step % 10:,}")  # pictures are kept every ten steps
