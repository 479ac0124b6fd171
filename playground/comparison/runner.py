"""One run of a comparison, as a worker advances it for a session that may live in another process."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from playground.comparison.picture import picture
from playground.runs import archive
from playground.runs.run import Diverged, Run, RunConfig
from playground.runs.slices import timed
from playground.settings.limits import too_large
from playground.wording import stopped

EVERY = 0.1  # seconds between two reports
SLICE = 0.02  # seconds of updates between two looks at the orders


class Runner:
    """A run that trains as far as it is told, and shows what it has kept.

    `spec` is {config}, unless the run goes on from a file, `payload` (see `archive`). What happens goes to `tell` as
    plain values: {built, sentence} · {rows, seconds, tokens, diverged, finished} · {n, picture} · {n, wrong} · {kept,
    file} · {kept, large} · {error}. With `again`, the file is one that it gave: it goes on bit for bit.
    """

    def __init__(self, spec: dict[str, Any], payload: bytes, tell: Callable[[dict[str, Any]], None]):
        self.spec, self.payload, self.tell = spec, payload, tell
        self.until = 0
        self.wanted: dict[str, Any] | None = None
        """The picture asked for last."""
        self.most, self.kept = 0, -1
        """Bytes that the file may have which is asked for, and the step of the one given last."""
        self.broken = False
        self.news = True
        """Whether something happened since the last report."""
        self.seconds: list[float] = []
        self.sent, self.told = 0, 0.0

    def order(self, do: str, **what: Any) -> None:
        """train {until}: make updates until there are so many · rest · picture {n, step, layer, head, word}: the newest
        alone is drawn, and its answer repeats `n` · keep {most}: give the run as a file, if it takes so many bytes and
        has changed since. Raises ValueError for another.
        """
        if do == "train":
            self.until = int(what["until"])
        elif do == "rest":
            self.until = 0
        elif do == "picture":
            self.wanted = what
        elif do == "keep":
            self.most = int(what["most"])
        else:
            raise ValueError(f"A run is not told to {do!r:.40}.")

    def steps(self) -> Iterator[None]:
        """The run is built by the first slice; one with nothing to do ends at once. Ends where it cannot be built."""
        try:
            run = self._built()
        except ValueError as error:
            self.tell({"error": str(error)})
            return
        except Exception as error:  # whoever waits for it must hear, whatever it is
            self.tell({"error": stopped(error)})
            return
        self.payload = b""
        self.tell({"built": True, "sentence": run.sentence})
        while True:
            yield from self._train(run)
            if self.news and (not self._behind(run) or time.monotonic() - self.told > EVERY):
                self._report(run)
            if self.wanted is not None:
                self._show(run)
            if self.most:
                self._keep(run)
            yield

    def _built(self) -> Run:
        if not self.payload:
            return Run(RunConfig.model_validate(self.spec["config"]))
        again = bool(self.spec.get("again"))
        run = archive.read(self.payload, too_large, as_it_was=again)
        self.kept = run.step if again else -1
        return run

    def _behind(self, run: Run) -> bool:
        return run.step < min(self.until, run.training.steps) and not (run.diverged or self.broken)

    def _train(self, run: Run) -> Iterator[None]:
        end = time.perf_counter() + SLICE
        while self._behind(run) and time.perf_counter() < end:
            self.news = True
            took: list[float] = []
            try:
                yield from timed(run.advancing(), took.append)
                self.seconds.append(sum(took))
            except Diverged:  # kept on the run, and reported with it
                return
            except Exception as error:
                self.broken = True
                self.tell({"error": stopped(error)})

    def _report(self, run: Run) -> None:
        """What the run has done since the last report."""
        metrics = run.history.metrics
        self.tell(
            {
                "rows": [list(row) for row in metrics[self.sent :]],
                "seconds": self.seconds,
                "tokens": run.tokens,
                "diverged": str(run.diverged or ""),
                "finished": run.step >= run.training.steps,
            }
        )
        self.sent, self.seconds, self.told, self.news = len(metrics), [], time.monotonic(), False

    def _keep(self, run: Run) -> None:
        most, self.most = self.most, 0
        if self.news:
            self._report(run)
        if run.step != self.kept:
            self.kept = run.step
            fits = 3 * sum(p.numel() * p.element_size() for p in run.model.parameters()) <= most
            data = archive.dump(run, most * 7 // 8) if fits else b""  # the rest is for its numbers
            self.tell({"kept": run.step, "file": data} if 0 < len(data) <= most else {"kept": run.step, "large": True})
        else:
            self.tell({"kept": run.step})

    def _show(self, run: Run) -> None:
        assert self.wanted is not None
        (n, asked), self.wanted = (self.wanted.pop("n"), self.wanted), None
        try:
            self.tell({"n": n, "picture": picture(run, **asked)})
        except Exception as error:
            self.tell({"n": n, "wrong": str(error) if isinstance(error, ValueError) else stopped(error)})


REMOTE = {"variant": Runner}
"""What a worker makes of a remote job, by its kind."""
