"""A comparison in training as files of a session's folder: its numbers, and each of its runs to go on from."""

from __future__ import annotations

import weakref
from collections.abc import Generator
from pathlib import Path

from playground.comparison.kept import dump, restoring
from playground.comparison.setup import Setup
from playground.comparison.trials import FILES, Trials
from playground.visitors import folders
from playground.visitors.folders import RUN, TRIALS, Trace

LARGE = "is too large to be kept, so it trains again from the start"


def save(setup: Setup, trace: Trace, folder: Path) -> tuple[int, set[str]]:
    """Write what has changed; how many bytes that were, and the files that belong to it. Raises OSError."""
    trials, total = setup.trials, 0
    if trials is None:
        return 0, set()
    names = {folders.trial(trials.name, i): trial for i, trial in enumerate(trials.trials) if trial.file}
    for name, trial in names.items():
        if trace.trials.get(name) != trial.kept or not (folder / name).is_file():
            total += folders.write(folder / name, trial.file)
            trace.trials[name] = trial.kept
    trace.trials = {name: kept for name, kept in trace.trials.items() if name in names}
    state = weakref.ref(trials), trials.ended, [(t.step, t.kept, t.over) for t in trials.trials]
    if trace.compared != state or not (folder / TRIALS).is_file():
        total += folders.write(folder / TRIALS, dump(trials))
        trace.compared = state
    return total, {TRIALS, *names}


def waking(setup: Setup, trace: Trace, folder: Path) -> Generator[None, None, None]:
    """Give the setup its comparison back, at rest. Raises ValueError where its numbers cannot be read; a run that
    cannot be read trains again from the start, which is said.
    """
    trials = Trials(setup.matched()[0], setup.seeds, setup.anywhere, begin=False)
    yield from restoring(folders.read(folder / TRIALS, RUN), trials)
    said, left = list[str](), FILES
    for i, trial in enumerate(trials.trials):
        name, label = folders.trial(trials.name, i), trials.variants[trial.variant].label
        try:
            trial.file = folders.read(folder / name, left) if trial.kept and not trial.large else b""
            trace.trials[name] = trial.kept
        except ValueError as error:
            if not trial.over:
                said.append(f"{label} trains again from the start: its file could not be read back ({error}).")
        if trial.large and not trial.over:
            said.append(f"{label} {LARGE}.")
        left, trial.kept = left - len(trial.file), trial.kept if trial.file else 0
        yield
    trials.notice = " ".join(said[:3])
    setup.trials = trials
