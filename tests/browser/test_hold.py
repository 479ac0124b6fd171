"""Pictures that are older than the bar says are dimmed and dated; a link's page shows no other run's pictures."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from playground.components.static import imported
from tests.browser.screen import SMALL, Screen, shared

FRAME = f"{imported('core/mount.js')}.then(core => core.drawView('transport', {{...%s, n: 'test'}}))"
RUNNING = (
    "{state: 'running', step: 40, last: 40, total: 100, marks: '[]', note: '', held: '', spark: '', answers: 1e15}"
)


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """A run that is paused: nothing but the tests draws on the bar."""
    with shared(browser, server, request, **SMALL) as shown:
        shown.train(2)
        shown.pause()
        shown.page.wait_for_timeout(500)  # a last frame may still be on its way
        yield shown


def test_what_is_built_quickly_is_not_announced(screen):
    card = screen.bar.locator(".hold")
    screen.page.evaluate(FRAME % f"{{...{RUNNING}, held: 'Building 2 layers.'}}")
    screen.page.wait_for_timeout(100)
    expect(card).to_be_hidden(timeout=1)
    screen.page.evaluate(FRAME % RUNNING)
    screen.page.wait_for_timeout(500)
    expect(card).to_be_hidden(timeout=1)


def test_a_model_that_takes_long_to_build_holds_the_last_picture_with_its_step(screen):
    card, step = screen.bar.locator(".hold"), screen.step
    screen.page.evaluate(FRAME % f"{{...{RUNNING}, held: 'Building 2 layers.'}}")
    expect(card).to_have_text(f"Showing step {step}. Building 2 layers.")
    expect(screen.page.locator(".mosaic-box")).to_have_css("opacity", "0.35")
    screen.page.evaluate(FRAME % RUNNING)
    expect(card).to_be_hidden()
    expect(screen.page.locator(".mosaic-box")).to_have_css("opacity", "1")


def test_silence_while_running_is_said_and_taken_back(screen):
    card = screen.bar.locator(".hold")
    screen.page.evaluate(FRAME % RUNNING)
    expect(card).to_have_text("Showing step 40. The server has been silent for 5 s.")
    screen.page.evaluate(FRAME % RUNNING)
    expect(card).to_be_hidden()


def test_a_link_shows_frames_and_not_the_replay_until_its_run_is_there(page):
    held = []
    page.route("**/run/predict*", lambda route: held.append(route))
    page.goto("/?preset=copy")
    bar = page.locator("#tp .tp")
    expect(bar.locator("[data-words]")).to_have_text("opening the link…")
    expect(bar.locator(".hold")).to_have_text("Building what the link says.")
    expect(bar.locator(".tag.replay")).to_be_hidden()
    expect(page.locator(".mosaic canvas").first).to_be_hidden()
    while not held:
        page.wait_for_timeout(50)
    page.unroute("**/run/predict*")  # lets go what was held
    expect(bar.locator("[data-words]")).to_have_text("step · ready")
    expect(bar.locator(".hold")).to_be_hidden()
    expect(page.locator(".mosaic canvas").first).to_be_visible()


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # of a page left in mid-stream
def test_who_turns_to_a_lens_before_the_server_has_answered_is_not_turned_back(page):
    screen = Screen(page).open(lens="experts", **SMALL)  # the server's answers say to which lens it has turned
    held = []
    page.route("**/run/predict*", lambda route: held.append(route))
    page.reload()
    learning = page.locator("#lenses [role=tab]", has_text="Learning")
    learning.click()
    expect(learning).to_have_attribute("aria-selected", "true")
    while not held:
        page.wait_for_timeout(50)
    page.unroute("**/run/predict*")
    screen.arrived()
    expect(page.locator(".plot:visible h2").first).to_have_text("Loss")
    expect(learning).to_have_attribute("aria-selected", "true")


def test_what_the_server_says_in_the_replay_stays_and_the_replay_stands_at_its_end_where_a_lens_shows_it(page):
    screen = Screen(page).open()
    page.keyboard.press("a")
    expect(screen.bar.locator(".banner")).to_contain_text("This is a stored replay.")
    page.wait_for_timeout(400)
    expect(screen.bar.locator(".banner")).to_contain_text("This is a stored replay.", timeout=1)
    screen.lens("Learning")
    screen.reaches(350)
    page.wait_for_timeout(400)
    assert screen.step == 350
    expect(screen.finding).to_contain_text("Learned")
