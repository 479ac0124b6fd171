"""A Chromium is found where there is one, fetched where there is none, and its absence is said in a sentence."""

from pathlib import Path

import pytest

from tests.browser import chromium

FOUND = Path("/somewhere/chromium")


def fetching(monkeypatch: pytest.MonkeyPatch, works: str) -> list[str]:
    """Nothing is installed until the command whose name is `works` has run; returns the names that ran."""
    ran: list[str] = []
    monkeypatch.setattr(chromium, "installed", lambda: FOUND if works in ran else None)
    monkeypatch.setattr(chromium, "sources", lambda: [[["playwright"]], [["update"], ["apt"]]])
    monkeypatch.setattr(chromium, "succeeds", lambda command: ran.append(command[0]) or command[0] != "refused")
    return ran


def test_the_chromium_of_this_machine_runs():
    assert chromium.runs(str(chromium.chromium()))


def test_a_stub_that_only_says_what_to_install_is_no_chromium(tmp_path, monkeypatch):
    stub = tmp_path / "chromium"
    stub.write_text("#!/bin/sh\necho 'install the snap' >&2\nexit 1\n")
    stub.chmod(0o755)
    assert not chromium.runs(str(stub))
    monkeypatch.setattr(chromium, "bundled", lambda: str(stub))
    monkeypatch.setattr(chromium, "NAMES", ())
    monkeypatch.setattr(chromium, "PLACES", (str(stub),))
    assert chromium.installed() is None


@pytest.mark.parametrize(("works", "ran"), [("playwright", ["playwright"]), ("apt", ["playwright", "update", "apt"])])
def test_the_first_source_that_works_is_the_last_one_asked(works, ran, monkeypatch):
    asked = fetching(monkeypatch, works)
    assert chromium.chromium() == FOUND
    assert asked == ran


def test_what_is_refused_everywhere_is_said_in_a_sentence(monkeypatch):
    fetching(monkeypatch, "nothing")
    with pytest.raises(chromium.NoChromium, match="install chromium or Google Chrome"):
        chromium.chromium()
