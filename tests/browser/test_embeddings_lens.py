"""The Embeddings lens as a visitor uses it, and the tab that shows what an input vector is made of."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import SMALL, Screen, shared

WORDS = 30  # tokens of the copy task


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused, in another lens."""
    with shared(browser, server, request, **SMALL, lens="learning") as shown:
        shown.train(12)
        shown.pause()
        shown.lens("Embeddings")
        expect(shown.page.locator(".embeddings .map .words .on")).to_have_count(1)
        shown.settles()
        yield shown


def lens(screen: Screen) -> Locator:
    return screen.page.locator(".embeddings")


def pick(screen: Screen, group: str, name: str) -> None:
    button = lens(screen).get_by_role("group", name=group, exact=True).get_by_role("button", name=name, exact=True)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    screen.settles()


def heading(screen: Screen) -> Locator:
    return lens(screen).locator(".side h2")


def cosines(screen: Screen) -> list[float]:
    return [float(text.replace("−", "-")) for text in lens(screen).locator(".near .n span").all_inner_texts()]


def test_every_token_has_a_place_and_the_chosen_one_its_neighbours(screen):
    expect(lens(screen).locator(".map .dots circle")).to_have_count(WORDS)
    expect(lens(screen).locator(".map .words .on")).to_have_count(1)
    expect(lens(screen).locator(".map .words .near")).to_have_count(8)
    assert len(cosines(screen)) == 8
    assert cosines(screen) == sorted(cosines(screen), reverse=True)
    expect(lens(screen).locator(".how")).to_have_text(
        re.compile(
            r"^the plane of the first two principal components of step \d+, kept, shows [\d.]+ % of the variance in 16 "
            r"dimensions$"
        )
    )
    expect(screen.finding).not_to_be_empty()


def test_a_token_is_chosen_by_a_press_by_arrows_and_from_the_list(screen):
    lens(screen).locator(".map svg").focus()
    before = heading(screen).inner_text()
    for key in ("ArrowRight", "ArrowLeft", "ArrowUp"):
        screen.page.keyboard.press(key)
        screen.settles()
    expect(lens(screen).locator(".map .hover-card")).to_contain_text("length")
    moved = heading(screen).inner_text()
    assert moved != before
    first = lens(screen).locator(".near .n").first
    word = first.locator("b").inner_text()
    first.click()
    expect(heading(screen)).to_have_text(f"Nearest to token {word}")
    screen.settles()
    expect(heading(screen)).to_have_text(f"Nearest to token {word}")  # the server agrees
    expect(lens(screen).locator(".map .words .on")).to_have_text(word)
    screen.page.keyboard.press("Escape")


def test_positions_and_output_have_maps_of_their_own(screen):
    pick(screen, "Vectors", "Positions")
    expect(lens(screen).locator(".map .dots circle")).to_have_count(24)
    expect(lens(screen).locator(".map .joined polyline")).to_have_count(1)
    expect(heading(screen)).to_have_text(re.compile(r"^Nearest to position \d+$"))
    pick(screen, "Vectors", "Output")
    expect(lens(screen).locator(".map .dots circle")).to_have_count(WORDS)
    pick(screen, "Vectors", "Tokens")


def test_a_token_of_the_probe_is_followed_through_the_layers(screen):
    strip = lens(screen).locator(".strip")
    strip.locator("[data-i='5']").click()
    screen.settles()
    expect(lens(screen).locator(".way h2").first).to_have_text(re.compile(r"^Token 5, .+, through 2 layers$"))
    expect(lens(screen).locator(".pathmap .dots circle")).to_have_count(3)
    expect(lens(screen).locator(".layers tbody tr")).to_have_count(3)
    word = strip.locator("[data-i='5'] .t").inner_text()
    expect(heading(screen)).to_have_text(f"Nearest to token {word}")
    strip.locator("[data-i='5']").press("ArrowRight")
    expect(strip.locator("[data-i='6']")).to_have_attribute("aria-pressed", "true")
    expect(strip.locator("[data-i='6']")).to_be_focused()


def test_the_pictures_have_twins_as_tables(screen):
    screen.page.keyboard.press("t")
    expect(lens(screen).locator("[data-t=rows] tbody tr")).to_have_count(WORDS)
    expect(lens(screen).locator("[data-t=layers] tbody tr")).to_have_count(3)
    expect(lens(screen).locator(".map")).to_be_hidden()
    screen.page.keyboard.press("t")
    expect(lens(screen).locator(".map")).to_be_visible()


@pytest.mark.parametrize(
    ("item", "start"), [("Map as PNG", b"\x89PNG"), ("Map as SVG", b"<svg"), ("Way as PNG", b"\x89PNG")]
)
def test_the_pictures_are_exported(screen, item, start):
    lens(screen).get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_download() as coming:
        lens(screen).get_by_role("menuitem", name=item).click()
    assert coming.value.path().read_bytes().startswith(start)
    assert f"step-{screen.step}." in coming.value.suggested_filename


def test_the_numbers_are_exported(screen):
    lens(screen).get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_download() as coming:
        lens(screen).get_by_role("menuitem", name="Numbers as CSV").click()
    head, *rows = csv.reader(coming.value.path().read_text().splitlines())
    assert head == ["token", "x", "y", "length", "nearest", "cosine", "moved"]
    assert len(rows) == WORDS


def test_the_vectors_are_exported_for_the_projector(screen):
    files = []
    screen.page.on("download", lambda file: files.append(file))
    lens(screen).get_by_role("button", name="Export", exact=True).click()
    with screen.page.expect_event("download", lambda file: file.suggested_filename.endswith("-metadata.tsv")):
        lens(screen).get_by_role("menuitem", name=re.compile("^Vectors as TSV")).click()
    vectors, metadata = (file.path().read_text().splitlines() for file in files)
    assert [len(line.split("\t")) for line in vectors] == [16] * WORDS
    assert len(metadata) == WORDS + 1


def test_looking_back_shows_the_vectors_of_then(screen):
    screen.bar.get_by_role("slider", name="Step shown").press("Home")
    screen.is_("past")
    screen.settles()
    expect(lens(screen).locator(".g2 h2").first).to_have_text("Tokens at step 0")
    expect(screen.finding).to_have_text("Not trained yet: who is near whom is chance")
    expect(lens(screen).locator(".facts dd:not(.aside)").nth(1)).to_have_text("0 %")
    screen.bar.get_by_role("button", name=re.compile("^Go to ")).click()
    screen.settles()
    expect(lens(screen).locator(".g2 h2").first).to_have_text(f"Tokens at step {screen.step}")


def test_the_input_vector_is_taken_apart(screen):
    page, place = screen.page, lens(screen).locator(".strip [aria-pressed]").get_attribute("data-i")
    page.locator(".pages [data-page=embeddings]").click()
    page.get_by_role("tab", name="What an input vector is made of").click()
    shown = page.locator(".inputvector")
    expect(shown.locator(".row b").filter(has_text=re.compile("^[A-Z]"))).to_have_text(
        ["Token", "Position", "Sum", "After RMSNorm"]
    )
    expect(shown.locator("h1")).to_contain_text(f"at position {place} ")  # the token that the lens follows
    expect(shown.locator(".segment")).to_be_hidden()
    shown.locator(".strip [data-i='3']").click()
    expect(shown.locator("h1")).to_contain_text("at position 3")
    shown.locator(".well").first.hover()
    card = shown.locator(".hover-card")
    expect(card).to_contain_text("channel 8")
    token, position, total, _ = (float(b.replace("−", "-")) for b in card.locator("b").all_inner_texts())
    assert total == pytest.approx(token + position, rel=0.02, abs=0.02)
    shown.get_by_role("group", name="Show as").get_by_role("button", name="Table").click()
    expect(shown.locator(".twin tbody tr")).to_have_count(16)
    shown.get_by_role("group", name="Show as").get_by_role("button", name="Picture").click()
    page.locator(".pages [data-page=playground]").click()


def test_before_a_run_a_sentence_offers_one(browser, server, request):
    with shared(browser, server, request) as fresh:
        fresh.lens("Embeddings")
        expect(fresh.finding).to_have_text("No vectors yet: train a model, and its tokens move")
        fresh.page.locator(".embeddings").get_by_role("button", name="Train this model now").click()
        expect(fresh.page.locator(".embeddings .map .dots circle")).to_have_count(36)
        fresh.pause()
