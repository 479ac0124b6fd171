"""The learning lens: four charts that keep their zoom, each with its numbers as a table and a file."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen, shared

CHARTS = ("Loss", "Accuracy", "Gradient norm", "Learning rate")


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """A small model, trained a little."""
    with shared(browser, server, request, **SMALL, lens="learning") as shown:
        shown.train(25)
        yield shown


def test_four_charts_are_drawn_and_follow_the_run(screen):
    plots = screen.page.locator(".charts .js-plotly-plot")
    expect(plots).to_have_count(len(CHARTS))
    for title in CHARTS:
        expect(screen.page.locator(".plot .pt h2", has_text=title)).to_be_visible()
    chart = screen.page.locator(".charts .chart").first
    said = chart.get_attribute("aria-label")
    expect(chart).not_to_have_attribute("aria-label", said)
    expect(screen.finding).not_to_be_empty()


def test_the_zoom_survives_new_figures(screen):
    plot = screen.page.locator(".charts .js-plotly-plot").first
    box = plot.locator(".nsewdrag").first.bounding_box()
    mouse = screen.page.mouse
    mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.3 * box["height"])
    mouse.down()
    mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    mouse.up()
    ranges = "document.querySelector('.charts .js-plotly-plot').layout.xaxis.range.map(Math.round)"
    screen.page.wait_for_function(f"{ranges}[0] > 0")
    zoomed, step = screen.page.evaluate(ranges), screen.step
    screen.reaches(step + 30)
    assert screen.page.evaluate(ranges) == zoomed
    screen.pause()


def test_charts_keep_their_height_in_another_window(screen):
    screen.is_("paused")  # a new figure would set it right again
    charts = screen.page.locator(".charts .chart")
    expect(charts.first.locator(".main-svg").first).to_be_visible()
    was = charts.first.bounding_box()
    screen.page.set_viewport_size({"width": 1300, "height": 1200})
    screen.page.wait_for_function(f"document.querySelector('.charts .main-svg').clientWidth < {was['width']}")
    assert [charts.nth(n).bounding_box()["height"] for n in range(len(CHARTS))] == [was["height"]] * len(CHARTS)


def test_each_chart_has_its_numbers_as_a_table_and_a_file(screen):
    for title in CHARTS:
        plot = screen.page.locator(".plot:visible", has=screen.page.get_by_role("heading", name=title, exact=True))
        plot.get_by_role("button", name="Table").click()
        expect(plot.locator("tbody tr").first).to_be_visible()
        with screen.page.expect_download() as coming:
            plot.get_by_role("button", name="CSV").click()
        lines = coming.value.path().read_text().splitlines()
        assert len(lines) > 5, title
        assert lines[0].count(",") == lines[1].count(","), title


def test_the_validations_are_listed(screen):
    rows = screen.page.locator("#lenses .table-box:visible tbody tr")
    expect(rows.nth(1)).to_be_visible()
    assert rows.first.locator("td").all_inner_texts()[0] == "0"
