"""The learning lens: four charts that keep their zoom, each with its numbers as a table and a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.screen import SMALL, Screen, shared

CHARTS = ("Loss", "Accuracy", "Gradient norm", "Learning rate")


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """A small model, trained a little."""
    with shared(browser, server, request, **SMALL, lens="learning") as shown:
        shown.train(25)
        yield shown


def plot(screen: Screen, title: str) -> Locator:
    return screen.page.locator(".plot:visible", has=screen.page.get_by_role("heading", name=title, exact=True))


def ticks(screen: Screen) -> list[str]:
    """What stands along x below the first chart."""
    return [text for text in plot(screen, "Loss").locator('svg text[text-anchor="middle"]').all_text_contents() if text]


def test_four_charts_are_drawn_and_follow_the_run(screen):
    for title in CHARTS:
        expect(plot(screen, title).locator("svg text", has_text="step")).to_be_visible()
    drawn = plot(screen, "Loss").locator(".drawn")
    inked = "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
    assert drawn.locator("canvas").evaluate(inked) > 3
    said = drawn.get_attribute("aria-label")
    expect(drawn).not_to_have_attribute("aria-label", said)
    expect(screen.finding).not_to_be_empty()


def test_a_part_that_is_dragged_out_survives_new_values_until_the_whole_is_asked_for(screen):
    loss, mouse = plot(screen, "Loss"), screen.page.mouse
    box, before = loss.locator(".drawn").bounding_box(), ticks(screen)
    mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.3 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.7 * box["height"], steps=4)
    mouse.up()
    zoomed, step = ticks(screen), screen.step
    assert zoomed != before
    screen.reaches(step + 30)
    assert ticks(screen) == zoomed
    screen.pause()
    loss.get_by_role("button", name="Whole chart").click()
    expect(loss.get_by_role("button", name="Whole chart")).to_be_hidden()
    assert ticks(screen)[0] == "0"


def test_values_are_read_with_the_pointer_and_with_keys(screen):
    loss, card = plot(screen, "Loss"), plot(screen, "Loss").locator(".hover-card")
    box = loss.locator(".drawn").bounding_box()
    screen.page.mouse.move(box["x"] + 40, box["y"] + 100)
    expect(card).to_contain_text("train")
    expect(card).to_contain_text("held-out")
    screen.page.mouse.move(0, 0)
    expect(card).to_be_hidden()
    loss.locator(".drawn").focus()
    screen.page.keyboard.press("Home")
    expect(card).to_contain_text("step 0")
    screen.page.keyboard.press("ArrowRight")
    expect(card).to_contain_text("step 1")
    expect(screen.page.locator("#pg-live")).to_contain_text("step 1, train")
    screen.page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_curve_is_switched_off_and_on_by_its_name(screen):
    loss = plot(screen, "Loss")
    name = loss.get_by_role("button", name="train", exact=True)
    name.click()
    expect(name).to_have_attribute("aria-pressed", "false")
    loss.locator(".drawn").focus()
    screen.page.keyboard.press("Home")
    expect(loss.locator(".hover-card")).not_to_contain_text("train")
    name.click()
    expect(name).to_have_attribute("aria-pressed", "true")


def test_a_chart_fits_another_window_and_keeps_its_height(screen):
    drawn = plot(screen, "Loss").locator(".drawn")
    was = drawn.bounding_box()
    screen.page.set_viewport_size({"width": 1300, "height": 1200})
    screen.page.wait_for_function(f"document.querySelector('.charts canvas').width < {was['width']}")
    assert drawn.bounding_box()["height"] == was["height"]


def test_a_chart_is_saved_as_a_picture_and_taken_away_as_a_page(screen, browser):
    found = {}
    for entry in ("Picture as PNG", "Picture as SVG", "Numbers as CSV", "Interactive HTML"):
        plot(screen, "Loss").get_by_role("button", name="Export").click()
        with screen.page.expect_download() as coming:
            screen.page.get_by_role("menuitem", name=entry).locator("visible=true").click()
        found[coming.value.suggested_filename] = coming.value.path()
    assert set(found) == {"loss.png", "loss.svg", "loss.csv", "loss.html"}
    assert found["loss.png"].read_bytes()[1:4] == b"PNG"
    assert ">held-out<" in found["loss.svg"].read_text()
    assert "var(--" not in found["loss.svg"].read_text()
    assert found["loss.csv"].read_text().startswith("step,train,held-out")
    page = browser.new_page()
    page.set_content(found["loss.html"].read_text())
    expect(page.locator(".js-plotly-plot .legendtext")).to_have_text(["train", "held-out"])
    page.close()


def test_each_chart_has_its_numbers_as_a_table_and_a_file(screen):
    for title in CHARTS:
        found = plot(screen, title)
        found.get_by_role("button", name="Table").click()
        expect(found.locator("tbody tr").first).to_be_visible()
        with screen.page.expect_download() as coming:
            found.get_by_role("button", name="CSV").click()
        lines = coming.value.path().read_text().splitlines()
        assert len(lines) > 5, title
        assert lines[0].count(",") == lines[1].count(","), title


def test_the_validations_are_listed(screen):
    rows = screen.page.locator("#lenses .table-box:visible tbody tr")
    expect(rows.nth(1)).to_be_visible()
    assert rows.first.locator("td").all_inner_texts()[0] == "0"
