"""The Experts lens: loads, tokens and sums of a small mixture; experts removed and restored; tables and files."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.experts import MIXTURE, lens, pick
from tests.browser.screen import Screen, shared


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused."""
    with shared(browser, server, request, **MIXTURE) as shown:
        shown.train(12)
        shown.pause()
        yield shown


def numbers(screen: Screen) -> list[str]:
    return lens(screen).locator(".bar .num b").all_inner_texts()


def test_every_expert_has_a_bar_and_the_limit_a_line(screen):
    pick(screen, "Show", "Load")
    expect(lens(screen).locator(".bar")).to_have_count(8)
    assert sum(int(n.replace(",", "")) for n in numbers(screen)) == 2 * 8 * 24  # choices of the batch
    expect(lens(screen).locator(".vline.cap")).to_contain_text("capacity 36")
    expect(lens(screen).locator(".heat canvas")).to_have_attribute(
        "aria-label", re.compile(f"steps 1 to {screen.step}$")
    )
    expect(screen.finding).to_have_text(re.compile(r"experts of L1 are full; [\d.]+ % of the choices are dropped"))
    expect(lens(screen).locator(".eq")).to_contain_text("⌈ 2 × 192 ÷ 8 × 0.75 ⌉ = 36 slots per expert")


def test_layers_batch_and_probe_have_loads_of_their_own(screen):
    pick(screen, "Show", "Load")
    last = numbers(screen)
    pick(screen, "Layer", "0")
    assert numbers(screen) != last
    pick(screen, "Measured on", "probe")
    expect(lens(screen).locator(".o1 h2")).to_have_text("Load of the probe")
    expect(lens(screen).locator(".vline.cap")).to_be_hidden()  # the preset seats everyone when it is evaluated
    pick(screen, "Measured on", "training batch")
    pick(screen, "Layer", "1")
    assert numbers(screen) == last


@pytest.mark.parametrize(
    ("show", "said"),
    [
        ("Devices", "times the mean load"),
        ("Paths", "Expert paths across layers"),
        ("Ablate", "Removes one expert after another"),
    ],
)
def test_each_picture_is_shown_alone(screen, show, said):
    pick(screen, "Show", show)
    part = lens(screen).locator(f"[data-show={show.lower()}]")
    expect(part).to_be_visible()
    expect(part).to_contain_text(said)
    expect(lens(screen).locator("[data-show]:visible")).to_have_count(1)
    pick(screen, "Show", "Load")


def test_paths_are_drawn_over_the_whole_width(screen):
    pick(screen, "Show", "Paths")
    drawn = lens(screen).locator(".slot.paths .main-svg").first
    expect(drawn).to_be_visible()
    screen.page.wait_for_function(
        "() => Math.abs(document.querySelector('.slot.paths .main-svg').clientWidth"
        " - document.querySelector('.slot.paths .chart').clientWidth) < 2"
    )
    pick(screen, "Show", "Load")


def test_the_worth_of_every_expert_is_measured_at_a_press(screen):
    pick(screen, "Show", "Ablate")
    lens(screen).get_by_role("button", name="Measure every expert").click()
    cells = lens(screen).locator("[data-show=ablate] td [data-e]")
    expect(cells).to_have_count(16)
    cells.nth(5).click()
    pick(screen, "Show", "Load")
    expect(lens(screen).get_by_role("option", name=re.compile("^E5:"))).to_have_attribute("aria-selected", "true")


def test_a_click_on_a_bar_selects_it_and_a_key_removes_its_expert(screen):
    pick(screen, "Show", "Load")
    lens(screen).locator(".bar").nth(2).click()
    expect(lens(screen).locator(".bar.on")).to_have_attribute("title", re.compile("^E2: "))
    expect(lens(screen).get_by_role("button", name=re.compile("^Ablate E2"))).to_be_visible()
    screen.settles()
    expect(lens(screen).locator(".bar.on")).to_have_attribute("title", re.compile("^E2: "))  # the server agrees
    screen.page.keyboard.press("a")
    result = lens(screen).locator(".find")
    expect(result.locator("b")).to_have_text(re.compile(r"^Without L1 E2: loss [\d.]+ → [\d.]+, accuracy "))
    expect(result).to_contain_text("held-out examples")
    result.get_by_role("button", name="Restore").click()
    expect(result).to_be_hidden()


def test_all_tokens_are_sent_to_an_expert_and_return(screen):
    pick(screen, "Show", "Load")
    pick(screen, "Measured on", "probe")
    lens(screen).locator(".bar").nth(3).click()
    lens(screen).get_by_role("button", name="Send everything to it").click()
    result = lens(screen).locator(".find")
    expect(result.locator("b")).to_have_text(re.compile("^Everything to L1 E3: loss "))
    tokens = int(lens(screen).locator(".what").inner_text().split()[0].replace(",", ""))
    expect(lens(screen).locator(".bar").nth(3)).to_have_attribute("title", re.compile(f"^E3: {tokens:,} asked"))
    result.get_by_role("button", name="Restore").click()
    expect(result).to_be_hidden()
    pick(screen, "Measured on", "training batch")


def test_bars_are_walked_by_arrows_and_sorted_by_load(screen):
    pick(screen, "Show", "Load")
    lens(screen).locator(".bar").nth(0).click()
    names = lens(screen).get_by_role("listbox", name="Experts; arrows move")
    names.get_by_role("option").nth(0).press("ArrowDown")
    expect(names.get_by_role("option").nth(1)).to_be_focused()
    expect(names.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    sort = lens(screen).get_by_role("button", name="Sort by load")
    sort.click()
    loads = [int(n.replace(",", "")) for n in numbers(screen)]
    assert loads == sorted(loads, reverse=True)
    sort.click()
    expect(names.get_by_role("option").nth(0)).to_have_text("E0")


def test_a_token_tells_its_gates_and_seats_and_is_struck_out_without_one(screen):
    token, card = lens(screen).locator(".toks .tk"), lens(screen).locator(".hover-card.routed")
    token.first.hover()
    expect(card).to_contain_text("at position 0")
    expect(card).to_contain_text(re.compile(r"E\d gate [\d.]+, slot \d+ of 36"))
    dropped = lens(screen).locator(".toks .tk.drop").first
    expect(dropped).to_have_attribute("aria-label", re.compile(", dropped$"))
    dropped.hover()
    expect(card).to_contain_text("dropped")
    expect(card).to_contain_text("No slot")
    dropped.click()
    expert = dropped.locator("i").inner_text()
    expect(lens(screen).locator(".bar.on")).to_have_attribute("title", re.compile(f"^{expert}: "))


def test_arrows_walk_over_the_probabilities_of_the_router(screen):
    well, card = lens(screen).locator(".probs .well"), lens(screen).locator(".probs .hover-card")
    well.focus()
    well.press("ArrowRight")
    expect(card).to_have_text(re.compile(r"^E0, position 1\s+0\.\d\d$"))
    well.press("ArrowUp")  # there is no row above: the cell stays
    well.press("End")
    expect(card).to_contain_text("E0, position 23")
    well.press("Escape")
    expect(card).to_be_hidden()


def test_the_picture_has_a_twin_as_a_table(screen):
    screen.page.keyboard.press("t")
    rows = lens(screen).locator(".twin tbody tr")
    expect(rows).to_have_count(8)
    expect(lens(screen).locator(".bar").first).to_be_hidden()
    screen.page.keyboard.press("t")
    expect(lens(screen).locator(".bar").first).to_be_visible()


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"expert,asked for,taken")])
def test_the_picture_is_exported(screen, kind, start):
    lens(screen).get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_download() as coming:
        lens(screen).get_by_role("menuitem", name=kind).click()
    content = coming.value.path().read_bytes()
    assert content.startswith(start)
    assert coming.value.suggested_filename == f"experts-L1-batch-step-{screen.step}.{kind.lower()}"
    if kind == "CSV":
        rows = [*csv.reader(content.decode().splitlines())][1:]
        assert [row[0] for row in rows] == [f"E{e}" for e in range(8)]
        assert sum(int(row[1]) for row in rows) == 2 * 8 * 24


def test_looking_back_shows_loads_of_that_time_and_none_of_later(screen):
    slider = screen.bar.get_by_role("slider", name="Step shown")
    slider.press("Home")
    screen.is_("past")
    screen.settles()
    expect(lens(screen).locator(".bar")).to_have_count(8)
    expect(lens(screen).locator(".o5 .axrow")).to_contain_text("no update yet")
    screen.bar.get_by_role("button", name=re.compile("^Go to ")).click()
    screen.settles()
    expect(lens(screen).locator(".o5 .axrow")).to_contain_text(f"step {screen.step}")
