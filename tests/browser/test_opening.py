"""The first seconds: a picture that moves before anything is pressed, one obvious button, a light page."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Route, expect

from tests.browser.screen import SMALL, Screen

MOST_BYTES = 2_500_000
BLOCKED = """Object.defineProperty(window, "%s", { get() { throw new DOMException("denied", "SecurityError"); } })"""


@contextmanager
def standing_still(server: str) -> Iterator[None]:
    """The workers of a server take in what they are told and do nothing, until the end of the block."""
    port = urlsplit(server).port
    pids = {c.pid for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.laddr.port == port}
    workers = [child for pid in pids for child in psutil.Process(pid).children()]
    assert workers
    for worker in workers:
        worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGCONT)


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
    expect(page.locator(".plot svg text:visible").first).to_be_visible()
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


def test_whoever_leaves_before_the_run_is_there_gets_the_replay_back(page, server):
    """While the first model is built."""
    screen = Screen(page).open()
    with standing_still(server):  # both presses are there before anything is built
        screen.button.click()
        screen.is_("running")
        screen.button.click()
        screen.is_("paused")
        page.wait_for_timeout(300)
    screen.is_("replay")
    expect(screen.button).to_have_text("Train it now")
    step = screen.step
    page.wait_for_function(f"document.querySelector('#tp [data-step]').textContent !== '{step}'")
    screen.train(2)


@pytest.mark.parametrize("what", ["sessionStorage", "localStorage", "both"])
def test_a_link_works_where_the_browser_keeps_nothing(page, what):
    """As in a frame of another site, or with cookies blocked: every touch of the storage throws."""
    for each in ("sessionStorage", "localStorage") if what == "both" else (what,):
        page.add_init_script(BLOCKED % each)
    screen = Screen(page).open(**SMALL)
    screen.is_("ready")
    expect(page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 12")
    screen.train(2)
    assert screen.pause() >= 2
