"""One visitor's experiment: its settings, whether it runs, and what is known so far."""

from __future__ import annotations

import json
import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from playground.settings.edited import Edited
from playground.views.positions.progress import picks, progressing
from playground.views.positions.trials import TRIALS, Trial
from playground.visitors.session import Session

SECONDS = 240.0  # of computing, for one press of Run


class Work:
    """`lock` guards what a visitor can change; the thread that computes only writes `progress` and `said`."""

    def __init__(self, trial: Trial):
        self.trial, self.lock = trial, threading.RLock()
        self.edited: Edited[Any] = Edited(trial.config())
        self.intent: float = 0
        self.ordered, self.running, self.place, self.sent = False, False, 0, 0
        self.progress: Any = None
        self.said, self.tone = "", ""

    def claim(self, n: float) -> bool:
        """Every press carries a rising number; the newest wins, in whatever order the requests arrive."""
        self.intent = max(self.intent, n)
        return self.intent == n

    def compute(self, n: float, over: threading.Event) -> None:
        """Until it is done, another press, the end of the budget, or `over`."""
        began = time.monotonic()
        steps: Any = self.trial.start(self.edited.config)
        try:
            for progress in steps:
                if over.is_set() or self.intent != n:  # whoever pressed says so
                    return
                self.progress = progress
                if time.monotonic() - began > SECONDS:
                    self.said = f"Stopped after {SECONDS / 60:.0f} minutes, the limit of one run on this page."
                    return
            self.said = "Done."
        except ValueError as error:
            self.said, self.tone = str(error), "error"
        except Exception as error:  # a page must say it, whatever it is
            self.said, self.tone = f"Stopped by an error: {error!s:.200}. Change a setting and run it again.", "error"
        finally:
            steps.close()

    def bar(self) -> dict[str, Any]:
        """See `components.runbar`."""
        self.sent += 1
        state = "waiting" if self.running and self.place else "running" if self.running else "idle"
        problem = next(iter(self.edited.problems.values()), "")
        words = self.said or "Not run yet."
        if state == "waiting":
            words = f"Waiting for a free core: place {self.place} in the line."
        elif state == "running":
            words = progressing(self.trial, self.progress) if self.progress is not None else "Starting."
        elif self.progress is not None and self.progress.config != self.edited.config:
            words = f"{self.said} The settings have changed since: run it again."
        return {
            "n": self.sent,
            "state": state,
            "words": problem or words,
            "tone": "error" if problem or self.tone else "",
            "done": self.progress.done if self.progress is not None and state == "running" else 0,
            "picks": json.dumps(picks(self.trial, self.edited.config)),
        }


_WORKS: WeakKeyDictionary[Session, dict[str, Work]] = WeakKeyDictionary()
_LOCK = threading.Lock()


def work_of(session: Session, name: str) -> Work:
    """The visitor's experiment of that tab; it goes with the session."""
    with _LOCK:
        works = _WORKS.setdefault(session, {})
        if name not in works:
            works[name] = Work(TRIALS[name])
        return works[name]
