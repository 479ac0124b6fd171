"""The Compare page: add a variant, train both, pause, look back, read the pictures together, save, come back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.screen import PATIENCE

QUICK = "&preset=copy&model.width=16&model.attention.heads=2&training.batch=8&training.steps=40"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def opened(page: Page, query: str = "", variants: int = 3) -> Page:
    page.set_default_timeout(PATIENCE)
    page.goto(f"/?at=compare{query}")
    expect(page.locator(".cmp-bar")).to_be_visible()
    expect(page.locator(".cmp-pictures .var")).to_have_count(variants, timeout=60_000)
    return page


def is_(page: Page, state: str) -> None:
    expect(page.locator(".cmp-bar")).to_have_attribute("data-state", state, timeout=60_000)


def add(page: Page, at: str, value: str) -> None:
    page.get_by_role("button", name="Add a variant").click()
    page.locator(".add select[name=at]").select_option(at)
    box = page.locator(".add [name=value]")
    box.fill(value)
    page.locator(".add form button").click()


@pytest.mark.expects_errors("AbortError", "Connection errored out")  # the client's own words for a stream that is cut
def test_two_variants_of_the_run_train_together_are_looked_at_together_and_survive_a_reload(page):
    opened(page, QUICK)
    button, names = page.locator(".cmp-bar [data-do=toggle]"), page.locator(".var h2")
    page.get_by_role("button", name="The Playground's run").click()
    expect(names).to_have_text(["the run (base)"])
    expect(button).to_be_disabled()
    add(page, "model.layers", "999")
    expect(page.locator(".add .bad")).to_have_text("Layers lies between 1 and 12 on this page; got 999.")
    page.locator(".add [name=value]").fill("1")
    page.locator(".add form button").click()
    expect(page.locator(".add form")).to_be_hidden()
    expect(names).to_have_text(["the run (base)", "layers: 2 → 1"])
    button.click()
    is_(page, "finished")
    expect(page.locator(".cmp-results tbody tr")).to_have_count(2)
    expect(page.locator(".lens-head:visible h1")).not_to_have_text("Nothing trained yet")

    page.locator(".jm .well").first.hover(position={"x": 20, "y": 60})
    said = [text.split(":", 1) for text in page.locator(".jm .under").all_inner_texts()]
    assert said[0][1].split(":")[0] == said[1][1].split(":")[0]  # the same query and key in both
    assert said[0][0] == "L1 H0, step 40"
    assert said[1][0] == "L0 H0, step 40"
    lens = page.locator(".cmp-pictures [data-s=lens]")
    lens.get_by_text("Predictions").click()
    expect(page.locator(".picture table")).to_have_count(2)
    lens.get_by_text("Attention").click()
    expect(page.locator(".jm canvas.weights")).to_have_count(2)
    page.locator(".cmp-bar .scrub").press("Home")
    expect(page.locator(".jm .under").first).to_contain_text("step 0")
    expect(page.locator(".cmp-results .table-name")).to_have_text("Results at step 0")

    with page.expect_download() as download:
        page.get_by_role("button", name="Every update, CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("variant,seed,step,loss")
    assert len(lines) == 1 + 2 * 41

    page.reload()
    expect(names).to_have_text(["the run (base)", "layers: 2 → 1"])
    is_(page, "finished")
    button.click()  # again, from the beginning
    expect(page.locator(".cmp-bar")).to_have_attribute("data-state", re.compile("starting|running"))
    page.get_by_role("button", name="Remove 1").or_(page.locator("[data-leave='1']")).first.click()
    expect(names).to_have_text(["the run (base)"])
    is_(page, "ready")


def test_on_a_phone_the_bar_is_at_the_bottom_and_nothing_scrolls_sideways(phone):
    opened(phone)
    bar = phone.locator(".cmp-bar").bounding_box()
    assert bar["y"] + bar["height"] == pytest.approx(844, abs=1)
    assert phone.evaluate(SIDEWAYS) == 0
    small = """[...document.querySelectorAll('.cmp-bar button, .cmp-setup button, .cmp-pictures button')]
        .filter(b => b.offsetParent && b.getBoundingClientRect().height < 44).map(b => b.textContent || b.ariaLabel)"""
    assert phone.evaluate(small) == []
    phone.locator("[data-ready=active]").click()
    expect(phone.locator(".cmp-pictures .seg [data-id=experts]")).to_have_attribute("aria-pressed", "true")
