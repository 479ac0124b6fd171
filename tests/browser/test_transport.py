"""Play, pause, step and reset, by pointer and by key; whoever presses fast gets what they pressed last."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen, shared


@pytest.fixture(scope="module")
def opened(browser, server, request) -> Iterator[Screen]:
    with shared(browser, server, request, **SMALL) as shown:
        yield shown


@pytest.fixture
def screen(opened: Screen) -> Iterator[Screen]:
    """A small model, ready to train, and ready again for the next test."""
    opened.is_("ready")
    yield opened
    opened.page.keyboard.press("Escape")
    opened.page.evaluate("document.activeElement.blur()")  # or the next space would press the button in focus
    opened.page.keyboard.press("r")
    opened.rests()


def test_play_counts_up_and_pause_stops_the_counter(screen):
    first = screen.train(2)
    assert screen.reaches(first + 3) > first
    expect(screen.bar).to_contain_text("tokens/s")
    screen.bar.get_by_role("button", name="Pause").click()
    step = screen.rests()
    screen.page.wait_for_timeout(400)  # nothing may come after the pause
    assert screen.step == step
    expect(screen.bar.locator("[data-words]")).to_have_text("step · paused")


def test_each_step_is_one_update(screen):
    for n in (1, 2, 3):
        screen.bar.get_by_role("button", name="One step").click()
        expect(screen.bar.locator("[data-step]")).to_have_text(str(n))
    screen.is_("paused")


def test_reset_returns_to_step_0(screen):
    screen.train(2)
    screen.bar.get_by_role("button", name="Reset to step 0").click()
    screen.is_("ready")
    expect(screen.bar.locator("[data-step]")).to_have_text("0")


def test_the_keyboard_does_the_same(screen):
    press = screen.page.keyboard.press
    press("Space")
    screen.is_("running")
    screen.reaches(2)
    press("Space")
    step = screen.rests()
    press(".")
    expect(screen.bar.locator("[data-step]")).to_have_text(str(step + 1))
    press("r")
    screen.is_("ready")
    press("?")
    expect(screen.page.get_by_role("dialog", name="Keyboard")).to_be_visible()


@pytest.mark.parametrize(("presses", "state"), [(3, "running"), (4, "paused|ready")])
def test_of_many_fast_presses_the_last_one_wins(screen, presses, state):
    for _ in range(presses):
        screen.page.keyboard.press("Space")
    screen.is_(state)
    if state == "running":
        screen.reaches(screen.step + 2)
        screen.is_("running")
    else:
        step = screen.rests()
        screen.page.wait_for_timeout(400)
        assert screen.step == step


def test_a_finished_run_says_so_and_goes_on(page):
    screen = Screen(page).open(**{**SMALL, "training.steps": 5})
    screen.button.click()
    screen.is_("finished")
    expect(screen.bar.locator("[data-step]")).to_have_text("5")
    expect(screen.bar).to_contain_text("Everything stays open")
    expect(screen.button).to_have_text("Continue for 5")
    screen.button.click()
    screen.reaches(10)
    screen.is_("finished")


def test_a_diverged_run_is_explained_and_retried_with_half_the_rate(page):
    wild = {"training.lr": 1.0, "training.warmup": 0, "training.weight_decay": 3.0}
    screen = Screen(page).open(**SMALL, **wild)
    screen.button.click()
    screen.is_("diverged")
    note = screen.bar.locator(".banner")
    expect(note).to_contain_text("is not a finite number")
    expect(note).to_contain_text("A learning rate of 1 is too large for this model.")
    back = note.get_by_role("button", name="Look back at step")
    step = int(back.inner_text().rpartition(" ")[2])
    back.click()
    expect(screen.bar.locator("[data-step]")).to_have_text(str(step))
    screen.rests()
    note.get_by_role("button", name="Halve it to 0.5 and retry").click()
    screen.open_panel("training")
    expect(screen.control("training.lr").locator("input").first).to_have_value("0.5")
    expect(note).not_to_contain_text("A learning rate of 1 ")
