"""A browser is found where there is one, fetched where there is none, and its absence is said in a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.browser import browsers
from tests.browser.browsers import CHROMIUM, FIREFOX

FOUND = Path("/somewhere/browser")
BOTH = pytest.mark.parametrize("kind", [CHROMIUM, FIREFOX], ids=lambda kind: kind.name)


def fetching(monkeypatch: pytest.MonkeyPatch, works: str) -> list[str]:
    """Nothing is installed until the command that names `works` has run; returns the programs that ran, in order."""
    ran: list[str] = []

    def succeeds(command: list[str]) -> bool:
        ran.append("playwright" if "playwright" in command else command[1])
        return True

    monkeypatch.setattr(browsers, "installed", lambda kind: FOUND if works in ran else None)
    monkeypatch.setattr(browsers, "succeeds", succeeds)
    monkeypatch.setattr(browsers.os, "geteuid", lambda: 0)
    monkeypatch.setattr(browsers.shutil, "which", lambda name: f"/usr/bin/{name}")
    return ran


@BOTH
def test_the_browser_of_this_machine_runs(kind):
    assert browsers.runs(str(browsers.path_of(kind)))


@BOTH
def test_a_stub_that_only_says_what_to_install_is_no_browser(kind, tmp_path, monkeypatch):
    stub = tmp_path / kind.name
    stub.write_text("#!/bin/sh\necho 'install the snap' >&2\nexit 1\n")
    stub.chmod(0o755)
    assert not browsers.runs(str(stub))
    monkeypatch.setattr(browsers, "bundled", lambda kind: str(stub))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert browsers.installed(replace(kind, places=(str(stub),))) is None


@pytest.mark.parametrize(
    ("kind", "works", "ran"),
    [
        (CHROMIUM, "playwright", ["playwright"]),
        (CHROMIUM, "install", ["playwright", "update", "install"]),
        (FIREFOX, "install", ["update", "install"]),
        (FIREFOX, "playwright", ["update", "install", "playwright"]),
    ],
)
def test_the_first_source_that_works_is_the_last_one_asked(kind, works, ran, monkeypatch):
    asked = fetching(monkeypatch, works)
    assert browsers.path_of(kind) == FOUND
    assert asked == ran


@BOTH
def test_what_is_refused_everywhere_is_said_in_a_sentence(kind, monkeypatch):
    fetching(monkeypatch, "nothing")
    with pytest.raises(browsers.NoBrowser, match=f"need {kind.name.title()} .*: {kind.advice}"):
        browsers.path_of(kind)
