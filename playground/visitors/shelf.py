"""The runs that a visitor has put aside: a few, with what sets them apart and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from playground.runs.run import Run
from playground.settings import presets
from playground.settings.differences import differences

MOST = 8  # runs
BYTES = 192 * 2**20  # of all of them together


class Kept(NamedTuple):
    """One run on the shelf."""

    id: int
    preset: str
    run: Run
    origin: str = ""
    """"fork of run 3 at step 150", "uploaded" or nothing."""
    parent: int = 0
    """The run that it was forked from; 0 for none."""

    def name(self) -> str:
        """The preset, and what differs from it."""
        preset = presets.PRESETS[self.preset]
        parts = differences(preset.config, self.run.now)
        told = ", ".join(f"{what} {new}" for what, _, new in parts[:3]) + (
            f" and {len(parts) - 3} more" if parts[3:] else ""
        )
        return f"{preset.label}: {told}" if told else preset.label

    def bytes(self) -> int:
        """What it holds in memory: parameters with gradients and moments, pictures, checkpoints."""
        parameters = sum(p.numel() * p.element_size() for p in self.run.model.parameters())
        return 4 * parameters + self.run.history.held + self.run.checkpoints.size()


def begun_from(run: Run) -> str:
    """The preset of a run that was read from a file: what the file says, else the one with the fewest differences."""
    if run.preset in presets.PRESETS:
        return run.preset
    apart = {name: len(differences(preset.config, run.now)) for name, preset in presets.PRESETS.items()}
    return min(apart, key=lambda name: apart[name])


def farewell(gone: Sequence[Kept]) -> str:
    """What is said of runs that had to leave the shelf; "" for none."""
    if not gone:
        return ""
    *others, last = (str(kept.id) for kept in gone)
    who = f"Runs {', '.join(others)} and {last}" if others else f"Run {last}"
    return f"{who} left the shelf to make room: it keeps the newest {MOST}, fewer where they are large."


@dataclass
class Shelf:
    """The oldest goes when a new one finds no room."""

    kept: list[Kept] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))
    problem: str = ""
    """Why the newest press on the shelf could not be carried out."""

    def add(self, run: Run, preset: str, origin: str = "") -> Kept:
        """Put a run aside; one that is there already stays where it is."""
        there = next((k for k in self.kept if k.run is run), None)
        if there is None:
            there = Kept(next(self.numbers), preset, run, origin)
            self.put(there)
        return there

    def put(self, entry: Kept) -> list[Kept]:
        """The same, with a number of its own already; gives back what found no room any more."""
        self.kept = [kept for kept in self.kept if kept.id != entry.id]
        self.kept.append(entry)
        return self.fit()

    def fit(self) -> list[Kept]:
        """Let the oldest go until the rest has room; gives back what went."""
        gone = []
        while len(self.kept) > MOST or (len(self.kept) > 1 and self.bytes() > BYTES):
            gone.append(self.kept.pop(0))
        return gone

    def bytes(self) -> int:
        """What its runs hold in memory."""
        return sum(k.bytes() for k in self.kept)

    def take(self, id: object) -> Kept:
        """The run of a number; raises ValueError where it is not there any more."""
        for entry in self.kept:
            if entry.id == id:
                return entry
        raise ValueError(
            f"This run is not on the shelf any more. The shelf keeps the newest {MOST}, fewer where memory is short."
        )

    def remove(self, id: object) -> None:
        """Forget a run."""
        self.kept.remove(self.take(id))

    def rows(self) -> list[list[object]]:
        """[id, name, origin, step, loss and accuracy on held-out examples (None before the first), bytes] of each."""
        found: list[list[object]] = []
        for entry in self.kept:
            seen = entry.run.history.validations()
            last = seen[-1] if seen else None
            numbers = [last.validation_loss, last.validation_accuracy] if last else [None, None]
            found.append([entry.id, entry.name(), entry.origin, entry.run.step, *numbers, entry.bytes()])
        return found
