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


def test_a_space_after_a_click_into_a_picture_still_trains(screen):
    screen.tiles.nth(1).click()
    screen.page.keyboard.press("Space")
    screen.is_("running")
    screen.page.keyboard.press("Space")
    screen.rests()
    screen.tiles.nth(0).focus()
    screen.page.keyboard.press("Shift+Tab")
    screen.page.keyboard.press("Tab")
    before = screen.step
    screen.page.keyboard.press("Space")  # reached by the keyboard, it is the tile's
    screen.page.wait_for_timeout(300)
    assert screen.step == before


def test_the_primary_button_shows_all_of_its_words_in_every_width(page):
    screen = Screen(page).open(**{**SMALL, "training.steps": 5})
    screen.button.click()
    screen.is_("finished")
    expect(screen.button).to_have_text("Continue for 5")
    page.evaluate("document.querySelector('#tp [data-do=toggle] span').textContent = 'Continue for 5,000'")
    inside = """() => {
      const keys = document.querySelector("#tp .keys").getBoundingClientRect();
      return [...document.querySelectorAll("#tp .keys .b:not([hidden])")].filter(b => b.offsetWidth).every(b => {
        const box = b.getBoundingClientRect();
        return b.scrollWidth <= b.clientWidth + 1 && box.right <= keys.right + 1 && box.left >= keys.left - 1;
      });
    }"""
    apart = """() => document.querySelector("#tp .keys").getBoundingClientRect().right
      <= document.querySelector("#tp .scrub").getBoundingClientRect().left"""
    for width in (960, 1024, 1200, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function(f"innerWidth === {width}")
        assert page.evaluate(inside), width
        assert page.evaluate(apart), width
        assert "5,000" in screen.button.inner_text()  # nothing has drawn it again


def test_a_notice_lies_over_the_page_and_goes_when_it_is_dismissed(screen):
    screen.train(2)
    screen.pause()
    top = screen.page.locator("#lenses").bounding_box()["y"]
    screen.bar.get_by_role("button", name="Fork").click()
    banner = screen.bar.locator(".banner")
    expect(banner).to_contain_text("fork of run")
    assert screen.page.locator("#lenses").bounding_box()["y"] == top
    banner.get_by_role("button", name="Dismiss").click()
    expect(banner).to_be_hidden()
