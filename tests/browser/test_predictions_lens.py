"""The predictions lens: held-out examples with the five likeliest tokens, and a prompt of one's own."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.screen import SMALL, Screen, shared


@pytest.fixture(scope="module")
def screen(browser, server, request) -> Iterator[Screen]:
    """A small model, trained a little and paused."""
    with shared(browser, server, request, **SMALL, lens="predictions") as shown:
        shown.train(3)
        shown.pause()
        yield shown


def ask(screen: Screen, text: str, **fields: str) -> None:
    for name, value in {"temperature": "1", "length": "16", **fields}.items():
        screen.page.locator(f".own-prompt [name={name}]").fill(value)
    screen.page.get_by_role("textbox", name="Prompt").fill(text)
    screen.page.locator(".own-prompt").get_by_role("button", name="Continue").click()


def test_examples_show_what_was_right_and_the_five_likeliest(screen):
    expect(screen.page.locator(".examples li")).to_have_count(8)
    answer = screen.page.locator(".examples .tk.answer").first
    answer.hover()
    card = screen.page.locator(".predictions > .hover-card, .predictions .probs").first
    expect(card.locator(".p")).to_have_count(5)
    expect(screen.finding).to_contain_text("tokens right")


def test_a_prompt_is_continued_by_the_model_as_it_is_now(screen):
    made = screen.page.locator(".result .made")
    ask(screen, "abcdefghijkl", temperature="0")
    expect(made).to_have_count(12)  # as long as the prompt: this is what copying takes
    first = made.all_inner_texts()
    ask(screen, "abcdefghijkl", temperature="0")
    screen.settles()
    expect(made).to_have_text(first)
    made.first.hover()
    expect(screen.page.locator(".predictions .probs")).to_contain_text("predicted here")


@pytest.mark.parametrize(
    ("text", "fields", "sentence"),
    [
        ("a ☃", {}, "☃"),
        ("", {}, "The prompt is 1 to 12 symbols long; this one has 0."),
        ("abc", {"temperature": "9"}, "Temperature lies between 0 and 5."),
        ("abc", {"length": "0"}, "Length lies between 1 and 128."),
    ],
)
def test_a_bad_prompt_is_answered_with_a_sentence(screen, text, fields, sentence):
    ask(screen, text, **fields)
    expect(screen.page.locator(".own-prompt .bad")).to_contain_text(sentence)
    expect(screen.page.locator(".examples li")).to_have_count(8)


def test_an_encoder_fills_the_blanks_where_they_stand(page):
    small = {"model.width": 16, "model.attention.heads": 2, "model.layers": 1, "training.batch": 4}
    screen = Screen(page).open(preset="bert", lens="predictions", **small)
    expect(page.locator(".own-prompt .pt")).to_contain_text("the model fills each ▢")
    expect(page.locator(".own-prompt .fields")).to_be_hidden()
    page.get_by_role("textbox", name="Prompt").fill("a▢c")
    page.locator(".own-prompt").get_by_role("button", name="Fill").click()
    made = page.locator(".result > .tk")
    expect(made).to_have_count(3)
    expect(made.nth(1)).to_have_class("tk made")
    screen.settles()
