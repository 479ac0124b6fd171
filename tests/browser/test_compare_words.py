"""The Compare page: a word of one's own, the pictures as a table and as files, a link to a comparison."""

import csv
import re
import struct
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_compare_page import is_, opened

OWN = {
    "compare": "own",
    "preset": "copy",
    "base": "base",
    "model.width": "16",
    "model.attention.heads": "2",
    "training.batch": "8",
    "training.steps": "20",
    "v1": '{"model.layers":1}',
}
MASKED = """() => {
    const [r, g, b] = document.querySelector('.jm canvas').getContext('2d').getImageData(7, 0, 1, 1).data;
    return Math.max(r, g, b) < 100; }"""


def linked(page: Page, variants: int, **more: str) -> Page:
    opened(page, "&" + urlencode(OWN | more), variants)
    return page


def looked_through(page: Page, word: str) -> None:
    page.locator(".word [data-k=edit]").click()
    page.get_by_role("textbox", name="Word for all pictures").fill(word)
    page.locator(".word form button").click()


def test_all_variants_are_seen_through_a_word_of_ones_own_as_pictures_table_and_files(page):
    linked(page, 2)
    page.locator(".cmp-bar [data-do=toggle]").click()
    is_(page, "finished")
    looked_through(page, "ab!")
    expect(page.locator(".word .bad")).to_contain_text("does not know '!'")
    expect(page.get_by_role("textbox", name="Word for all pictures")).to_have_value("ab!")  # nothing is lost
    page.get_by_role("textbox", name="Word for all pictures").fill("abca")
    page.keyboard.press("Enter")
    expect(page.locator(".word .box b")).to_have_text("abca")
    for i in range(2):
        expect(page.locator(".jm .ys").nth(i)).to_have_text("abca→abc")
        expect(page.locator(".jm .under").nth(i)).to_contain_text("step 20")
    scrub = page.locator(".cmp-bar .scrub")
    scrub.press("Home")
    expect(page.locator(".jm .under").first).to_contain_text("step 0, the task’s own word")
    expect(page.locator(".word .kept")).to_be_visible()
    expect(page.locator(".jm .ys").first).not_to_contain_text("abca")
    scrub.press("End")
    expect(page.locator(".jm .ys").first).to_have_text("abca→abc")

    page.get_by_role("button", name="Dark theme").first.click()
    expect(page.get_by_role("link", name="Compare", exact=True).first).to_have_attribute("aria-current", "page")
    page.wait_for_function(MASKED)  # the maps are painted anew, though no new picture came
    page.keyboard.press("t")
    rows = page.locator(".cmp-twin tbody tr")
    expect(rows).to_have_count(16)
    expect(rows.nth(15)).to_contain_text(re.compile(r"L0 H0\s*7 c"))
    expect(page.locator(".jm canvas").first).to_be_hidden()
    export = page.get_by_role("button", name="Export", exact=True).and_(page.locator(".cmp-pictures button"))
    export.click()
    with page.expect_download() as numbers:
        page.get_by_role("menuitem", name="Numbers as CSV").and_(page.locator(".cmp-pictures button")).click()
    lines = list(csv.DictReader(numbers.value.path().read_text().splitlines()))
    assert len(lines) == 2 * 8 * 8
    first = [line for line in lines if line["query"] == "3" and line["variant"] == lines[0]["variant"]]
    assert sum(float(line["weight"] or 0) for line in first) - 1 < 0.05  # a row of a softmax
    assert [line["weight"] == "" for line in first] == [False] * 4 + [True] * 4  # what is not visible is no number
    page.keyboard.press("t")
    export.click()
    with page.expect_download() as picture:
        page.get_by_role("menuitem", name="Pictures as PNG").and_(page.locator(".cmp-pictures button")).click()
    head = picture.value.path().read_bytes()[:24]
    assert head[1:4] == b"PNG"
    assert min(struct.unpack(">II", head[16:24])) > 400

    page.get_by_role("button", name="Task’s own").click()
    expect(page.locator(".jm .ys").first).not_to_contain_text("abca")


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # Gradio's, of a page left in mid-stream
def test_a_link_opens_the_comparison_says_what_is_bad_in_it_and_is_given_back(page):
    linked(page, 2, v2='{"model.layers":999}', seeds="3", match="parameters", word="abca")
    expect(page.locator(".var h2").first).to_have_text("base (base)")
    expect(page.locator(".cmp-main > .bad")).to_contain_text("Layers lies between 1 and 12 on this page; got 999.")
    expect(page.locator(".cmp-setup [data-s=seeds] [data-id='3']")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".word .box b")).to_have_text("abca")
    page.locator(".cmp-bar [data-do=share]").click()
    link = page.locator(".cmp-bar").get_by_role("textbox", name="Link")
    expect(link).to_have_value(re.compile("compare=own"))
    carried = dict(parse_qsl(urlsplit(link.input_value()).query))
    assert carried == {**OWN, "at": "compare", "match": "parameters", "seeds": "3", "word": "abca"}
    page.keyboard.press("Escape")
    page.locator("[data-ready=heads]").click()
    expect(page.locator(".var h2")).to_have_count(4)
    page.reload()
    expect(page.locator("[data-ready=heads]")).to_have_attribute("aria-pressed", "true")  # the address had its turn
