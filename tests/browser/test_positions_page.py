"""The Positions page: a link opens it, sliders move the picture, settings are kept and removed, errors stand beside."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import watched
from tests.browser.screen import PATIENCE

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(page: Page, query: str = "") -> Page:
    page.set_default_timeout(PATIENCE)
    page.goto(f"/?at=positions{query}")
    expect(page.locator("#position-tabs [data-tab-id=decay]")).to_be_visible()
    return page


def turn(page: Page, tab: str) -> None:
    page.locator(f"#position-tabs [data-tab-id={tab}]").click()


def title(page: Page):
    return page.locator(".lens-head h1:visible").first


def enter(page: Page, name: str, value: str) -> None:
    box = page.locator(f"[data-field='{name}'] .val input:visible")
    box.fill(value)
    box.blur()


@pytest.fixture(scope="module")
def page(browser, server, request) -> Iterator[Page]:
    """One page for the tests of this module, each of which leaves it at its first settings."""
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}) as shown:
        yield opened(shown)


@pytest.fixture(autouse=True)
def afresh(request) -> None:
    if "page" in request.fixturenames:
        shown = request.getfixturevalue("page")
        turn(shown, "decay")
        shown.get_by_role("button", name="Reset", exact=True).click()
        expect(title(shown)).to_have_text("RoPE weakens with distance, but not steadily")


def test_a_slider_moves_the_curve_and_the_sentence(page):
    said = page.locator(".lens-head p:visible").first
    expect(said).to_contain_text("falls by half within 16 tokens")
    slider = page.locator("[data-field='position.base'] input[type=range]")
    chart = page.locator(".drawn:visible").first
    expect(chart).to_have_attribute("aria-label", "RoFormer's bound: base 10,000 falls from 32.50 at 0 to 6.54 at 256")
    slider.focus()
    slider.press("ArrowLeft")
    expect(chart).to_have_attribute("aria-label", "RoFormer's bound: base 8,000 falls from 32.50 at 0 to 6.33 at 256")
    expect(page.locator("#position-scheme > button")).to_have_attribute("data-line", "base 8,000 · 128 channels")


def test_settings_are_kept_in_the_chart_and_removed(page):
    page.get_by_role("button", name="Keep this setting in the chart").click()
    enter(page, "position.base", "100")
    names = page.locator(".ov div span")
    expect(names).to_have_text(["base 100 (now)", "base 10,000"])
    expect(page.locator(".plot:visible").first.locator(".ends button", has_text="base 10,000")).to_be_visible()
    page.get_by_role("button", name="Remove base 10,000").click()
    expect(names).to_have_text(["base 100 (now)"])


def test_a_bad_value_has_its_sentence_beside_it_and_the_picture_stays(page):
    enter(page, "head_dim", "127")
    row = page.locator("[data-field=head_dim]")
    expect(row.locator(".msg")).to_contain_text("Head dimension 127 is odd, and RoPE rotates pairs of channels.")
    expect(page.locator(".plot:visible .pt span").first).to_contain_text("head dimension 128")
    enter(page, "head_dim", "64")
    expect(row.locator(".msg")).to_be_empty()
    expect(page.locator(".plot:visible .pt span").first).to_contain_text("head dimension 64")


def test_each_scheme_has_its_tabs(page):
    page.get_by_role("radio", name="ALiBi").click()
    expect(title(page)).to_have_text("ALiBi's penalty grows by 0.5 with each token, without end")
    turn(page, "relative")
    expect(title(page)).to_have_text("ALiBi: the score sees the distance, not the place")
    page.locator(".try:visible a", has_text="Learned").click()
    expect(title(page)).to_have_text("Learned: the same distance elsewhere, another score")
    turn(page, "scheme")
    expect(page.locator(".pgrid:visible")).to_have_count(2)
    page.get_by_role("radio", name="None").click()
    page.get_by_role("button", name="Look at RoPE").click()
    expect(title(page)).to_have_text("47 of 64 pairs never turn fully in 64 tokens")
    expect(page.locator(".plane svg")).to_be_visible()


def test_pairs_are_chosen_by_their_dial_and_positions_by_a_cell(page):
    turn(page, "scheme")
    page.locator(".dials:visible button", has_text="pair 26").click()
    expect(page.locator(".rotating:visible h2").nth(1)).to_have_text("Pair 26: two channels as a plane")
    cells = page.locator(".pgrid:visible", has_text="Pair 26 over queries and keys").locator(".well")
    cells.focus()
    cells.press("ArrowRight")
    expect(page.locator("[data-field=key] .val input")).to_have_value("13")


def test_turning_moves_both_hands_and_not_the_angle(page):
    first = page.locator(".dials:visible button").first
    hand, angle = first.locator(".hand.q"), "cos −0.96"  # 16 tokens apart, one radian each: cos 16 = -0.957659
    expect(first).to_contain_text(angle)
    before = hand.get_attribute("d")
    page.locator(".turn:visible").first.click()
    expect(hand).not_to_have_attribute("d", before or "")
    expect(first).to_contain_text(angle)
    page.locator(".turn:visible").first.click()
    expect(hand).to_have_attribute("d", before or "")


def test_numbers_are_listed_and_saved(page):
    turn(page, "scheme")
    matrix = page.locator(".pgrid:visible", has_text="The rotation as a matrix")
    matrix.get_by_role("button", name="Table").click()
    expect(matrix.locator("tbody tr")).to_have_count(16)
    with page.expect_download() as coming:
        matrix.get_by_role("button", name="CSV", exact=True).click()
    assert len(coming.value.path().read_text().splitlines()) == 17
    matrix.get_by_role("button", name="Table").click()
    for kind in ("PNG", "SVG"):
        matrix.get_by_role("button", name="Export").click()
        with page.expect_download() as coming:
            matrix.get_by_role("menuitem", name=kind).click()
        assert coming.value.suggested_filename.endswith(kind.lower())


def test_an_experiment_runs_streams_and_stops(page):
    turn(page, "cost")
    expect(page.locator("[data-field='position.base']")).to_be_hidden()
    enter(page, "longest", "256")
    bar = page.locator(".runbar:visible")
    bar.get_by_role("button", name="Run").click()
    expect(page.locator(".plot:visible h2").first).to_have_text("Time of one layer")
    expect(bar).to_contain_text("Done.")
    expect(page.locator(".trial-table:visible tbody tr").first).to_be_visible()
    turn(page, "convergence")
    bar.get_by_role("button", name="Run").click()
    expect(bar).to_contain_text("%")
    bar.get_by_role("button", name="Stop").click()
    expect(bar).to_contain_text("Stopped: these are the numbers so far.")


def test_a_link_brings_its_settings_and_says_what_it_left_out(browser, server, request):
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}) as shown:
        opened(shown, "&p.position.kind=ALiBi&p.tab=relative&p.heads=4&p.query=one")
        expect(shown.get_by_role("radio", name="ALiBi")).to_have_attribute("aria-checked", "true")
        expect(shown.locator("#position-scheme [data-field=heads] .val input")).to_have_value("4")
        expect(title(shown)).to_have_text("ALiBi: the score sees the distance, not the place")
        expect(shown.locator(".pg-cfg:visible .bad")).to_contain_text("It was left out.")


def test_a_phone_has_the_settings_in_a_sheet(browser, server, request):
    size: Any = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with watched(browser, server, request.node, **size) as shown:
        opened(shown)
        expect(title(shown)).to_contain_text("RoPE weakens")
        shown.wait_for_function(f"{SIDEWAYS} <= 0")
        expect(shown.get_by_role("radio", name="Shaw")).to_be_hidden()
        shown.locator("[data-do=sheet]:visible").tap()
        shown.get_by_role("radio", name="Shaw").tap()
        shown.locator("[data-do=done]:visible").tap()
        expect(title(shown)).to_contain_text("Shaw: from 16 tokens on")
        shown.wait_for_function(f"{SIDEWAYS} <= 0")
