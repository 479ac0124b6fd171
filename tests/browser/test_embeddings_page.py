"""The Embeddings page as a visitor uses it: training, choosing words, analogies, matrices, files, refusals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import watched
from tests.browser.screen import PATIENCE
from tests.browser.test_phone import fits
from tests.browser.test_theme import UNNAMED

READ = "Number(document.querySelector('.wordbar [data-words]').textContent.replaceAll(',', ''))"
PIXELS = """node => {
  const { data } = node.getContext("2d").getImageData(0, 0, node.width, node.height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) sum = (sum * 31 + data[i] + i) % 1e9;
  return sum;
}"""


def words(page: Page) -> int:
    return int(page.locator(".wordbar [data-words]").inner_text().replace(",", ""))


def row(page: Page, name: str) -> Locator:
    return page.locator(f".ctl[data-field='{name}']:visible")


def enter(page: Page, name: str, value: str) -> None:
    box = row(page, name).locator("input:not([type=range]), textarea").first
    box.fill(value)
    box.blur()


def arrive(page: Page) -> Page:
    page.set_default_timeout(PATIENCE)
    page.goto("/?at=embeddings")
    expect(page.locator(".near > .pt h2:visible")).to_contain_text("Nearest to")
    return page


@pytest.fixture(scope="module")
def opened(browser, server, request) -> Iterator[Page]:
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}) as page:
        yield arrive(page)


@pytest.fixture
def shown(opened: Page) -> Page:
    opened.get_by_role("tab", name="word2vec live").click()
    return opened


def test_training_moves_both_maps_and_stops_when_told(shown):
    bar, canvases = shown.locator(".wordbar"), shown.locator(".wordmap canvas")
    before = [canvas.evaluate(PIXELS) for canvas in canvases.all()]
    canvases.first.evaluate("node => { node.marked = true; }")
    bar.get_by_role("button", name="Train").click()
    expect(bar).to_have_attribute("data-state", "running")
    shown.wait_for_function(f"{READ} > 4000")
    bar.get_by_role("button", name="Pause").click()
    expect(bar).to_have_attribute("data-state", "paused")
    assert len(before) == 2
    for canvas, old in zip(canvases.all(), before, strict=True):
        shown.wait_for_function(f"([node, old]) => ({PIXELS})(node) !== old", arg=[canvas.element_handle(), old])
    assert canvases.first.evaluate("node => node.marked")
    shown.wait_for_timeout(300)
    stood = words(shown)
    shown.wait_for_timeout(500)
    assert words(shown) == stood


def test_a_live_pace_and_a_setting_that_waits(shown):
    bar = shown.locator(".wordbar")
    enter(shown, "model.epochs", "3")
    expect(bar.locator(".bar-wait")).to_contain_text("epochs 12 → 3")
    expect(row(shown, "model.epochs")).to_contain_text("The run has 12.")
    enter(shown, "pace", "")
    expect(row(shown, "pace").locator(".tag.live")).to_be_visible()
    expect(bar.locator(".bar-wait")).not_to_contain_text("pace")
    bar.get_by_role("button", name="Restart with it").click()
    expect(bar).to_have_attribute("data-state", "finished")
    expect(bar.locator(".bar-wait")).to_be_hidden()
    expect(shown.locator(".snug h1")).to_contain_text("of nearest neighbours share")
    shown.wait_for_function(f"{READ} > 60_000")


def test_a_word_is_found_by_typing_and_by_the_keyboard_and_an_unknown_one_named(shown):
    find = shown.get_by_role("searchbox", name="Find a word")
    find.fill("hors")
    find.press("Enter")
    expect(shown.locator(".near > .pt h2")).to_have_text("Nearest to “horse”")
    find.fill("unicorn")
    find.press("Enter")
    expect(shown.locator("[data-t=unknown]")).to_contain_text("'unicorn' does not occur often enough")
    shown.locator(".wordmap").first.focus()
    shown.keyboard.press("ArrowLeft")
    expect(shown.locator(".near > .pt h2")).not_to_have_text("Nearest to “horse”")
    expect(shown.locator("[data-t=unknown]")).to_be_hidden()
    shown.locator(".near .link").first.click()
    expect(shown.locator(".near details .table-box tbody tr").first).to_be_attached()


def test_analogies_are_answered_as_they_are_typed(shown):
    form, found = shown.locator(".abc"), shown.locator(".analogy .ranked").last
    for name, word in zip("abc", ("king", "father", "mother"), strict=True):
        form.locator(f"[name={name}]").fill(word)
    expect(found.locator("li")).to_have_count(5)
    expect(found.locator("li b").first).to_have_text(re.compile(r"^[−\d.]+$"))
    form.locator("[name=b]").fill("nobody")
    expect(shown.locator(".analogy .bad")).to_contain_text("'nobody' does not occur often enough")
    expect(found.locator("li")).to_have_count(0)


def test_the_same_numbers_as_a_table(shown):
    shown.locator("[data-t=view]:visible").get_by_role("button", name="Table").click()
    expect(shown.locator(".wordlab .twin tbody tr")).to_have_count(132)
    expect(shown.locator(".wordmap").first).to_be_hidden()
    shown.locator("[data-t=view]:visible").get_by_role("button", name="Picture").click()
    expect(shown.locator(".wordmap").first).to_be_visible()


@pytest.mark.parametrize(
    ("item", "first"),
    [
        ("skip-gram, word2vec text", r"132 16"),
        ("CBOW, vectors for", r"(\S+\t){15}\S+"),
        ("words for", "word\tcount\tclass"),
    ],
)
def test_files_are_saved(shown, tmp_path, item, first):
    shown.get_by_role("button", name="Export", exact=True).click()
    with shown.expect_download() as saved:
        shown.get_by_role("menuitem", name=item).click()
    saved.value.save_as(tmp_path / "file")
    lines = Path(tmp_path / "file").read_text("utf-8").splitlines()
    assert re.fullmatch(first, lines[0])
    assert len(lines) == 133 - ("vectors" in item)


def test_own_text_is_learned_and_a_thin_one_refused_beside_it(shown):
    bar = shown.locator(".wordbar")
    row(shown, "corpus").locator("select").select_option(label="own text")
    expect(row(shown, "text")).to_be_visible()
    bar.locator("[data-do=reset]").click()
    expect(row(shown, "text")).to_contain_text("There is no text yet")
    chooser = row(shown, "upload").locator("input[type=file]")
    chooser.set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"\x89PNG\x00\x01"})
    expect(row(shown, "upload")).to_contain_text("not plain text")
    text = "the moon and the tide. the tide and the shore. the shore and the moon. " * 30
    chooser.set_input_files({"name": "b.txt", "mimeType": "text/plain", "buffer": text.encode()})
    expect(row(shown, "upload")).to_contain_text("b.txt")
    bar.locator("[data-do=reset]").click()
    expect(shown.locator(".snug h1")).to_contain_text("5 words at random")
    bar.get_by_role("button", name="Train").click()
    expect(bar).to_have_attribute("data-state", "finished")
    expect(shown.locator(".snug h1")).to_contain_text("Nearest to")
    shown.locator(".try:visible").get_by_text("The first setting again").click()
    expect(bar).to_have_attribute("data-state", "running")
    bar.get_by_role("button", name="Pause").click()
    expect(row(shown, "text")).to_have_count(0)


def test_one_hot_against_dense(opened):
    opened.get_by_role("tab", name="One-hot or dense").click()
    box = opened.get_by_role("textbox", name="Words, parted")
    box.fill("dog, cat, unicorn, red")
    expect(opened.locator(".similar .bad:visible")).to_contain_text("“unicorn”")
    expect(opened.locator(".simgrid").first.locator(".ys .ax")).to_have_text(["dog", "cat", "red"])
    opened.locator(".simgrid .well").first.focus()
    opened.keyboard.press("ArrowRight")
    cards = opened.locator(".simgrid .hover-card")
    expect(cards.first).to_contain_text("0.00")
    expect(cards.last).to_contain_text("cat")
    opened.locator(".similar [data-t=view]").get_by_role("button", name="Table").click()
    expect(opened.locator(".similar .twin tbody tr")).to_have_count(3)
    assert opened.evaluate(UNNAMED) == []


def test_beside_each_tab_stand_only_settings_that_act_on_it(page):
    arrive(page)
    elsewhere = page.get_by_text("where its settings are")
    expect(row(page, "model.epochs")).to_be_visible()
    page.get_by_role("tab", name="What an input vector is made of").click()
    expect(elsewhere).to_be_visible()
    expect(row(page, "model.epochs")).to_have_count(0)
    page.get_by_role("tab", name="One-hot or dense").click()
    expect(page.get_by_text("The dense vectors are those of your run")).to_be_visible()
    expect(row(page, "model.epochs")).to_be_visible()
    expect(elsewhere).to_be_hidden()


def test_another_visitor_sees_nothing_of_it_and_a_reload_keeps_it(opened, page):
    arrive(page)
    assert words(page) == 0
    opened.reload()
    expect(opened.locator(".near > .pt h2:visible")).to_contain_text("Nearest to")
    opened.get_by_role("tab", name="word2vec live").click()
    opened.wait_for_function(f"{READ} > 0")


@pytest.mark.parametrize("scheme", ["dark"])
def test_on_a_phone_nothing_is_wider_and_the_button_stays_below(phone, scheme):
    arrive(phone)
    box = phone.locator(".wordbar").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] == pytest.approx(844, abs=2)
    fits(phone, 38)
    phone.locator(".wordbar").get_by_role("button", name="Settings").tap()
    expect(row(phone, "model.window")).to_be_visible()
    phone.get_by_role("button", name="Done").locator("visible=true").tap()
    phone.get_by_role("tab", name="One-hot or dense").tap()
    expect(phone.locator(".simgrid").first).to_be_visible()
    fits(phone, 38)
