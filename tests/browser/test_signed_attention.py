"""Linear attention with rotated keys on the page: weights below zero are seen, said and saved as such."""

import csv
import re

from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen

LINEAR = {**SMALL, "preset": "induction", "model.attention.kind": "linear", "lens": "attention"}
TEAL = """([query, key]) => {
  const context = document.querySelector("canvas.weights").getContext("2d");
  return [...context.getImageData(key, query, 1, 1).data].slice(0, 3);
}"""


def test_weights_below_zero_hang_from_the_line_in_teal_and_keep_their_sign(page):
    screen = Screen(page).open(**LINEAR)
    for _ in range(2):
        screen.bar.get_by_role("button", name="One step").click()
    expect(screen.bar.locator("[data-step]")).to_have_text("2")
    screen.settles()
    expect(screen.page.locator(".lens-head:visible p")).to_contain_text("are not probability distributions")
    ticks = screen.page.locator(".tools .ticks:visible span").all_inner_texts()
    assert ticks[2] == "0"
    assert ticks[0] == ticks[4].replace("1", "−1").replace("2", "−2")
    expect(screen.tiles.first.locator(".cap2")).to_have_text(re.compile("^–\xa0bits"))
    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as coming:
        page.get_by_role("menuitem", name="CSV").click()
    rows = [*csv.DictReader(coming.value.path().read_text().splitlines())]
    lowest = min((row for row in rows if row["weight"]), key=lambda row: float(row["weight"]))
    query, key, weight = int(lowest["query"]), int(lowest["key"]), float(lowest["weight"])
    assert weight < -0.001
    well = page.locator(".mapbox .well")
    box, length = well.bounding_box(), max(int(row["key"]) for row in rows) + 1
    side = box["width"] / length
    well.click(position={"x": (key + 0.5) * side, "y": (query + 0.5) * side})
    expect(page.locator(".mapbox .hover-card b").last).to_have_text(re.compile(r"^−0\.\d+$"))
    expect(page.locator(".strip .c").nth(key)).to_have_attribute("aria-label", re.compile(r": −0\.\d+$"))
    expect(page.locator(".bars .is i").nth(key)).to_have_class("below")
    red, _, blue = page.evaluate(TEAL, [query, key])
    assert blue > red
