"""What a browser's six connections to a host are used for: a stream while something computes and is in sight."""

import pytest
from playwright.sync_api import Page, Request, expect

from playground.components.static import imported
from tests.browser.screen import SMALL, Screen

HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LET_GO_MS = 20_000
LINK = f"""{imported("core/bus.js")}.then(bus => {{ bus.press("transport", "link"); }})"""


class Streams:
    """The streams that a page holds."""

    def __init__(self, page: Page):
        self.page, self.open = page, set[Request]()
        page.on("request", lambda request: self.open.add(request) if "queue/data" in request.url else None)
        for over in ("requestfinished", "requestfailed"):
            page.on(over, lambda request: self.open.discard(request))

    def ends(self) -> None:
        """Wait until there is none."""
        for _ in range(LET_GO_MS // 100):
            if not self.open:
                return
            self.page.wait_for_timeout(100)
        raise AssertionError(f"still open: {[request.url for request in self.open]}")


@pytest.mark.expects_errors("AbortError", "Connection errored out")
def test_a_tab_in_which_nothing_computes_holds_no_connection(page):
    streams = Streams(page)
    screen = Screen(page).open(**SMALL)
    screen.train(3)
    assert streams.open
    screen.pause()
    streams.ends()
    step = screen.step
    screen.train(step + 2)  # and it is there again when it is wanted


@pytest.mark.expects_errors("AbortError", "Connection errored out")
def test_a_hidden_tab_holds_no_connection_and_its_run_goes_on(page):
    streams = Streams(page)
    screen = Screen(page).open(**SMALL)
    screen.train(3)
    page.evaluate(HIDE, True)
    streams.ends()
    screen.is_("running")
    expect(screen.bar.locator("[data-words]")).to_have_text("step · slower, as this tab is hidden")
    step = screen.step
    page.wait_for_timeout(1000)
    assert not streams.open
    page.evaluate(HIDE, False)
    screen.reaches(step + 5)
    expect(screen.bar.locator("[data-words]")).to_have_text("step · running")


@pytest.mark.expects_errors("AbortError", "Connection errored out")
def test_three_tabs_that_train_leave_room_for_more_and_the_fifth_is_told_why_it_lags(page):
    """A browser opens six connections to a host, for all its tabs together."""
    tabs = [Screen(page)] + [Screen(page.context.new_page()) for _ in range(4)]
    for screen in tabs[:3]:
        screen.open(**SMALL)
        screen.train(2)
    fourth = tabs[3].open(**{**SMALL, "preset": "reverse"})
    fourth.train(2)
    tabs[0].pause()
    tabs[0].is_("paused")
    tabs[0].train(tabs[0].step + 2)
    fifth = tabs[4].open(**SMALL)
    fifth.train(2)
    notice = fifth.page.locator("#pg-notice")
    expect(notice).to_contain_text("Four tabs of this browser are already watching a run")
    step = fifth.step
    fifth.reaches(step + 2)  # it asks from time to time
    fifth.pause()
    fifth.is_("paused")
    fifth.button.click()
    fifth.is_("running")
    tabs[1].page.close()
    expect(notice).to_be_hidden()
    fifth.reaches(fifth.step + 5)


SLOWED = """
  const quick = window.fetch;
  window.slow = {};  // event -> ms by which its next answer comes later
  window.fetch = async (url, options) => {
    const answer = await quick(url, options);
    const said = String(url).includes("/run/predict") && JSON.parse(options.body).event_data;
    const late = said && window.slow[said.event];
    if (late) { delete window.slow[said.event]; await new Promise(done => setTimeout(done, late)); }
    return answer;
  };
"""


def test_an_answer_that_was_overtaken_is_made_up_for_even_if_what_makes_up_for_it_is_overtaken_too(page):
    page.add_init_script(SLOWED)
    screen = Screen(page).open(**SMALL, lens="learning")
    for step in ("1", "2"):
        screen.bar.get_by_role("button", name="One step").click()
        expect(screen.bar.locator("[data-step]")).to_have_text(step)
    screen.settles()
    page.evaluate("window.slow = { turn: 4000, whole: 4000 }")
    screen.lens("Attention")
    page.evaluate(LINK)  # its answer overtakes the turn's: a whole picture is asked for
    page.wait_for_function("!('whole' in window.slow)")
    page.evaluate(LINK)  # and this one's overtakes the whole picture
    expect(page.locator(".python:visible pre")).to_contain_text("run.train(2)")
