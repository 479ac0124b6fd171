"""The page speaks the field's language: what docs/glossary.md rules out stands in no text of it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def ruled_out() -> list[str]:
    """The left column of the last table."""
    rows = re.findall(
        r"^\| ([^|]+) \| [^|]+ \|$",
        (ROOT / "docs" / "glossary.md").read_text("utf-8").split("## Instead of")[1],
        re.MULTILINE,
    )
    return [row for row in rows if row not in ("not", "---")]


def texts() -> Iterator[tuple[str, str]]:
    """(file, text) of every string of the page's Python but docstrings, and of every script."""
    for path in (ROOT / "playground").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
                yield path.name, node.value
    for path in (ROOT / "static").rglob("*.js"):
        yield path.name, re.sub(r"/\*.*?\*/|^\s*//.*$", "", path.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def test_the_page_has_no_word_that_the_glossary_rules_out():
    private = ruled_out()
    assert len(private) > 10
    found = [(file, phrase) for file, text in texts() for phrase in private if phrase.lower() in text.lower()]
    assert not found


def test_a_word_of_ones_own_is_found():
    assert "unseen examples" in ruled_out()
    assert any("held-out" in text for _, text in texts())
