"""The server ends and comes back under an open page: the page says so, keeps its picture, and returns to its run."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screen import SMALL, Screen
from tests.serving import free_port, serving


@pytest.mark.expects_errors("Failed to load resource", "AbortError", "Connection errored out", "Failed to fetch")
@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_a_page_survives_its_server(browser: Browser, tmp_path, how):
    port, log, data = free_port(), tmp_path / "log.txt", tmp_path / "data"
    context = browser.new_context(base_url=f"http://127.0.0.1:{port}", viewport={"width": 1400, "height": 1000})
    try:
        with serving(log, data, port=port) as running:
            screen = Screen(context.new_page()).open(**SMALL)
            page = screen.page
            screen.train(5)
            before = screen.step
            getattr(running.process, how)()
            running.process.wait(30)
        told = page.get_by_text("The server does not answer. This is the last picture").locator("visible=true")
        expect(told).to_be_visible()
        expect(page.get_by_text("Attempting reconnection")).to_be_hidden()  # Gradio's, over the controls
        expect(screen.tiles.first).to_be_visible()
        expect(screen.bar.locator("[data-words]")).to_have_text("step · last known")
        words, rate = (screen.bar.locator(at).bounding_box() for at in ("[data-words]", "[data-rate]"))
        assert words["x"] + words["width"] <= rate["x"]  # no word over its neighbour
        assert screen.step >= before
        with serving(log, data, port=port):
            expect(told).to_be_hidden()
            said = re.compile(r"The server restarted: this is your run of \d\d:\d\d\.")
            expect(screen.bar.locator(".banner")).to_contain_text(said)
            screen.is_("paused")
            step = screen.step
            assert step >= before
            expect(page.locator("#acc-task > button")).to_have_attribute("data-line", "copy · length 12")
            screen.train(step + 2)
    finally:
        context.close()
