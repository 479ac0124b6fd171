"""Controls: what waits for a restart, what acts at once, what is put back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen, shared


@pytest.fixture(scope="module")
def opened(browser, server, request) -> Iterator[Screen]:
    with shared(browser, server, request, **SMALL) as shown:
        yield shown


@pytest.fixture
def screen(opened: Screen) -> Iterator[Screen]:
    """A small model in training; a test puts its settings back."""
    opened.bar.get_by_role("button", name="Reset to step 0").click()  # or it might end during a test
    opened.is_("ready")
    opened.train(2)
    yield opened
    expect(opened.page.locator("#cfg .note")).to_be_hidden()


def test_an_edit_waits_for_a_restart_while_the_run_goes_on(screen):
    note = screen.page.locator("#cfg .note")
    screen.open_panel("model")
    row = screen.enter("model.layers", "3")
    expect(note).to_contain_text("1 change needs a restart: layers 2 → 3.")
    expect(row.locator(".msg")).to_contain_text("Running with 2. Restart with 3")
    expect(screen.page.locator(".card .to").first).to_contain_text("→")
    screen.reaches(screen.step + 2)
    screen.is_("running")
    note.get_by_role("button", name="Undo").click()
    expect(note).to_be_hidden()
    expect(row.locator("input").first).to_have_value("2")
    screen.reaches(screen.step + 2)


def test_restarting_with_it_applies_it(screen):
    note = screen.page.locator("#cfg .note")
    screen.open_panel("model")
    screen.enter("model.layers", "3")
    expect(note).to_be_visible()
    screen.reaches(screen.step + 1)
    note.get_by_role("button", name="Restart with it").click()
    expect(note).to_be_hidden()
    expect(screen.page.locator(".mosaic .side")).to_have_count(3)
    screen.is_("running")
    screen.reaches(1)
    screen.enter("model.layers", "2")
    note.get_by_role("button", name="Restart with it").click()
    expect(screen.page.locator(".mosaic .side")).to_have_count(2)


def test_the_learning_rate_acts_at_once_and_leaves_a_mark_and_one_if_dragged(screen):
    screen.open_panel("training")
    row = screen.enter("training.lr", "0.01")
    expect(row.locator(".tag.live")).to_be_visible()
    expect(screen.bar.locator(".mark").filter(has_text="learning rate")).to_contain_text("learning rate 0.005 → 0.01")
    expect(row.locator(".msg")).to_contain_text("was 0.005")
    expect(screen.page.locator("#cfg .note")).to_be_hidden()
    screen.reaches(screen.step + 2)

    slider = row.locator("input[type=range]")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    mouse, y = screen.page.mouse, box["y"] + box["height"] / 2
    mouse.move(box["x"] + 0.5 * box["width"], y)
    mouse.down()
    for share in (0.55, 0.6, 0.65, 0.7):
        mouse.move(box["x"] + share * box["width"], y)
    mouse.up()
    marks = screen.bar.locator(".mark", has_text="learning rate 0.01 →")
    expect(marks).to_have_count(1)
    screen.reaches(screen.step + 2)
    expect(marks).to_have_count(1)
    expect(screen.bar.locator(".mark", has_text="learning rate")).to_have_count(2)
    screen.enter("training.lr", "0.005")


def test_the_reset_button_returns_to_the_preset(screen):
    screen.open_panel("training")
    row = screen.enter("training.batch", "4")
    expect(screen.page.locator("#cfg .note")).to_contain_text("batch size 8 → 4")
    row.get_by_role("button", name="Reset Batch size").click()
    expect(row.locator("input").first).to_have_value("32")
    screen.page.locator("#cfg .note").get_by_role("button", name="Undo").click()
    expect(row.locator("input").first).to_have_value("8")


def test_another_variant_brings_its_own_fields(screen):
    screen.open_panel("attention")
    expect(screen.control("model.attention.kv_heads")).to_have_count(0)
    screen.pick("attention.kind", "GQA")
    expect(screen.control("model.attention.kv_heads")).to_be_visible()
    expect(screen.page.locator("#cfg .note")).to_contain_text("attention MHA → GQA")
    expect(screen.control("model.attention.heads").locator("input").first).to_have_value("2")  # kept
    screen.pick("attention.kind", "none")
    expect(screen.control("model.attention.heads")).to_have_count(0)
    screen.page.locator("#cfg .note").get_by_role("button", name="Restart with").click()
    expect(screen.finding).to_have_text("This model has no attention")
    screen.pick("attention.kind", "MHA")
    screen.enter("model.attention.heads", "2")
    screen.page.locator("#cfg .note").get_by_role("button", name="Restart with").click()
    expect(screen.tiles).to_have_count(4)


def test_before_the_first_step_an_edit_takes_effect_at_once(page):
    screen = Screen(page).open(**SMALL)
    screen.open_panel("model")
    screen.enter("model.layers", "1")
    expect(page.locator(".mosaic .side")).to_have_count(1)
    expect(page.locator("#cfg .note")).to_be_hidden()
