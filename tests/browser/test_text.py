"""The text task with a text of the visitor's: pasted, uploaded, or refused with a sentence."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

GOOD = ("the cat sat on the mat and the dog sat on the log " * 40).encode()
REFUSED = {
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 20, "is not plain text. Save it as UTF-8"),
    "halved": ("naïve " * 200).encode("utf-16")[:-1],
    "empty": (b"", "is empty. Choose a file with text in it."),
    "1.1 million": (b"a" * 1_100_000, "has 1,100,000 characters; at most 1,000,000"),
    "20 MB": (b"a" * 20_000_000, "is too large: at most 1,000,000 characters can be read"),
}


@pytest.fixture
def screen(page) -> Screen:
    """The text preset with its task panel open."""
    shown = Screen(page).open(preset="text", **{"model.width": 16, "model.attention.heads": 2, "training.batch": 4})
    shown.open_panel("task")
    shown.pick("task.source", "own")
    return shown


def upload(screen: Screen, name: str, content: bytes):
    row = screen.page.locator(".ctl.file")
    row.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    return row


def test_files_that_are_no_text_are_refused_with_a_sentence(screen):
    for name, case in REFUSED.items():
        content, sentence = case if isinstance(case, tuple) else (case, "is not plain text. Save it as UTF-8")
        row = upload(screen, f"{name}.txt", content)
        expect(row.locator(".msg")).to_contain_text(sentence)
    expect(screen.control("task.text").locator(".msg")).to_contain_text("The text has 0 characters")
    screen.pick("task.source", "built-in")
    screen.train(1)


def test_a_good_file_is_read_and_trained_on(screen):
    row = upload(screen, "cat.txt", GOOD)
    expect(row.locator(".filename")).to_have_text("cat.txt, 2,000 characters")
    tokens = screen.page.locator(".strip .t")
    expect(tokens.first).to_be_visible()
    screen.train(1)
    expect(screen.page.locator("#cfg .note")).to_be_hidden()
    screen.page.wait_for_function(
        "() => [...document.querySelectorAll('.strip .t')].every(each => 'thecasonmdlg␣'.includes(each.textContent))"
    )


def test_a_text_shorter_than_the_context_is_refused(screen):
    screen.pick("task.source", "built-in")
    screen.train(1)
    screen.pick("task.source", "own")
    row = screen.enter("task.text", "too short")
    expect(row.locator(".msg")).to_contain_text("The text has 9 characters")
    expect(row.locator(".msg")).to_contain_text("use a longer text or a shorter context")
    expect(row.locator("textarea")).to_have_value("too short")
    screen.is_("running")
    screen.reaches(screen.step + 1)


ENCODED = {
    "utf-16 with its mark": ("Привет, мир! " * 120, "utf-16", "UTF-16LE"),
    "latin-1": ("naïve café, déjà vu. " * 100, "latin-1", "Windows-1252"),
    "gb18030": ("我们在学习变换器模型。" * 150, "gb18030", "GB18030"),
    "600,000 Cyrillic letters": ("абвгдеёжзи" * 60_000, "utf-8", ""),
}


@pytest.mark.parametrize("name", ENCODED)
def test_a_file_is_read_in_its_encoding_which_is_said(screen, name):
    text, encoding, told = ENCODED[name]
    row = upload(screen, "own.txt", text.encode(encoding))
    said = f"own.txt, {len(text):,} characters" + (f", read as {told}" if told else "")
    expect(row.locator(".filename")).to_have_text(said)
    screen.train(1)
    shown = screen.control("task.text").locator("textarea").input_value()
    assert shown.startswith(text[:200])


def test_the_excerpt_of_a_long_text_is_never_taken_for_the_text(screen):
    text = "hello world " * 420
    upload(screen, "own.txt", text.encode())
    area = screen.control("task.text").locator("textarea")
    expect(area).to_have_value(re.compile(r" … \(5,040 characters in all\)$"))
    area.press("End")
    area.press_sequentially("x")
    area.press("Tab")
    screen.train(1)
    expect(screen.page.locator("#acc-task .words")).not_to_contain_text("…(")
    assert set(screen.page.locator(".strip .t").all_inner_texts()) <= set("helo wrd␣")


def test_a_number_that_may_be_one_of_two_is_refused_with_both(screen):
    screen.open_panel("training")
    for typed, said in (("0,001", "may be 0.001 or 1"), ("0,5", "may be 0.5 or 5"), ("1,50", "may be 1.50 or 150")):
        row = screen.enter("training.lr", typed)
        expect(row.locator(".msg")).to_contain_text(said)
    row = screen.enter("training.steps", "2 000")
    expect(row.locator("input").first).to_have_value("2,000")
