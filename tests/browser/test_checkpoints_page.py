"""The Checkpoints page in use: open a folder, type a text, look at a head, go on with a text, be refused."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import watched
from tests.browser.screen import PATIENCE
from tests.playground.tiny import checkpoint
from tests.serving import serving


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(checkpoint(tmp_path_factory.mktemp("checkpoint") / "tiny"))


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory, folder, request) -> Iterator[Page]:
    """On a machine of one's own, with a checkpoint open."""
    place = tmp_path_factory.mktemp("own")
    with (
        serving(place / "log.txt", place / "data", environment={"PLAYGROUND_HOSTED": "0"}) as running,
        watched(browser, running.url, request.node, viewport={"width": 1400, "height": 1000}) as page,
    ):
        page.set_default_timeout(2 * PATIENCE)
        page.goto("/?at=checkpoints")
        look(page, folder)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(lens(page, "attention").locator(".mosaic .tile")).to_have_count(12, timeout=2 * PATIENCE)
        yield page


def look(page: Page, name: str) -> None:
    page.get_by_label("Repository of the Hub, or folder").fill(name)
    page.get_by_role("button", name="Look", exact=True).click()


def lens(page: Page, name: str) -> Locator:
    return page.locator(f"#checkpoint-lens-{name}")


def turn(page: Page, name: str) -> Locator:
    page.locator(f"#checkpoint-tabs [role=tab][data-tab-id={name}]").click()
    return lens(page, name)


def read(page: Page, text: str) -> None:
    page.get_by_label("Text that the checkpoint reads").fill(text)
    page.get_by_role("button", name="Read", exact=True).click()


def test_what_is_open_says_what_it_is(page, folder):
    card = page.locator(".checkpoint [data-t=open]")
    expect(card.locator("h3")).to_have_text(folder)
    expect(card).to_contain_text("3 decoder, 4 heads each")
    expect(page.locator(".checkpoint .places button")).to_have_count(6)


def test_a_text_becomes_tokens_with_ids_and_a_head_is_looked_at(page):
    read(page, "The water had grown warmer")
    expect(page.locator(".pieces span")).to_have_count(5)
    expect(page.locator(".pieces span i").first).to_have_text(re.compile(r"^\d+$"))
    attention = turn(page, "attention")
    attention.locator(".tile").nth(6).click()
    expect(attention.locator(".name h2")).to_have_text("L1 H2")
    expect(attention.locator("[data-t=shape]")).to_have_text("3 layers × 4 heads, as published")
    expect(attention.locator(".strip [data-i]")).to_have_count(5)


def test_a_text_that_is_too_long_is_refused_beside_it(page):
    read(page, "water " * 200)
    expect(page.locator(".reading .bad")).to_contain_text("Shorten it")
    expect(page.locator(".pieces span")).not_to_have_count(0)
    read(page, "The water had")
    expect(page.locator(".reading .bad")).to_be_hidden()
    expect(page.locator(".pieces span")).to_have_count(3)


def test_the_checkpoint_goes_on_with_a_text(page):
    predictions = turn(page, "predictions")
    expect(predictions.locator(".examples li")).to_have_count(1)
    predictions.get_by_label("Prompt").fill("The water had")
    predictions.get_by_label("Length").fill("5")
    predictions.get_by_role("button", name="Continue").click()
    expect(predictions.locator(".result .made")).to_have_count(5)


def test_a_lens_that_cannot_work_says_why(page):
    expect(turn(page, "experts").locator("h1")).to_have_text("This checkpoint has no experts")
    expect(turn(page, "positions").locator("h1")).not_to_be_empty()


def test_a_path_that_is_none_is_refused_and_what_is_open_stays(page, folder):
    look(page, "/nowhere/at/all")
    expect(page.locator(".checkpoint form + .bad")).to_contain_text("There is no folder")
    expect(page.locator(".checkpoint [data-t=open] h3")).to_have_text(folder)
    expect(turn(page, "attention").locator(".tile")).to_have_count(12)
