"""The cost beside published models: a disclosure that stays open while the configuration changes."""

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_the_table_follows_the_configuration_and_is_exported(page):
    screen = Screen(page).open(**SMALL)
    table, line = page.locator(".published table"), page.locator(".published > summary")
    expect(table).to_be_hidden()
    line.press("Enter")
    gpt2, mine = table.get_by_role("row", name="GPT-2", exact=False).first, table.locator("tbody tr").first
    expect(gpt2).to_contain_text("124,439,808")
    expect(gpt2.get_by_title("284,812,800 FLOP")).to_have_text("285 M")
    expect(gpt2.get_by_role("link")).to_have_attribute("href", "https://cdn.openai.com/better-language-models/"
        "language_models_are_unsupervised_multitask_learners.pdf")  # fmt: skip
    expect(mine).to_contain_text("This configuration")
    screen.open_panel("model")
    numbers = mine.locator("td").nth(4)
    expect(numbers).to_have_text("64")  # keys and values of 2 layers, width 16
    screen.enter("model.layers", "3")
    expect(numbers).to_have_text("96")
    expect(table).to_be_visible()
    table.get_by_role("button", name="Parameters").click()
    table.get_by_role("button", name="Parameters").click()
    expect(table.locator("tbody tr").nth(1)).to_contain_text("DeepSeek-V3")
    expect(mine).to_contain_text("This configuration")
    with page.expect_download() as coming:
        page.locator(".published .csv").click()
    head, first, second, *_ = csv.reader(Path(coming.value.path()).read_text().splitlines())
    assert (first[0], first[4], second[:2]) == ("This configuration", "96", ["DeepSeek-V3", "671026404352"])
    assert head[2:5] == ["Active per token", "FLOPs per token", "KV numbers per token"]
    page.keyboard.press("Escape")
    expect(table).to_be_hidden()
    expect(line).to_be_focused()


def test_training_leaves_the_table_alone(page):
    screen = Screen(page).open(**SMALL)
    page.locator(".published > summary").click()
    screen.train(1)
    screen.settles()
    page.evaluate("""() => new MutationObserver(() => { window.touched = true; }).observe(
      document.querySelector('.published'), { childList: true, subtree: true, characterData: true })""")
    screen.reaches(screen.step + 20)
    assert page.evaluate("window.touched") is None
    expect(page.locator(".published table")).to_be_visible()


def test_on_a_phone_the_table_scrolls_inside_itself_in_both_schemes(phone):
    screen = Screen(phone).open(**SMALL)
    screen.bar.get_by_role("button", name="Configure").tap()
    phone.locator(".published > summary").tap()
    box = phone.locator(".published .table-box")
    expect(box).to_be_visible()
    for scheme in ("light", "dark"):
        phone.emulate_media(color_scheme=scheme)
        phone.wait_for_function(f"document.body.classList.contains('dark') === {str(scheme == 'dark').lower()}")
        box.evaluate("box => box.scrollTo(0, 0)")
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        assert phone.evaluate(SIDEWAYS) <= 0
        last = phone.locator(".published th").last
        box.evaluate("box => box.scrollIntoView()")
        box.evaluate("box => box.scrollTo(1e4, 0)")
        expect(last).to_be_in_viewport()
        expect(phone.locator(".published tr.mine td").first).to_be_in_viewport()  # the name stays beside its numbers
