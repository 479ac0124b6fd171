"""What one visitor has on the Embeddings page: settings, a training, and where they look."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from models.config import walk
from playground.settings.limits import SECONDS
from playground.words.settings import Kind, WordSettings
from playground.words.text import done
from playground.words.training import Training

if TYPE_CHECKING:
    from playground.settings.edited import Edited

CORPUS = ("corpus", "sentences", "text", "model.min_count", "seed")  # what another corpus follows from
CHUNK = 0.008  # seconds of computing between two looks at the clock
RATE_EVERY = 0.25  # seconds that the rate is a mean over
LATE = 0.5  # seconds behind its pace from which a run does not catch up: the pace was raised, or others compute
OVER = object()
NOTHING = (
    "Nothing was left to learn from, so the vectors are as they were drawn: subsampling leaves out words in proportion "
    "to how common they are, and in a text of so few different words that is all of them. Raise the subsampling "
    "threshold, or take more text."
)


class WordLab:
    """The visitor's. What takes long are the slices of `training_steps`; everything else answers at once."""

    def __init__(self, edited: Edited[WordSettings]):
        self.edited = edited
        self.training: Training | None = None
        self.stale = False  # whether the training is to be built anew before anything else
        self.running, self.rate, self.used = False, 0.0, 0.0
        self.notice = self.refused = ""
        self.sent, self.drawn = 0, -1
        self.hold = False
        self.word = ""
        self.unknown = ""
        self.asked: tuple[str, str, str] | None = None
        self.compared = ""
        self.kind: Kind = "skip-gram"
        self.file: dict[str, Any] = {}  # that was saved last
        self.listed: tuple[object, dict[str, str]] | None = None  # what lists of words are of, and those drawn last

    # ---- settings ----
    def edit(self, path: str, value: Any) -> None:
        """Change one control. Live settings act at once; before the first word the others make the training stale."""
        self.edited.edit(path, value)
        if not self.edited.problems:
            if self.training is None or (self.training.words == 0 and not self.running):
                self.stale = True
            else:
                self.training.settings = self.training.settings.but(pace=self.edited.config.pace)

    def pending(self) -> dict[str, tuple[Any, Any]]:
        """{path: (value of the run, value of the controls)} of what waits for a restart."""
        if self.training is None or self.stale:
            return {}
        old, new = _flat(self.training.settings), _flat(self.edited.config)
        return {path: (old[path], new[path]) for path in new if old[path] != new[path]}

    # ---- what computes ----
    def build(self) -> None:
        """A new training from the controls; what is wrong with its corpus is said, and the old one stays."""
        done(self.building())

    def building(self) -> Generator[None, None, None]:
        """The same in slices."""
        settings, old = self.edited.config, self.training
        kept = old is not None and all(_flat(settings)[path] == _flat(old.settings)[path] for path in CORPUS)
        try:
            training = yield from Training.made(settings, old.text if old is not None and kept else None)
        except ValueError as error:
            self.stale, self.running, self.refused = False, False, str(error)
            return
        self.refused, self.notice, self.used = "", "", 0.0
        self.take(training)

    def take(self, training: Training) -> None:
        """Have this training from now on; what is looked at has to be among its words."""
        self.training, self.stale, self.rate, self.drawn = training, False, 0.0, -1
        known = training.text.vocabulary
        if self.word not in known:
            self.word = next((word for word in ("dog", "integer") if word in known), known[0])
            self.unknown = ""
        if self.asked is None or not set(self.asked) <= set(known):
            tried = ("king", "father", "mother")
            self.asked = tried if set(tried) <= set(known) else None

    def ready(self) -> Training | None:
        """The training, built at once if there is none; None where its corpus is refused."""
        if self.stale or (self.training is None and not self.refused):
            self.build()
        return self.training

    def order(self, *, anew: bool = False) -> None:
        """`training_steps` are about to be computed, and are to read: on, or `anew`."""
        self.running, self.stale, self.notice = True, self.stale or anew or self.over, ""

    @property
    def over(self) -> bool:
        """Whether there is nothing to read on."""
        return self.training is None or self.training.finished or bool(self.notice or self.refused)

    def halt(self) -> None:
        """Nothing is read."""
        self.running = False

    def failed(self, sentence: str) -> None:
        """An error that nobody expected ended what computes."""
        self.running, self.stale, self.notice = False, False, sentence

    def training_steps(self) -> Iterator[None]:
        """Build what is stale; then, if it was ordered, read to the end in slices of a few milliseconds. Where the pace
        says wait, a slice does nothing.
        """
        if self.stale or self.training is None:
            yield from self.building()
        if not self.running or self.training is None or self.refused:
            self.running = False
            return
        yield from self._reading(self.training)
        if self.training.finished and not any(bool(m.outputs.any()) for m in self.training.models.values()):
            self.notice = NOTHING
        self.running = False

    def _reading(self, training: Training) -> Iterator[None]:
        paced = seen = time.perf_counter()
        start = words = training.words
        chunk = 64
        while not training.finished and not self.notice:
            pace, now = training.settings.pace, time.perf_counter()
            ahead = (training.words - start) / pace - (now - paced) if pace else 0.0
            if pace is None or ahead < -LATE:
                paced, start = now, training.words
            if ahead <= 0:
                before, chunk = training.seconds, chunk if pace is None else max(1, min(chunk, pace // 100))
                yield from self._counted(training.reading(chunk))
                took = max(training.seconds - before, 1e-6)
                chunk = max(16, min(65536, round(chunk * min(2.0, max(0.5, CHUNK / took)))))
            if now - seen >= RATE_EVERY:
                self.rate, seen, words = (training.words - words) / (now - seen), now, training.words
            if self.used >= SECONDS:
                self.notice = f"The {SECONDS // 60} minutes of computing of one run are used. Everything stays open."
            yield

    def _counted(self, steps: Iterator[None]) -> Iterator[None]:
        """These slices, with their computing time counted."""
        over = False
        while not over:
            began = time.thread_time()
            try:
                over = next(steps, OVER) is OVER
            except FloatingPointError as error:
                words = self.training.words if self.training is not None else 0
                over, self.notice = True, f"The run stopped at {words:,} words. {error}"
            self.used += time.thread_time() - began
            if not over:
                yield

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
