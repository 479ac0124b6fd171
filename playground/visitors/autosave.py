"""A session is written to its folder: `session.json` its settings, `run-<number>.safetensors` each of its runs (see
`archive`); waking.py reads them.

Every file is written whole or not at all, and the settings last: whatever happens in between, the folder holds a
session that was.

It is long as a table is: a writer for each piece of a session.
"""

from __future__ import annotations

import errno
import time
import weakref
from contextlib import suppress
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from models.edits import Force
from playground.comparison.ready import READY
from playground.interventions.ablation import Ablation
from playground.runs import archive
from playground.runs.run import Run
from playground.settings.edited import Edited
from playground.settings.forms import plain
from playground.visitors import comparing, folders, saved
from playground.visitors.desk import Desk
from playground.visitors.folders import RUN, SESSION, WORDS, Trace
from playground.visitors.saved import (
    Ablated,
    Asked,
    Compared,
    Controls,
    Entry,
    Forced,
    Investigated,
    Look,
    Prompt,
    Removed,
    Saved,
    Side,
    Sums,
    Vectors,
)
from playground.visitors.session import Session
from playground.visitors.shelf import Kept
from playground.words import kept as kept_words
from playground.words.lab import WordLab
from playground.words.training import Training


def save(session: Session, folder: Path) -> int:
    """Write a session to its folder: runs that have changed since the last time, and the settings. Returns how many
    bytes were written. Raises OSError where the disk does not take them, or a run is too large to be kept; the folder
    then holds what it held before, and whatever was written.
    """
    folders.made(folder)
    trace = session.written
    mine = [session.entry] if session.entry is not None and session.run is session.entry.run else []
    kept = {entry.id: entry for entry in (*session.shelf.kept, *mine)}
    large = {number for number, entry in kept.items() if _size(entry.run) > RUN}
    total = 0
    for number, entry in kept.items():
        path, state = folder / folders.run(number), state_of(entry.run)
        if number not in large and not (trace.runs.get(number) == state and path.is_file()):
            total += folders.write(path, archive.dump(entry.run))
            trace.runs[number] = state
    files = {sha256(v.file).hexdigest()[:32]: v.file for v in session.compare.wanted if v.file}
    for digest, data in files.items():
        path = folder / folders.compared(digest)
        if not path.is_file():
            total += folders.write(path, data)
    total += _words(session.words, trace, folder)
    wrote, trials = comparing.save(session.compare, trace, folder)
    total += wrote
    written = _saved(session, {n: _entry(one, file=n not in large) for n, one in kept.items()})
    total += folders.write(folder / SESSION, written.bytes())
    trace.at, trace.training = written.at, written.training
    trace.runs = {number: holds for number, holds in trace.runs.items() if number in kept}
    names = {folders.run(number) for number in (*kept, *trace.waiting) if number not in large}
    names |= {WORDS} if written.vectors is not None else set()
    folders.tidy(folder, {SESSION, *names, *trials, *(folders.compared(digest) for digest in files)})
    if large:
        raise OSError(errno.EFBIG, f"run {min(large)} has more than {RUN >> 30} GiB")
    return total


def _words(lab: WordLab, trace: Trace, folder: Path) -> int:
    """Write the training of word vectors where it has changed; how many bytes that were."""
    training = lab.training
    if training is None or lab.stale:
        return 0
    state = state_of_words(training)
    if trace.words == state and (folder / WORDS).is_file():
        return 0
    size, trace.words = folders.write(folder / WORDS, kept_words.dump(training)), state
    return size


def _vectors(lab: WordLab) -> Vectors | None:
    if lab.training is None or lab.stale:
        return None
    return Vectors(used=lab.used, notice=lab.notice, hold=lab.hold, asked=lab.asked, compared=lab.compared)


def _size(run: Run) -> int:
    """Bytes of its file, about: parameters with two moments, and checkpoints."""
    return 12 * sum(p.numel() for p in run.model.parameters()) + run.checkpoints.size()


def _entry(kept: Kept, *, file: bool) -> Entry:
    stopped = kept.run.diverged
    why = saved.Diverged.model_validate({"what": stopped.what, "lr": stopped.lr}) if stopped is not None else None
    return Entry(id=kept.id, preset=kept.preset, origin=kept.origin, parent=kept.parent, file=file, diverged=why)


def _saved(session: Session, entries: dict[int, Entry]) -> Saved:
    shelf, trace = session.shelf, session.written
    upcoming = next(shelf.numbers)
    shelf.numbers = count(upcoming)
    mine = session.entry.id if session.entry is not None and session.run is session.entry.run else None
    return Saved(
        at=time.time(),
        training=session.running,
        building=session.building,
        page=session.page,
        lens=session.lens,
        preset=session.preset,
        config=plain(session.config),
        raw=dict(session.raw) if session.problems else None,
        entry=entries.get(mine) if mine is not None else None,
        shelf=[*trace.waiting.values(), *(entries[one.id] for one in shelf.kept if one.id != mine)],
        next=upcoming,
        used=session.used,
        spent=session.spent,
        branched=session.branched,
        compared=session.compared,
        opened=session.opened,
        notice=session.notice[:300],
        look=_look(session),
        positions=_controls(session.positions),
        experiments={
            name: Investigated(controls=_controls(work.edited), progress=work.plain(), said=work.said, tone=work.tone)
            for name, work in session.experiments.items()
        },
        words=_controls(session.words.edited),
        kind=session.words.kind,
        word=session.words.word,
        vectors=_vectors(session.words),
        compare=_comparison(session),
        checkpoint=_asked(session.desk),
    )


def _look(session: Session) -> Look:
    look = Look(
        which=session.which,
        head=session.head,
        shown=session.shown,
        probe=(session.probe_name, session.probe_text),
        choices=session.later_choices | {lens: choices.plain() for lens, choices in session.choices.items()},
    )
    with suppress(ValidationError):  # numbers that are none are not worth a session that cannot be written
        look.removed = _removed(session.ablation).model_dump() if session.ablation is not None else None
    with suppress(ValidationError):
        look.prompt = Prompt.model_validate(session.prompt).model_dump() if session.prompt else None
    return look


def _removed(done: Ablation) -> Removed:
    (edit,) = done.edits
    kept = Forced if isinstance(edit, Force) else Ablated  # no press removes anything else
    plain = kept.model_validate({name: getattr(edit, name) for name in kept.model_fields})
    before, after = (
        Sums(loss=s.loss_B.tolist(), right=s.right_B.tolist(), scored=s.scored_B.tolist())
        for s in (done.before, done.after)
    )
    return Removed(edit=plain, label=done.label, step=done.step, before=before, after=after)


def _controls(edited: Edited[Any]) -> Controls:
    return Controls(config=edited.config.model_dump(), raw=edited.raw if edited.problems else None)


def _asked(desk: Desk) -> Asked:
    coming = desk.wanted and desk.stage != "open"
    there = desk.reader.listing if desk.reader is not None and not coming else None  # else: what was asked for
    name, revision = (there.name, there.revision) if there is not None else (desk.name, desk.revision)
    wanted = desk.wanted or there is not None
    return Asked(name=name, revision=revision, text=desk.text, lens=desk.lens, open=wanted)


def _comparison(session: Session) -> Compared:
    setup = session.compare
    sides = [
        Side(label=v.label[:200], config=plain(v.config), file=sha256(v.file).hexdigest()[:32] if v.file else None)
        for v in setup.wanted
    ]
    return Compared(
        name=setup.name,
        wanted=[] if setup.name in READY else sides,
        what=setup.what,
        seeds=setup.seeds,
        layer=setup.layer,
        head=setup.head,
        word=setup.word,
        opened=setup.opened,
        begun=setup.trials is not None,
    )


def state_of(run: Run) -> tuple[Any, ...]:
    """What has to be the same for a file of this run to be as good as new."""
    history = run.history
    return weakref.ref(run), run.step, run.now, len(run.turns), len(history.marks), len(history.changes)


def state_of_words(training: Training) -> tuple[Any, ...]:
    """The same of the file of word vectors."""
    return weakref.ref(training), training.words, len(training.points)
