"""Editing and patching a named place from the Intervene lens, as a visitor does."""

import csv
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.interventions import cells, lens, pick, run, saved
from tests.browser.screen import SMALL, Screen, shared

LAYERS, HEADS, NEURONS = 2, 2, 24


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """Trained a little and paused."""
    with shared(browser, server, request, **SMALL | {"model.feed_forward.hidden": NEURONS}, lens="intervene") as shown:
        shown.train(12)
        shown.pause()
        yield shown


def choice(screen: Screen, name: str) -> Locator:
    return lens(screen).get_by_role("combobox", name=name, exact=True)


def choose(screen: Screen, name: str, value: str) -> None:
    choice(screen, name).select_option(value)
    screen.settles()


def test_a_place_is_chosen_narrowed_and_edited(screen):
    pick(screen, "Edit a place")
    choose(screen, "Place", "attention.pattern")
    choose(screen, "Head", "1")
    choose(screen, "Put there", "example")
    choose(screen, "Position", "4")
    run(screen)
    expect(screen.finding).to_contain_text(
        re.compile(r"^L1 self-attention pattern, H1, at position 4 \(.\), given the")
    )
    told = lens(screen).locator(".lens-head p")
    expect(told).to_contain_text(re.compile(r"Loss [\d.]+ → [\d.]+ nats .* on \d+ scored tokens of 15 examples"))
    expect(lens(screen).locator(".heat h2")).to_have_text("Predictions before and after")
    expect(lens(screen).locator(".bars .plot")).to_be_visible()
    expect(lens(screen).locator(".basis")).to_contain_text("15 examples of the probe but example 1")
    name, numbers = saved(screen, "Numbers as CSV")
    rows = list(csv.reader(numbers.decode("utf-8-sig").splitlines()))
    assert name.startswith("edited-place")
    assert [c.replace(" ", "_") for c in rows[0]][:5] == [
        "position",
        "token",
        "target",
        "wanted_before",
        "wanted_after",
    ]
    python = screen.page.locator(".python:visible, pre:visible").first
    expect(python).to_contain_text('Patch("decoder", 1, "attention.pattern", at_BT, source=1, head=1)')


def test_a_neuron_is_a_number_within_its_bounds_and_keys_do_not_lose_the_place(screen):
    pick(screen, "Edit a place")
    choice(screen, "Place").focus()
    choose(screen, "Place", "feed_forward.post")
    expect(choice(screen, "Place")).to_be_focused()
    neuron = lens(screen).get_by_role("spinbutton", name=re.compile("^Neuron"))
    neuron.fill("999")
    neuron.press("Tab")
    expect(neuron).to_have_value(str(NEURONS - 1))
    absent = choice(screen, "Place").locator("option:disabled")
    expect(absent.filter(has_text="Router: gates")).to_have_text("Router: gates — no experts here")
    choose(screen, "Position", "all")
    choose(screen, "Put there", "mean")
    run(screen)
    expect(screen.finding).to_contain_text(
        f"L1 feed-forward neurons, neuron {NEURONS - 1}, set to the mean of the probe"
    )


def test_an_edit_that_changes_nothing_is_refused(screen):
    pick(screen, "Edit a place")
    choose(screen, "Place", "embedding")
    choose(screen, "Put there", "example")
    arrow = choice(screen, "Position").locator("option").filter(has_text="→").first.get_attribute("value")
    choose(screen, "Position", arrow or "")
    lens(screen).locator(".run").click()
    expect(lens(screen).locator(".words.bad")).to_contain_text("Nothing would change: what is put at decoder.embedding")


def test_a_place_is_patched_between_two_examples(screen):
    pick(screen, "Patch")
    choose(screen, "Place", "attention.q")
    choose(screen, "Corrupted prompt", "2")
    run(screen)
    words = lens(screen).locator(".words")
    if "too close" not in words.inner_text():
        expect(cells(screen, "By head: self-attention queries q")).to_have_count(LAYERS * HEADS)
        expect(lens(screen).locator(".basis")).to_contain_text("the corrupted one example 2")
    else:
        expect(words).to_contain_text("The logit difference is")
