"""The Chromium that the browser tests drive: one that is installed, or else one that this fetches.

`python -m tests.browser.chromium` prints its path, or says in a sentence why there is none.
"""

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/snap/bin/chromium",
    "/opt/google/chrome/chrome",
)


class NoChromium(RuntimeError):
    """No Chromium is installed, and none could be fetched."""


def runs(path: str) -> bool:
    """False where a system library is missing, or where the name is a stub that only says what to install."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


@cache  # asked once, before the tests start a Playwright of their own
def bundled() -> str:
    """Where Playwright keeps the Chromium that it fetched, or would keep it."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def installed() -> Path | None:
    """The first Chromium that runs: on PATH, in one of the usual places, or in Playwright's own folder."""
    found = next(filter(runs, filter(None, map(shutil.which, (*NAMES, *PLACES)))), None)
    if found is None and (own := shutil.which(bundled())) is not None and runs(own):
        found = own
    return None if found is None else Path(found)


def sources() -> list[list[list[str]]]:
    """Where a Chromium can come from, best first; each source is the commands that fetch from it."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    debian = root and shutil.which("apt-get") is not None
    playwright = [sys.executable, "-m", "playwright", "install", *(["--with-deps"] if debian else []), "chromium"]
    return [
        [playwright],
        *([[["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]]] if debian else []),
    ]


def succeeds(command: list[str]) -> bool:
    """Run `command` with its output on our stderr: only the path goes to stdout."""
    print("No Chromium yet:", " ".join(command), file=sys.stderr, flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, stdout=sys.stderr, stdin=subprocess.DEVNULL, env=quiet, check=False).returncode == 0


def chromium() -> Path:
    """The path of a Chromium, fetched if there is none. Raises NoChromium."""
    if (found := installed()) is not None:
        return found
    for commands in sources():
        if all(map(succeeds, commands)) and (found := installed()) is not None:
            return found
    raise NoChromium("The browser tests need Chromium and it could not be fetched: install chromium or Google Chrome.")


if __name__ == "__main__":
    try:
        print(chromium())
    except NoChromium as error:
        sys.exit(str(error))
