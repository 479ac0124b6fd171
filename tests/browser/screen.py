"""The Playground page as a visitor sees and uses it. Every wait is for something visible, with Playwright's own
patience.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from tests.browser.conftest import watched

PATIENCE = 60_000  # ms; nobody waits so long but a machine with many other things to do
SMALL = {"preset": "copy", "model.width": 16, "model.attention.heads": 2, "training.batch": 8, "training.steps": 5000}
"""A model that steps fast on a busy machine."""

PAUSE = """() => {
  const button = document.querySelector("#tp [data-do=toggle]");
  if (button.getAttribute("aria-label").startsWith("Pause")) button.click();
}"""

expect.set_options(timeout=PATIENCE)


@contextmanager
def shared(browser: Browser, server: str, request: pytest.FixtureRequest, **query: object) -> Iterator[Screen]:
    """One page for all tests of a module that leave it as they found it; opening a page is what takes the time."""
    with watched(browser, server, request.node, viewport={"width": 1400, "height": 1000}) as page:
        yield Screen(page).open(**query)


class Screen:
    """One open page. Names follow the page's regions: transport, configuration, lens."""

    def __init__(self, page: Page):
        self.page = page
        self.bar = page.locator("#tp .tp")
        self.button = page.locator("#tp [data-do=toggle]")
        self.finding = page.locator(".lens-head h1:visible").first
        self.tiles = page.locator(".mosaic .tile")
        page.set_default_timeout(PATIENCE)
        self.asked: set[object] = set()  # requests without an answer yet
        page.on("request", lambda request: self.asked.add(request) if "/run/" in request.url else None)
        self.answered = False  # whether this document has had an answer to such a request
        page.on("domcontentloaded", lambda _: setattr(self, "answered", False))
        page.on("requestfinished", lambda request: self.done(request))
        page.on("requestfailed", lambda request: self.asked.discard(request))

    def open(self, **query: object) -> Screen:
        """Open the page, with a link's settings if there are any, and wait for its first picture."""
        self.page.goto(f"/?{urlencode(query)}" if query else "/")
        return self.arrived()

    def arrived(self) -> Screen:
        """Wait until the page stands, and until the server has told it its run: a press before that is held, and after
        ten seconds it is let go at whatever is there.
        """
        expect(self.button).to_be_visible()
        expect(self.page.locator("#cfg .chip").first).to_be_attached()
        late = time.monotonic() + PATIENCE / 1000
        while not self.answered and time.monotonic() < late:
            self.page.wait_for_timeout(20)
        assert self.answered, "the server did not answer the page that opened"
        return self

    def done(self, request: Request) -> None:
        """A request is answered."""
        if request in self.asked:
            self.asked.discard(request)
            self.answered = True

    # ---- transport ----
    def is_(self, state: str) -> None:
        """Wait for a state of the transport; several may be given as "paused|past"."""
        expect(self.bar).to_have_attribute("data-state", re.compile(f"^({state})$"))

    @property
    def step(self) -> int:
        """The step shown."""
        return int(self.bar.locator("[data-step]").inner_text().replace(",", ""))

    def reaches(self, step: int) -> int:
        """Wait until the step shown is at least `step`; returns it."""
        said = "document.querySelector('#tp [data-step]').textContent.replaceAll(',', '')"
        self.page.wait_for_function(f"least => Number({said}) >= least", arg=step)
        return self.step

    def train(self, steps: int = 1) -> int:
        """Press the primary button and wait for that many steps; the run goes on."""
        self.button.click()
        self.is_("running|finished")
        return self.reaches(steps)

    def pause(self) -> int:
        """Stop, and wait until the server has said so; returns the step.

        Pressed inside the page: Playwright's own click first asks, frame by frame, whether the button stands still,
        and on a busy machine the run may end before the page has answered.
        """
        self.page.evaluate(PAUSE)
        return self.rests()

    def rests(self) -> int:
        """Wait until the newest press is answered: the counter stands still."""
        self.is_("paused|past|finished|ready|diverged")
        self.settles()
        return self.step

    def settles(self) -> None:
        """Wait until every short request is answered and what it brought is drawn."""
        # The page's own timers: on a busy machine it may not yet have come to the press, or to the answer.
        self.page.evaluate("() => new Promise(done => setTimeout(done, 70))")
        while self.asked:
            self.page.wait_for_timeout(20)
        self.page.evaluate("() => new Promise(done => setTimeout(() => requestAnimationFrame(done)))")

    # ---- configuration ----
    def open_panel(self, name: str) -> Locator:
        """Open an accordion of the configuration: model, attention, position, feed_forward, task, training."""
        panel = self.page.locator(f"#acc-{name}")
        head, rows = panel.locator("> button"), panel.locator(".ctl").first
        if not rows.is_visible():
            head.click()
        expect(rows).to_be_visible()
        return panel

    def control(self, name: str) -> Locator:
        """The row of a setting, by its dotted path ("kind" rows by their accordion: "attention.kind")."""
        if name.endswith(".kind"):
            row = self.page.locator(f"#acc-{name.removesuffix('.kind')} [data-field=kind]")
        else:
            row = self.page.locator(f"[data-field='{name}']:not(.file)")
        more = row.locator("xpath=ancestor::details[not(@open)]")
        if more.count():
            more.locator("> summary").click()
        return row

    def enter(self, name: str, value: str) -> Locator:
        """Type a value into a control and confirm it; returns the row."""
        row = self.control(name)
        box = row.locator("input:not([type=range]), textarea").first
        box.fill(value)
        box.blur()
        return row

    def pick(self, name: str, label: str) -> Locator:
        """Choose an option of a control; returns the row."""
        row = self.control(name)
        select = row.locator("select")
        if select.count():
            select.select_option(label=label)
        else:
            row.get_by_role("radio", name=label, exact=True).click()
        return row

    # ---- lens ----
    def lens(self, name: str) -> None:
        """Turn to Learning, Attention or Predictions."""
        self.page.locator("#lenses").get_by_role("tab", name=name).click()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()
