"""One run of a comparison, as its session knows it."""

from __future__ import annotations

from typing import Any

from playground.runs.history import Metrics


class Trial:
    """One run: what is known of it."""

    def __init__(self, variant: int, seed: int):
        self.variant, self.seed = variant, seed
        self.metrics: list[Metrics] = []
        self.seconds: list[float] = []
        """CPU seconds of each update made here: of the last ones, where a run goes on."""
        self.tokens: list[int] = []
        """Tokens read in training, at each report; the first is what was read before."""
        self.built, self.finished = False, False
        self.sentence, self.stopped = "", ""
        self.picture: dict[str, Any] = {}
        self.answered = 0
        """The newest question for a picture that was answered."""
        self.file, self.kept, self.large = b"", 0, False
        """The run as a file, to go on from, its step, and whether it is too large to be had."""
        self.keeping = False
        """Whether its file was asked for."""
        self.falls = 0
        """How often the process that trained it has ended."""

    @property
    def step(self) -> int:
        """Updates made."""
        return self.metrics[-1].step if self.metrics else 0

    @property
    def over(self) -> bool:
        """Whether it goes on no more."""
        return self.finished or bool(self.stopped)

    def take(self, answer: dict[str, Any]) -> None:
        """What its run reports. One that goes on from a file, or begins again, tells once more what is known."""
        known = self.metrics[-1].step if self.metrics else -1
        rows, seconds = answer.get("rows", ()), answer.get("seconds", ())
        new = [Metrics(*row) for row in rows if row[0] > known]
        self.metrics += new
        self.seconds += seconds if len(new) == len(rows) else seconds[len(seconds) - len(new) :]
        if "tokens" in answer and (not self.tokens or answer["tokens"] > self.tokens[-1]):
            self.tokens.append(answer["tokens"])
        self.built = self.built or "built" in answer
        self.sentence = answer.get("sentence", self.sentence)
        self.stopped = answer.get("diverged") or self.stopped
        self.finished = self.finished or answer.get("finished", False)
        self.picture, self.answered = answer.get("picture", self.picture), answer.get("n", self.answered)
        if "kept" in answer:
            self.keeping, self.large = False, "large" in answer
            self.file = answer.get("file", b"" if self.large else self.file)
            self.kept = answer["kept"] if self.file else 0
