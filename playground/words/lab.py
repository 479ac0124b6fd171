"""What one visitor has on the Embeddings page: settings, a training, and where they look."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from models.config import walk
from playground.settings.limits import SECONDS
from playground.words.settings import Kind, WordSettings
from playground.words.training import Training

if TYPE_CHECKING:
    from playground.settings.edited import Edited

CORPUS = ("corpus", "sentences", "text", "model.min_count", "seed")  # what another corpus follows from
CHUNK = 0.004  # seconds of training between two looks at the clock


class WordLab:
    """Every method is called with `lock` held, but for `keep_training`, which takes it chunk by chunk."""

    def __init__(self, edited: Edited[WordSettings]):
        self.edited, self.lock = edited, threading.RLock()
        self.training: Training | None = None
        self.intent: float = 0
        self.ordered: float | None = None
        self.running, self.place, self.rate, self.used = False, 0, 0.0, 0.0
        self.notice = self.refused = ""
        self.sent, self.drawn = 0, -1
        self.hold = False
        self.word = ""
        self.unknown = ""
        self.asked: tuple[str, str, str] | None = None
        self.compared = ""
        self.kind: Kind = "skip-gram"

    # ---- settings ----
    def edit(self, path: str, value: Any) -> None:
        """Change one control. Live settings act at once; before the first word the others do too."""
        self.edited.edit(path, value)
        if not self.edited.problems and self.training is not None:
            if self.training.words == 0 and not self.running:
                self.build()
            else:
                self.training.settings = self.training.settings.but(pace=self.edited.config.pace)

    def pending(self) -> dict[str, tuple[Any, Any]]:
        """{path: (value of the run, value of the controls)} of what waits for a restart."""
        if self.training is None:
            return {}
        old, new = _flat(self.training.settings), _flat(self.edited.config)
        return {path: (old[path], new[path]) for path in new if old[path] != new[path]}

    def build(self) -> None:
        """A new training from the controls; what is wrong with its corpus is said, and the old one stays."""
        settings, old = self.edited.config, self.training
        kept = old is not None and all(_flat(settings)[path] == _flat(old.settings)[path] for path in CORPUS)
        self.refused = ""
        try:
            self.training = Training(settings, old.text if old is not None and kept else None)
        except ValueError as error:
            self.refused = str(error)
            return
        self.rate = self.used = 0.0
        self.notice, self.drawn = "", -1
        known = self.training.text.vocabulary
        if self.word not in known:
            self.word = next((word for word in ("dog", "integer") if word in known), known[0])
            self.unknown = ""
        if self.asked is None or not set(self.asked) <= set(known):
            tried = ("king", "father", "mother")
            self.asked = tried if set(tried) <= set(known) else None

    def ready(self) -> Training | None:
        """The training, built if there is none; None where its corpus is refused."""
        if self.training is None and not self.refused:
            self.build()
        return self.training

    # ---- presses ----
    def claim(self, n: float) -> bool:
        """Every press carries a rising number; the newest wins, in whatever order the requests arrive."""
        self.intent = max(self.intent, n)
        return self.intent == n

    def claim_own(self) -> None:
        """A claim made by the server: above every press so far, below the browser's next one."""
        self.intent += 2.0**-9

    def order(self) -> None:
        """Let the newest press train, where there is something to read."""
        if self.training is not None and not self.refused:
            self.running, self.place, self.ordered = True, 0, self.intent

    def taken(self) -> float | None:
        """The press that is to train, for the first stream that asks; None where there is none, or not any more."""
        n, self.ordered = self.ordered, None
        return n if n is not None and n == self.intent else None

    def halt(self) -> None:
        """Nothing trains, and nothing is asked to."""
        self.running, self.place, self.ordered = False, 0, None

    def keep_training(self, n: float, over: threading.Event) -> None:
        """Read on until another press, the end, or `over`; on a thread of its own, so that pictures do not hold it."""
        began = then = time.perf_counter()
        start = words = self.training.words if self.training else 0
        chunk = 64
        while not over.is_set() and self.intent == n:
            with self.lock:
                training = self.training
                if training is None or training.finished or self.notice:
                    break
                pace, now = training.settings.pace, time.perf_counter()
                if pace is None:
                    began, start = now, training.words
                ahead = (training.words - start) / pace - (now - began) if pace else 0.0
                if ahead < -0.5:  # the pace was raised, or the core is busy: what was missed is not made up for
                    began, start = now, training.words
                if ahead <= 0:
                    self._advance(training, chunk if pace is None else max(1, min(chunk, pace // 100)))
                    took = time.perf_counter() - now
                    chunk = max(16, min(65536, round(chunk * min(2.0, max(0.5, CHUNK / max(took, 1e-6))))))
                now = time.perf_counter()
                if now - then >= 0.25:
                    self.rate, self.used = (training.words - words) / (now - then), self.used + now - then
                    then, words = now, training.words
                if self.used >= SECONDS:
                    self.notice = f"The {SECONDS // 60} minutes of one run are used. Everything stays open."
            time.sleep(min(0.02, ahead) if ahead > 0 else 0.0002)  # whoever wants to look goes first

    def _advance(self, training: Training, words: int) -> None:
        try:
            training.advance(words)
        except FloatingPointError as error:
            self.notice = f"The run stopped at {training.words:,} words. {error}"

    def part(self) -> float:
        """How far this picture's plane turns to the components: a little at a time while it moves, all of the way at
        the end.
        """
        training = self.training
        if training is None or self.hold or training.words == self.drawn:
            return 0.0
        since, self.drawn = training.words - max(self.drawn, 0), training.words
        return 1.0 if training.finished else min(1.0, max(0.12, 8 * since / training.total))


def _flat(settings: WordSettings) -> dict[str, Any]:
    return {path: value for path, _, value in walk(settings)}
