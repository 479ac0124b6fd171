"""Every visitor's session, by the token that their browser tab keeps; what nobody has come back to is freed."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable

from playground.visitors.session import Session

KEPT = 60.0  # seconds a run waits for its tab to come back
IDLE = 3600.0  # seconds an open tab may do nothing before its run is freed
MOST = 200  # sessions at once
SHELVES = 4 * 2**30  # bytes of the runs that all visitors have put aside
TOKEN = re.compile(r"[0-9a-f]{32}")


class Sessions:
    """Tokens to sessions; tabs (one hash per page load) to tokens. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[str, Session] = {}
        self._token: dict[str, str] = {}

    def attach(self, tab: str, token: object) -> Session:
        """The session of a tab, made if new. A token that is no token of ours gets a session of its own.

        The browser gives a token to one tab at a time, so a second tab with it is the same tab after a reload, come
        before the farewell of the page it replaces: it takes the session over.
        """
        with self._lock:
            name = token if isinstance(token, str) and TOKEN.fullmatch(token) else f"tab-{tab}"
            if name not in self._by_token and len(self._by_token) >= MOST:
                self._drop(min(self._by_token, key=lambda n: (self._by_token[n].gone is None, self._by_token[n].seen)))
            session = self._by_token.setdefault(name, Session(name))
            self._token = {other: held for other, held in self._token.items() if held != name}
            self._token[tab], session.gone, session.seen = name, None, time.monotonic()
            session.stop()
            session.compare.rest()
            return session

    def of(self, tab: str) -> Session:
        """The session of an attached tab; one that was freed meanwhile is made anew."""
        with self._lock:
            name = self._token.get(tab)
            session = self._by_token.get(name) if name else None
        session = session or self.attach(tab, None)
        session.seen = time.monotonic()
        return session

    def leave(self, tab: str) -> None:
        """A tab closed or reloads: pause its run and start the wait."""
        with self._lock:
            session = self._by_token.get(self._token.pop(tab, ""))
            if session is not None:
                session.stop()
                session.compare.rest()
                session.gone = time.monotonic()

    def sweep(self, now: float | None = None) -> int:
        """Free what has waited too long; returns how many sessions were freed."""
        now = time.monotonic() if now is None else now
        with self._lock:
            old = [
                name
                for name, s in self._by_token.items()
                if (s.gone is not None and now - s.gone >= KEPT) or (not s.training and now - s.seen >= IDLE)
            ]
            for name in old:
                self._drop(name)
            self._relieve()
        return len(old)

    def _relieve(self) -> None:
        """Empty the shelves of those seen longest ago, until all together are small enough; runs on a page stay."""
        held = {name: session.shelf.bytes() for name, session in self._by_token.items()}
        for name in sorted(held, key=lambda name: self._by_token[name].seen):
            if sum(held.values()) <= SHELVES:
                return
            self._by_token[name].shelf.kept.clear()
            held[name] = 0

    def _drop(self, name: str) -> None:
        session = self._by_token.pop(name)
        session.free()
        self._token = {tab: other for tab, other in self._token.items() if other != name}

    def __len__(self) -> int:
        return len(self._by_token)


def keep_sweeping(*acts: Callable[[], object], every: float = 2.0) -> threading.Thread:
    """Do these again and again, on a thread that ends with the process."""

    def forever() -> None:
        while True:
            time.sleep(every)
            for act in acts:
                act()

    thread = threading.Thread(target=forever, name="sweep", daemon=True)
    thread.start()
    return thread
