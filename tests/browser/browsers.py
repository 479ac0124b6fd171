"""The browsers that the tests drive: each is one that is installed, or else one that this fetches.

`python -m tests.browser.browsers` prints their paths, or says in a sentence why there is none.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright


@dataclass(frozen=True)
class Kind:
    """A kind of browser: its name to Playwright, names on PATH and usual places, Debian's package, and what to install
    where it cannot be fetched. `debian_first`: whether Debian's is better for the tests than the one of Playwright.
    """

    name: str
    names: tuple[str, ...]
    places: tuple[str, ...]
    package: str
    advice: str
    debian_first: bool = False


CHROMIUM = Kind(
    "chromium",
    ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/snap/bin/chromium",
        "/opt/google/chrome/chrome",
    ),
    "chromium",
    "install chromium or Google Chrome",
)
FIREFOX = Kind(
    "firefox",
    ("firefox-esr", "firefox"),
    ("/Applications/Firefox.app/Contents/MacOS/firefox", "/opt/firefox/firefox"),
    "firefox-esr",
    "install Firefox",
    debian_first=True,  # Firefox as its users have it: Playwright's is built from sources that it changes
)


class NoBrowser(RuntimeError):
    """No browser of a kind is installed, and none could be fetched."""


def runs(path: str) -> bool:
    """False where a system library is missing, or where the name is a stub that only says what to install."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


@cache  # asked once, before the tests start a Playwright of their own
def bundled(kind: Kind) -> str:
    """Where Playwright keeps the browser that it fetched, or would keep it."""
    with sync_playwright() as playwright:
        return getattr(playwright, kind.name).executable_path


def installed(kind: Kind) -> Path | None:
    """The first that runs: on PATH, in one of the usual places, or in Playwright's own folder."""
    found = next(filter(runs, filter(None, map(shutil.which, (*kind.names, *kind.places)))), None)
    if found is None and (own := shutil.which(bundled(kind))) is not None and runs(own):
        found = own
    return None if found is None else Path(found)


def sources(kind: Kind) -> list[list[list[str]]]:
    """Where one can come from, best first; each source is the commands that fetch from it."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    debian = root and shutil.which("apt-get") is not None
    playwright = [sys.executable, "-m", "playwright", "install", *(["--with-deps"] if debian else []), kind.name]
    packaged = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", kind.package]]
    both = [[playwright], *([packaged] if debian else [])]
    return both[::-1] if kind.debian_first else both


def succeeds(command: list[str]) -> bool:
    """Run `command` with its output on our stderr: only the paths go to stdout."""
    print("A browser is missing:", " ".join(command), file=sys.stderr, flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=quiet, check=False).returncode == 0


def path_of(kind: Kind) -> Path:
    """The path of a browser, fetched if there is none. Raises NoBrowser."""
    if (found := installed(kind)) is not None:
        return found
    for commands in sources(kind):
        if all(map(succeeds, commands)) and (found := installed(kind)) is not None:
            return found
    raise NoBrowser(f"The browser tests need {kind.name.title()} and it could not be fetched: {kind.advice}.")


if __name__ == "__main__":
    try:
        print(*map(path_of, (CHROMIUM, FIREFOX)), sep="\n")
    except NoBrowser as error:
        sys.exit(str(error))
