"""What cannot be is said in a sentence beside its control; nothing that was there is lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

RULES = {  # panel, control, typed, sentence
    "heads that do not divide the width": ("attention", "model.attention.heads", "6", "6 heads do not divide width 64"),
    "an odd head dimension with RoPE": (
        "attention",
        "model.attention.head_dim",
        "15",
        "RoPE rotates pairs of channels",
    ),
    "a width out of bounds": ("model", "model.width", "100000", "Width"),
    "no number": ("training", "training.lr", "fast", "fast is not a number here"),
    "NaN": ("training", "training.lr", "NaN", "is not a number here"),
    "an empty box": ("model", "model.layers", "", "Layers needs a number"),
    "a negative rate": ("training", "training.lr", "-1", "Learning rate lies between"),
    "a model too large for the page": ("model", "model.layers", "50", "Layers goes up to 12 on this page; got 50"),
}


@pytest.fixture(scope="module")
def shown(browser, server):
    """One page for all rules: a run in progress, which none of them may disturb."""
    context = browser.new_context(base_url=server, viewport={"width": 1400, "height": 1000})
    screen = Screen(context.new_page()).open(preset="induction", **{"training.steps": 5000})
    screen.train(1)
    yield screen
    context.close()


@pytest.mark.parametrize("rule", RULES)
def test_it_is_refused_beside_its_control_and_stays_in_the_box(rule, shown):
    panel, name, typed, sentence = RULES[rule]
    shown.open_panel(panel)
    row = shown.control(name)
    before = row.locator("input").first.input_value()
    shown.enter(name, typed)
    expect(row.locator(".msg")).to_contain_text(sentence)
    shown.reaches(shown.step + 1)  # the run goes on, and pictures arrive
    assert row.locator("input").first.input_value().replace(",", "") == typed
    expect(row.locator("input").first).to_have_attribute("aria-invalid", "true")
    expect(row.locator(".msg")).to_contain_text(sentence)
    shown.enter(name, before)
    expect(row.locator(".msg")).to_be_empty()
    expect(shown.page.locator("#cfg .note")).to_be_hidden()
    shown.is_("running")


def test_a_run_is_not_started_from_what_cannot_be(page):
    screen = Screen(page).open()
    screen.open_panel("attention")
    row = screen.enter("model.attention.heads", "6")
    expect(row.locator(".msg")).to_contain_text("6 heads do not divide width 64")
    screen.button.click()
    expect(screen.bar.locator(".banner")).to_contain_text("Not started: 6 heads do not divide width 64 evenly.")
    screen.enter("model.attention.heads", "8")
    expect(row.locator(".msg")).to_be_empty()
    screen.train(1)
    expect(screen.tiles).to_have_count(16)
    expect(screen.bar.locator(".banner")).to_be_hidden()
