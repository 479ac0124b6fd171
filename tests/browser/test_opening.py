"""The first seconds: a picture that moves before anything is pressed, one obvious button, a light page."""

import pytest
from playwright.sync_api import Route, expect

from tests.browser.screen import Screen

MOST_BYTES = 2_500_000


def test_a_stored_replay_moves_before_any_press_and_the_one_primary_button_says_train_it_now(page):
    screen = Screen(page).open()
    expect(screen.bar.locator(".tag.replay")).to_have_text("replay")
    expect(screen.tiles.first).to_be_visible()
    drawn = "document.querySelector('.mosaic canvas').toDataURL()"
    page.wait_for_function(f"before => {drawn} !== before", arg=page.evaluate(drawn))
    expect(screen.bar).to_contain_text("recorded, not running")
    primary = page.locator(".b.primary:visible")
    expect(primary).to_have_count(1)
    expect(primary).to_have_text("Train it now")


def test_training_replaces_the_replay_in_every_lens(page):
    screen = Screen(page).open()
    screen.train(3)
    expect(screen.bar.locator(".tag.replay")).to_be_hidden()
    step = screen.pause()
    for name in ("Learning", "Predictions", "Attention"):
        screen.lens(name)
        expect(screen.finding).not_to_be_empty()
    assert screen.step == step


@pytest.mark.parametrize("lens", ["Learning"])
def test_the_page_is_light(page, lens):
    """Everything that crosses the wire for the page and the lens that needs the charts."""
    session, sizes = page.context.new_cdp_session(page), []
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    screen = Screen(page).open()
    screen.lens(lens)
    expect(page.locator(".js-plotly-plot:visible").first).to_be_visible()
    screen.settles()
    assert 500_000 < sum(sizes) < MOST_BYTES


def test_a_press_before_the_server_has_answered_is_not_lost(page):
    """A link's configuration is on its way when the button is already there."""
    held: list[Route] = []
    page.route("**/run/predict*", lambda route: held.append(route))
    screen = Screen(page)
    page.goto("/?preset=copy&task.length=5")
    screen.button.click()
    while not held:
        page.wait_for_timeout(50)
    page.unroute("**/run/predict*")  # lets go what was held
    screen.is_("running")
    screen.reaches(1)
    expect(page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 5")


def test_whoever_leaves_before_the_run_is_there_gets_the_replay_back(page):
    """In the queue, or while the first model is built."""
    screen = Screen(page).open()
    page.route("**/queue/join*", lambda route: None)  # the stream that would build the run never comes
    screen.button.click()
    screen.is_("running")
    screen.settles()
    screen.button.click()
    screen.is_("replay")
    expect(screen.button).to_have_text("Train it now")
    step = screen.step
    page.wait_for_function(f"document.querySelector('#tp [data-step]').textContent !== '{step}'")
    page.unroute("**/queue/join*")
    screen.train(2)
