"""Runs beside the run: forked, put aside, opened again, kept as files, compared."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import combinations
from typing import Any

from playground.runs import archive
from playground.runs.history import Mark
from playground.runs.run import Run
from playground.settings.forms import flat, plain
from playground.settings.limits import step_seconds, too_large
from playground.visitors.session.editing import Editing
from playground.visitors.shelf import Kept, begun_from

PATIENCE = 20.0  # seconds of updates that a fork may compute again


class Branching(Editing):
    """What cannot be done raises ValueError with a sentence, and then changes nothing. What makes another run the
    page's is a generator, for a job.
    """

    def forking(self) -> Generator[None, None, None]:
        """Go on from the step shown in a run of its own, with what waits for a restart changed; the run goes to the
        shelf.
        """
        run, entry = self.run, self.entry
        if run is None or entry is None:
            raise ValueError("There is no run to fork yet. Train one first.")
        if self.problems:
            raise ValueError(f"Not forked: {next(iter(self.problems.values()))}")
        step = run.step if self.shown is None else min(self.shown, run.step)
        again = self._refuse_long(run, step)
        if again:
            self.notice = f"Computing {again:,} updates again, up to step {step:,}."
        now, changes = flat(self.raw), {path: new for path, _, new in self.pending()}
        branch = yield from run.forking(step, {path: new for path, new in changes.items() if path in now})
        if not changes:
            branch.history.marks.append(Mark(step, f"fork of run {entry.id}"))
        number = next(self.shelf.numbers)
        self.spent[number] = self.used * step / max(1, run.step)
        told = ", with what waited for a restart" if changes else ""
        new = Kept(number, entry.preset, branch, f"fork of run {entry.id} at step {step:,}", entry.id)
        self._open(new)
        said = f"Run {number} is a fork of run {entry.id} at step {step:,}{told}."
        self.notice = self.branched = f"{said} {self._aside(entry)} {branch.sentence}".strip()

    def edit(self, path: str, value: Any, *, settled: bool = True) -> None:
        """As for any run; that it is a fork is said again, because a change is what training both waits for."""
        said = self.notice
        super().edit(path, value, settled=settled)
        parent, entry = self.parent(), self.entry
        if said and said == self.branched and parent is not None and entry is not None and not self.notice:
            self.notice = self.branched = f"Run {entry.id} is a {entry.origin}. {self._aside(parent)}"

    def _refuse_long(self, run: Run, step: int) -> int:
        """How many updates are computed again. A model too large for checkpoints would be trained anew."""
        before = run.checkpoints.before(step)
        again = 0 if step == run.step else step - (before.step if before else 0)
        least = step_seconds(run.now)  # a run of a file has used no time yet
        seconds = again * max(self.used / max(1, run.step), least)
        if seconds > PATIENCE:
            raise ValueError(
                f"Forking at step {step:,} would compute {again:,} updates again, about {seconds:.0f} s, because a "
                "model of this size leaves few checkpoints. Fork at the newest step."
            )
        return again

    def parent(self) -> Kept | None:
        """The run that this one was forked from, while the shelf has it."""
        wanted = self.entry.parent if self.entry is not None else 0
        return next((kept for kept in self.shelf.kept if kept.id == wanted), None)

    def runs(self) -> list[Kept]:
        """The run of the page, then those on the shelf, the newest first."""
        mine = [self.entry] if self.entry is not None and self.run is self.entry.run else []
        return mine + [kept for kept in reversed(self.shelf.kept) if kept.run is not self.run]

    def run_of(self, number: object) -> Kept:
        """One of them."""
        found = next((kept for kept in self.runs() if kept.id == number), None)
        return found or self.shelf.take(number)

    def reopening(self, number: object) -> Generator[None, None, None]:
        """Make a run from the shelf the run of the page; the one before goes there."""
        entry, before = self.shelf.take(number), self.entry
        yield
        self._open(entry)
        aside = self._aside(before) if before is not None else ""
        self.notice = f"Run {entry.id} is open, at step {entry.run.step:,}. {aside}".strip()

    def uploading(self, data: bytes) -> Generator[None, None, None]:
        """Make the run of a file the run of the page."""
        run = yield from archive.reading(data, too_large)
        before = self.entry
        self._open(Kept(next(self.shelf.numbers), begun_from(run), run, "uploaded"))
        aside = self._aside(before) if before is not None else ""
        self.notice = f"The file is open, at step {run.step:,}. Play goes on with it. {aside}".strip()

    def remove(self, number: object) -> None:
        """Forget a run on the shelf."""
        self.shelf.remove(number)

    def dump(self, number: object) -> tuple[str, bytes]:
        """A run as a file: its name and what is in it."""
        entry = self.run_of(number)
        entry.run.preset = entry.preset
        return f"run-{entry.id}-{entry.preset}-step-{entry.run.step}.safetensors", archive.dump(entry.run)

    def compare_runs(self, numbers: Sequence[object]) -> None:
        """Let runs go on together on the Compare page."""
        found = [self.run_of(number) for number in numbers]
        for one, other in combinations(found, 2):
            if one.run.now.model_copy(update={"seed": other.run.now.seed}) == other.run.now:
                raise ValueError(
                    f"Runs {one.id} and {other.id} have the same settings, so there is nothing to compare. Change "
                    "a setting of one of them first."
                )
        self.compare.add_runs([(f"run {kept.id}", kept.run) for kept in found])
        self.stop()
        self.compared += 1

    def _open(self, entry: Kept) -> None:
        self.put_aside()
        self.shelf.kept = [kept for kept in self.shelf.kept if kept.id != entry.id]
        self.stop()
        self.building, self.preset = False, entry.preset
        self.seat(entry)
        self.raw = plain(entry.run.now)
        self.accept()

    def _aside(self, before: Kept) -> str:
        waits = f"Run {before.id} waits on the shelf." if before in self.shelf.kept else ""
        return f"{waits} {self.farewell}".strip()
