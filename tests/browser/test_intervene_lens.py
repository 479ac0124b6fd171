"""The Intervene lens as a visitor uses it."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.interventions import cells, lens, pick, run, saved
from tests.browser.screen import SMALL, Screen, shared

HEADS, LAYERS, LENGTH = 2, 2, 24
INDUCTION = SMALL | {"preset": "induction"}


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused."""
    with shared(browser, server, request, **INDUCTION, lens="intervene") as shown:
        shown.train(12)
        shown.pause()
        yield shown


def test_every_head_gets_its_cost_and_a_cell_tells_it(screen):
    pick(screen, "What removing it costs")
    run(screen)
    heads = cells(screen, "Heads")
    expect(heads).to_have_count(LAYERS * HEADS)
    assert all(re.fullmatch(r"−?\d+\.\d\d\d?", text) for text in heads.all_inner_texts())
    heads.first.focus()
    screen.page.keyboard.press("ArrowRight")
    told = lens(screen).locator(".told").first
    expect(told).to_have_text(
        re.compile(r"^Without L0 H1: loss [+−][\d.]+ ± [\d.]+ nats, accuracy [+−][\d.]+ ± [\d.]+ points, 256 examples$")
    )
    screen.page.keyboard.press("ArrowDown")
    expect(told).to_have_text(re.compile("^Without L1 H1"))
    expect(lens(screen).locator(".basis")).to_contain_text("On 256 held-out examples; ± is the standard error")


def test_the_numbers_are_a_table_and_a_file(screen):
    pick(screen, "What removing it costs")
    if "Run again" not in lens(screen).locator(".run").inner_text():
        run(screen)
    pick(screen, "Table", "Show as")
    expect(lens(screen).locator(".twin tbody tr")).to_have_count(LAYERS * HEADS + 2 * LAYERS + 1)
    with screen.page.expect_download() as saved:
        lens(screen).locator(".twin .csv").click()
    rows = list(csv.reader(saved.value.path().read_text("utf-8").splitlines()))
    assert rows[0][:5] == ["part", "kind", "stack", "layer", "how"]
    assert rows[1][0] == "L0 H0"
    pick(screen, "Picture", "Show as")


def test_all_maps_are_saved_as_one_picture_that_says_what_it_rests_on(screen):
    pick(screen, "What removing it costs")
    if "Run again" not in lens(screen).locator(".run").inner_text():
        run(screen)
    name, svg = saved(screen, "Picture as SVG")
    assert re.fullmatch(r"intervene-costs-step-\d+\.svg", name)
    words = re.findall(r"<text[^>]*>([^<]*)</text>", svg.decode())
    assert {"Heads", "Whole parts", "L1", "H1", "head →", "self-attention"} <= set(words)
    assert words[-1].startswith(f"Step {screen.step}. On 256 held-out examples; ± is the standard error")
    assert not any("press" in each for each in words)
    assert svg.count(b"<rect") >= LAYERS * HEADS + 3 * (LAYERS + 1)
    name, png = saved(screen, "Picture as PNG")
    assert name.endswith(".png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_pressed_head_opens_in_the_attention_lens(screen):
    pick(screen, "What removing it costs")
    if "Run again" not in lens(screen).locator(".run").inner_text():
        run(screen)
    cells(screen, "Heads").nth(3).click()
    expect(screen.page.locator(".attention .name h2")).to_have_text("L1 H1")
    screen.settles()
    expect(screen.page.locator(".attention .name h2")).to_have_text("L1 H1")
    screen.lens("Intervene")


def test_the_logit_lens_and_the_rollout_show_a_cell_for_every_token(screen):
    pick(screen, "Logit lens")
    run(screen)
    rows = lens(screen).locator(".heat").get_by_role("rowheader")
    assert rows.all_inner_texts()[:3] == ["embedding", "L0", "L1"]
    pick(screen, "Rollout")
    run(screen)
    title = lens(screen).locator(".heat h2")
    lens(screen).locator(".strip .c").nth(5).click()
    expect(title).to_have_text(re.compile(r"^What position 5, .*, is made of$"))  # without another run
    expect(lens(screen).locator(".words")).not_to_contain_text("run it again")


def test_a_token_is_swapped_and_a_changed_input_asks_for_another_run(screen):
    pick(screen, "Swap a token")
    run(screen)
    expect(lens(screen).locator(".heat h2")).to_have_text("Predictions before and after")
    expect(lens(screen).locator(".bars .plot")).to_be_visible()
    lens(screen).get_by_role("combobox", name="to").select_option("g")
    expect(lens(screen).locator(".words")).to_contain_text("The inputs have changed since: run it again.")
    run(screen)
    expect(screen.finding).to_contain_text("g for ")


def test_patching_and_the_check_answer_in_words(screen):
    pick(screen, "Patch")
    run(screen)
    expect(screen.finding).not_to_be_empty()
    pick(screen, "Induction check")
    run(screen)
    expect(screen.finding).to_contain_text(re.compile("head|induction"))
    expect(lens(screen).locator(".basis")).to_contain_text("held-out examples, with standard errors")
    if lens(screen).locator(".bars .plot").is_visible():  # a head was found: the chart is what is saved
        assert saved(screen, "Picture as PNG")[1][1:4] == b"PNG"


def test_before_a_run_the_lens_trains_one(page):
    screen = Screen(page).open()
    screen.lens("Intervene")
    expect(screen.finding).to_have_text("Nothing to intervene on yet: train a model first")
    lens(screen).get_by_role("button", name="Train it now").click()
    screen.is_("running")
    expect(lens(screen).locator(".run")).to_have_text("Run")
    screen.pause()


@pytest.mark.parametrize("scheme", ["dark"])
def test_on_a_phone_nothing_is_wider_than_the_screen_and_training_goes_on(phone):
    screen = Screen(phone).open(**INDUCTION, lens="intervene")
    screen.button.click()
    screen.reaches(3)
    lens(screen).locator(".run").click()
    expect(cells(screen, "Heads")).to_have_count(LAYERS * HEADS)
    expect(lens(screen).locator(".run")).to_have_text("Run again")
    expect(lens(screen).locator(".words")).to_contain_text("The model is at step")
    assert phone.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    short = phone.evaluate(
        "[...document.querySelectorAll('.intervene :is(button, select)')].filter(b => b.offsetParent"
        " && b.getBoundingClientRect().height < 44).map(b => b.textContent)"
    )
    assert short == []
    cells(screen, "Heads").nth(1).tap()  # the first tap tells, the second opens
    expect(lens(screen).locator(".told").first).to_have_text(re.compile(r"^Without L0 H1: .* Tap again to open it\.$"))
    cells(screen, "Heads").nth(1).tap()
    expect(phone.locator(".attention .name h2")).to_have_text("L0 H1")
