"""A run belongs to its tab: a reload keeps it running, who was away finds it paused; another tab has its own."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen

AWAY_MS = 7500  # longer than a reload may take (LEFT, in playground/pages/visitors.py), with the look that follows


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # the client's own words for a stream that is cut
def test_a_reload_keeps_the_run_running(page):
    screen = Screen(page).open(**SMALL)
    screen.train(3)
    before, line = screen.step, page.locator("#acc-model > button").get_attribute("data-line")
    page.reload()
    screen.arrived().is_("running")
    assert screen.reaches(before + 3) > before
    expect(page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 12")
    expect(page.locator("#acc-model > button")).to_have_attribute("data-line", line or "")
    step = screen.pause()
    page.reload()
    screen.arrived().is_("paused")
    assert screen.step == step


@pytest.mark.expects_errors("AbortError", "Connection errored out")
def test_who_went_away_finds_the_run_at_its_step_paused(page):
    """A tab that said goodbye and has not come back at once: its run is written down, and rests."""
    screen = Screen(page).open(**SMALL)
    screen.train(3)
    address, before = page.url, screen.step
    page.goto("about:blank")
    page.wait_for_timeout(AWAY_MS)
    page.goto(address)
    screen.arrived().is_("paused")
    step = screen.step
    assert step >= before
    expect(screen.bar.locator(".banner")).to_be_hidden()  # nothing went wrong, so nothing is said
    page.wait_for_timeout(400)  # it stays paused
    assert screen.step == step
    screen.train(step + 1)


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # a turn to a lens asks for its stream
def test_a_reload_keeps_edits_that_wait_and_the_lens(page):
    screen = Screen(page).open()
    page.locator("#cfg .chip[data-preset=copy]").click()
    screen.is_("running")  # the replay has steps too
    screen.reaches(1)
    screen.pause()
    screen.open_panel("model")
    screen.enter("model.layers", "3")
    expect(page.locator("#cfg .note")).to_contain_text("layers 2 → 3")
    screen.lens("Predictions")
    screen.settles()
    page.reload()
    screen.arrived().is_("paused|finished")  # a slow page's Pause may come after the last of 300 steps
    expect(page.locator("#cfg .note")).to_contain_text("layers 2 → 3")
    expect(page.locator("#lenses").get_by_role("tab", name="Predictions")).to_have_attribute("aria-selected", "true")
    expect(screen.finding).to_contain_text("tokens right")


def test_two_tabs_train_at_once_without_disturbing_each_other(page):
    first, second = Screen(page).open(**SMALL), Screen(page.context.new_page()).open(**{**SMALL, "preset": "reverse"})
    first.train(2)
    second.train(2)
    here, there = first.step, second.step
    first.reaches(here + 2)
    second.reaches(there + 2)
    first.pause()
    there = second.step
    second.reaches(there + 2)
    expect(first.page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 12")
    expect(second.page.locator("#acc-task > button")).to_have_attribute("data-line", "reverse · length 5")
    first.is_("paused")


def test_closing_a_tab_leaves_the_others_alone_and_a_new_tab_starts_afresh(page):
    closing = Screen(page.context.new_page()).open(**SMALL)
    closing.train(2)
    closing.page.close()
    fresh = Screen(page).open()
    fresh.is_("replay")
    fresh.train(1)


def test_turning_to_other_lenses_while_training_shows_each_of_them_live(page):
    screen = Screen(page).open(**SMALL)
    screen.train(2)
    for lens in ("Learning", "Predictions", "Attention", "Learning"):
        screen.lens(lens)
        screen.reaches(screen.step + 3)  # the number comes with the pictures of the lens in sight
    screen.pause()
    step = screen.step
    screen.settles()
    assert screen.step == step
