"""The Positions lens: curves of every head, one head's scores and rotary pairs over the same axis, tables and files."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import SMALL, Screen, shared

ROPE = {**SMALL, "lens": "positions", "model.position.kind": "RoPE", "model.layers": 2, "task.length": 5}


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused."""
    with shared(browser, server, request, **ROPE) as shown:
        shown.train(12)
        shown.pause()
        yield shown


def lens(screen: Screen) -> Locator:
    return screen.page.locator("#lens-positions .positions")


def test_every_head_has_a_curve_and_one_is_drawn_large(screen):
    tiles = lens(screen).locator(".reach")
    expect(tiles).to_have_count(4)
    tiles.nth(1).click()
    screen.settles()
    expect(lens(screen).locator(".name h2")).to_have_text("L0 H1")
    expect(tiles.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(lens(screen).locator("[data-p=weights] svg path").first).to_be_attached()
    expect(lens(screen).locator("[data-p=scores] .pt")).to_contain_text("rotated q · k")
    expect(lens(screen).locator("[data-p=pairs] canvas")).to_be_visible()
    expect(lens(screen).locator(".meas dt")).to_have_count(5)
    expect(lens(screen).locator(".meas .aside").first).to_have_css("border-top-width", "0px")
    assert not screen.page.locator("svg path[d*=NaN]").count()


def test_the_pairs_stand_below_the_curves_of_their_distances(screen):
    canvas = lens(screen).locator("[data-p=pairs] canvas").bounding_box()
    labels = lens(screen).locator("[data-p=weights] svg text[text-anchor=middle]")
    first = labels.first.bounding_box()
    assert canvas
    assert first
    cell = canvas["width"] / 10  # 5 symbols, the sign, 4 symbols: distances 0 to 9
    assert first["x"] + first["width"] / 2 == pytest.approx(canvas["x"] + cell / 2, abs=1.5)


def test_arrows_move_between_heads_and_along_the_distances(screen):
    tiles = lens(screen).locator(".reach")
    tiles.nth(0).click()
    screen.settles()
    tiles.nth(0).focus()
    screen.page.keyboard.press("ArrowDown")
    screen.settles()
    expect(lens(screen).locator(".name h2")).to_have_text("L1 H0")
    stack, card = lens(screen).locator(".stack"), lens(screen).locator(".distances > .hover-card")
    stack.focus()
    screen.page.keyboard.press("ArrowRight")
    screen.page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("1 back")
    screen.page.keyboard.press("ArrowDown")
    expect(card).to_contain_text("pair 0, one turn in")
    screen.page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_the_table_has_the_numbers_and_the_file_too(screen):
    lens(screen).locator(".reach").nth(2).click()
    screen.settles()
    screen.page.locator(".lens-head h1:visible").first.click()
    screen.page.keyboard.press("t")
    rows = lens(screen).locator("[data-t=rows] tbody tr")
    expect(rows).to_have_count(10)
    expect(lens(screen).locator("[data-t=heads] tbody tr")).to_have_count(4)
    shown = [float(cell) for cell in rows.nth(0).locator("td").all_inner_texts()[:2]]
    with screen.page.expect_download() as coming:
        lens(screen).get_by_role("button", name="Export", exact=True).click()
        lens(screen).get_by_role("menuitem", name="CSV").click()
    found = [*csv.DictReader(coming.value.path().read_text().splitlines())]
    assert coming.value.suggested_filename == f"positions-L1-H0-step-{screen.step}.csv"
    assert [float(found[0][name]) for name in ("distance", "weight")] == pytest.approx(shown, abs=1e-4)
    for row in found:
        pairs = sum(float(value) for name, value in row.items() if name.startswith("pair "))
        assert pairs == pytest.approx(float(row["rotated q · k"]), abs=0.01)
    screen.page.keyboard.press("t")
    expect(rows.first).to_be_hidden()


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg")])
def test_the_picture_is_exported(screen, kind, start):
    lens(screen).get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_download() as coming:
        lens(screen).get_by_role("menuitem", name=kind).click()
    content = coming.value.path().read_bytes()
    assert content.startswith(start)
    assert b"var(--" not in content
    if kind == "SVG":
        assert b"What each rotary pair adds" in content


def test_without_a_head_the_others_are_measured(screen):
    lens(screen).locator(".reach").nth(0).click()
    screen.settles()
    lens(screen).get_by_role("button", name="Ablate this head").click()
    expect(lens(screen).locator(".find")).to_contain_text("Without L0 H0: loss")
    expect(screen.finding).to_have_text(re.compile("^Without L0 H0: "))
    lens(screen).get_by_role("button", name="Restore this head").click()
    expect(lens(screen).locator(".find")).to_be_hidden()


def test_looking_back_keeps_the_weights_and_says_where_the_scores_are(screen):
    slider = screen.bar.get_by_role("slider", name="Step shown")
    slider.press("Home")
    screen.is_("past")
    screen.settles()
    expect(lens(screen).locator(".shape")).to_contain_text("step 0, 1 example")
    expect(lens(screen).locator("[data-p=scores]")).to_be_hidden()
    lens(screen).locator(".scheme").get_by_role("button", name=re.compile("^Go to step")).click()
    screen.settles()
    expect(lens(screen).locator("[data-p=scores]")).to_be_visible()
    expect(lens(screen).locator(".shape")).to_contain_text("16 examples")


def test_it_moves_while_the_model_trains(page):
    screen = Screen(page).open(**{**ROPE, "model.position.kind": "ALiBi"})
    screen.train(3)
    curve = lens(screen).locator(".reach path.w").first
    before = curve.get_attribute("d")
    expect(curve).not_to_have_attribute("d", before or "")
    expect(lens(screen).locator("[data-p=scores] svg")).to_contain_text("ALiBi bias")
    expect(lens(screen).locator("[data-p=pairs]")).to_be_hidden()


def test_before_a_run_it_offers_to_train_one(page):
    screen = Screen(page).open()
    screen.lens("Positions")
    lens(screen).get_by_role("button", name="Train it now").click()
    screen.is_("running")
    expect(lens(screen).locator(".reach").first).to_be_visible()


def test_across_two_texts_there_is_no_distance_but_in_the_encoder_both_ways(page):
    few = {"preset": "topologies", "lens": "positions", "training.steps": 3, "training.batch": 4}
    screen = Screen(page).open(**few)
    screen.train(3)
    lens(screen).get_by_role("button", name="Cross").click()
    expect(screen.finding).to_have_text("Across two texts there is no distance")
    expect(lens(screen).locator(".all")).to_be_hidden()
    lens(screen).get_by_role("button", name="Encoder", exact=True).click()
    expect(lens(screen).locator("[data-p=weights]")).to_contain_text("ahead")


@pytest.mark.parametrize("scheme", ["dark"])
def test_on_a_phone_it_fits(phone):
    screen = Screen(phone).open(**ROPE)
    screen.train(2)
    expect(lens(screen).locator("[data-p=weights] svg")).to_be_visible()
    phone.wait_for_function("document.documentElement.scrollWidth === 390")
    small = [box["height"] for box in (each.bounding_box() for each in lens(screen).locator(".reach").all()) if box]
    assert min(small) >= 44
