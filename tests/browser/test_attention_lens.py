"""The attention lens: any head large at one click, ablated and restored; one's own probe; pictures as tables and
files.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import SMALL, Screen, shared


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """A small model, trained a little and paused."""
    with shared(browser, server, request, **SMALL) as shown:
        shown.train(5)
        shown.pause()
        yield shown


def heading(screen: Screen) -> Locator:
    return screen.page.locator(".col-map .name h2")


def pattern(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text))


def test_a_click_on_a_head_shows_it_large_and_arrows_go_to_the_next(screen):
    for layer, head in ((0, 1), (1, 0)):
        tile = screen.page.locator(f".tile[data-l='{layer}'][data-h='{head}']")
        tile.click()
        expect(heading(screen)).to_have_text(f"L{layer} H{head}")
        expect(tile).to_have_attribute("aria-pressed", "true")
    screen.page.keyboard.press("ArrowRight")
    expect(heading(screen)).to_have_text("L1 H1")
    screen.page.keyboard.press("ArrowUp")
    expect(heading(screen)).to_have_text("L0 H1")
    screen.settles()
    expect(heading(screen)).to_have_text("L0 H1")  # the server agrees
    expect(screen.page.locator("canvas.weights")).to_have_attribute("aria-label", pattern("Weights of L0 H1 at step"))


def test_rows_and_keys_are_chosen_by_keyboard_and_pointer(screen):
    well, card = screen.page.locator(".mapbox .well"), screen.page.locator(".mapbox .hover-card")
    well.focus()
    well.press("Home")
    expect(screen.page.locator(".mapbox .xs .on")).to_have_text(
        screen.page.locator(".mapbox .xs .ax").first.inner_text()
    )
    chosen = "[...document.querySelector('.mapbox .ys').children].findIndex(each => each.classList.contains('on'))"
    before = screen.page.evaluate(chosen)
    well.press("ArrowDown")
    screen.page.wait_for_function(f"expected => {chosen} === expected", arg=before + 1)
    box = well.bounding_box()
    screen.page.mouse.move(box["x"] + 3, box["y"] + box["height"] - 3)
    expect(card).to_be_visible()
    expect(card).to_contain_text("(0)")


def test_a_head_is_ablated_and_restored(screen):
    tile, result = screen.page.locator(".tile[data-l='1'][data-h='1']"), screen.page.locator(".find")
    tile.click()
    screen.page.get_by_role("button", name="Ablate this head").click()
    expect(result.locator("b")).to_have_text(pattern("Without L1 H1: loss "))
    expect(result).to_contain_text("held-out examples")
    expect(tile).to_have_class(pattern("ablated"))
    expect(screen.finding).to_have_text(pattern("Without L1 H1: loss "))
    screen.page.get_by_role("button", name="Restore this head").click()
    expect(screen.page.get_by_role("button", name="Ablate this head")).to_be_visible()
    expect(result).to_be_hidden()
    screen.page.locator(".tile[data-l='0'][data-h='0']").click(button="right")
    expect(result.locator("b")).to_have_text(pattern("Without L0 H0: loss "))
    result.get_by_role("button", name="Restore").click()
    expect(result).to_be_hidden()


def test_the_visitors_own_probe_is_drawn_and_a_bad_one_is_answered_with_a_sentence(screen):
    probe, tokens = screen.page.locator(".tools [data-s=probe]"), screen.page.locator(".strip .t")
    probe.get_by_role("button", name="your own…").click()
    own = screen.page.get_by_role("textbox", name="Your own probe")
    own.fill("abcdefghijkl")
    own.press("Enter")
    expect(tokens.first).to_have_text("a")
    expect(tokens.nth(1)).to_have_text("b")
    own.fill("a ☃ b")
    own.press("Enter")
    bad = screen.page.locator(".tools .bad")
    expect(bad).to_contain_text("☃")
    expect(tokens.first).to_have_text("a")  # the picture stays
    probe.get_by_role("button", name="held-out").click()
    expect(bad).to_be_hidden()


def test_the_picture_has_a_twin_as_tables(screen):
    screen.page.get_by_role("button", name="Table", exact=True).first.click()
    twin = screen.page.locator(".twin[data-t=heads]")
    expect(twin.locator("tbody tr")).to_have_count(4)
    twin.get_by_role("button", name="entropy").click()
    expect(twin.locator("th").nth(3)).to_have_attribute("aria-sort", "ascending")
    bits = [float(text) for text in twin.locator("tbody td:nth-child(4)").all_inner_texts()]
    assert bits == sorted(bits)  # drawn together with the mark of the column
    screen.page.keyboard.press("t")
    expect(screen.page.locator(".mosaic")).to_be_visible()


@pytest.mark.parametrize(("kind", "start"), [("PNG", b"\x89PNG"), ("SVG", b"<svg"), ("CSV", b"layer,head,query")])
def test_the_picture_is_exported(screen, kind, start):
    screen.page.get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_download() as coming:
        screen.page.get_by_role("menuitem", name=kind).click()
    content = coming.value.path().read_bytes()
    assert content.startswith(start)
    assert len(content) > 1000
    assert coming.value.suggested_filename.startswith("attention-L")
