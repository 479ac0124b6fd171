"""Under each lens: links that try something out, and Python that gives the same numbers."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen, shared


def test_a_source_links_to_its_paper_and_a_link_sets_the_control_opens_its_panel_and_trains(page):
    screen = Screen(page).open()
    source = page.locator(".try:visible a[href^=https]").first
    expect(source).to_have_attribute("target", "_blank")
    page.locator(".try:visible").get_by_role("button", name="ALiBi").click()
    screen.is_("running")
    screen.reaches(1)
    expect(page.locator("#acc-position > button")).to_have_attribute("data-line", "ALiBi")
    expect(screen.control("position.kind").locator("select, .seg").first).to_be_visible()
    expect(page.locator("#cfg .chip[aria-pressed=true]")).to_have_count(0)


@pytest.fixture(scope="module")
def stepped(browser, server, request) -> Iterator[Screen]:
    """Two steps of a small model."""
    with shared(browser, server, request, **SMALL, lens="learning") as screen:
        for step in ("1", "2"):
            screen.bar.get_by_role("button", name="One step").click()
            expect(screen.bar.locator("[data-step]")).to_have_text(step)
        yield screen


@pytest.mark.parametrize("lens", ["learning", "attention", "predictions"])
def test_the_python_lines_run_and_give_the_numbers_on_the_screen(stepped, lens, capsys):
    screen, page = stepped, stepped.page
    screen.lens("Learning" if lens == "attention" else "Attention")
    screen.lens(lens.capitalize())
    screen.settles()
    expect(page.locator("#lenses").get_by_role("tab", name=lens.capitalize())).to_have_attribute(
        "aria-selected", "true"
    )
    code = page.locator(".python:visible pre")
    expect(code).to_contain_text("run.train(2)")
    names: dict = {}
    exec(code.inner_text(), names)
    assert names["run"].step == 2
    shown = float(screen.bar.locator("[data-loss]").inner_text())
    assert names["run"].history.metrics[-1].loss == pytest.approx(shown, abs=0.006)
    if lens == "attention":
        picture = page.locator("canvas.weights")
        expect(picture).to_have_attribute("aria-label", re.compile("at step 2\\b"))
        label = picture.get_attribute("aria-label")
        ((row, key, weight),) = re.findall(r"Row (\d+), .*? on key (\d+), .*?: ([\d.]+)$", label or "")
        assert names["weights_TS"].detach()[int(row), int(key)].item() == pytest.approx(float(weight), abs=0.006)
    if lens == "predictions":
        words, first = names["run"].task.vocabulary, page.locator(".examples li").first
        told = [words[i] for i in names["tokens"][0, :, 0].tolist()]
        shown_words = first.locator(".tk.answer .t").all_inner_texts()
        assert "".join(told).endswith("".join(shown_words))


def test_the_lines_are_copied(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    Screen(page).open()
    page.locator(".python:visible").get_by_role("button", name="Copy").click()
    expect(page.locator(".python:visible").get_by_role("button", name="Copied")).to_be_visible()
    assert "from playground.runs.run import Run" in page.evaluate("navigator.clipboard.readText()")
    assert json.dumps("induction").replace('"', "'") in page.evaluate("navigator.clipboard.readText()")
