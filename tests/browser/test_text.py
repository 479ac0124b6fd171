"""The text task with a text of the visitor's: pasted, uploaded, or refused with a sentence."""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen

GOOD = ("the cat sat on the mat and the dog sat on the log " * 40).encode()
REFUSED = {
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" * 20, "is not plain text: it contains NUL bytes"),
    "latin-1": ("naïve café " * 200).encode("latin-1"),
    "empty": (b"", "is empty. Choose a file with text in it."),
    "20 MB": (b"a" * 20_000_000, "has 20.00 MB; at most 1 MB can be read"),
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
        content, sentence = case if isinstance(case, tuple) else (case, "is not UTF-8 text. Save it as UTF-8")
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
