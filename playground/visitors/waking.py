"""A session is read back from its folder (see autosave.py), a piece at a time. Whatever cannot be read is left out and
said.

It is long as a table is: a reader for each piece that autosave.py writes.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError

from models.edits import Ablate, Force
from playground.comparison.matching import WHATS
from playground.comparison.ready import READY
from playground.comparison.variants import MOST as SIDES
from playground.comparison.variants import Variant, variant
from playground.interventions.ablation import Ablation
from playground.runs import archive
from playground.runs.idle import effective
from playground.runs.paired import Scores
from playground.runs.probe import look as pictured
from playground.runs.run import Diverged, RunConfig
from playground.settings import presets
from playground.settings.dotted import ordered
from playground.settings.edited import Edited
from playground.settings.forms import flat, plain, read
from playground.settings.limits import too_large
from playground.visitors import comparing, folders, saved
from playground.visitors.autosave import state_of, state_of_words
from playground.visitors.folders import RUN, SESSION, WORDS
from playground.visitors.jobs import Anywhere
from playground.visitors.saved import Controls, Entry, Forced, Investigated, Look, Prompt, Removed, Saved, Side, Vectors
from playground.visitors.session import Session
from playground.visitors.shelf import MOST, Kept, begun_from
from playground.visitors.work import EXPERIMENTS, Work
from playground.words import kept as kept_words


def wake(folder: Path, anywhere: Anywhere) -> Generator[None, None, Session]:
    """The session of a folder, a piece at a time; its run goes on as if nothing had happened. What cannot be read is
    left out, with a sentence in `notice`; nothing is raised. The shelf's runs are read afterwards, by the job "shelf".
    """
    session, said = Session(anywhere), list[str]()
    yield
    try:
        folders.check(folder)
        found = saved.read(folders.read(folder / SESSION, saved.MOST))
    except ValueError as error:
        found = _runs_alone(folder)
        if found is None:
            return session
        said.append(f"What this page showed could not be read back ({error}); the runs are here.")
    yield
    session.preset = found.preset if found.preset in presets.PRESETS else session.preset
    session.shelf.numbers = count(found.next)
    session.written.at, session.written.training, session.written.notice = found.at, found.training, found.notice
    session.written.waiting = {entry.id: entry for entry in found.shelf if entry.file}
    with _left_out(said, "The settings"):
        _configure(session, found)
    for apply in (_around, _compare):
        with _left_out(said, "Some of what was set"):
            apply(session, found, folder)
        yield
    for name, kept in found.experiments.items():
        with _left_out(said, "What an experiment had found"):
            _experiment(session, name, kept)
    if found.compare.begun:
        with _left_out(said, "The comparison's training"):
            yield from comparing.waking(session.compare, session.written, folder)
    if found.vectors is not None:
        with _left_out(said, "The word vectors"):
            yield from _vectors(session, found.vectors, folder)
    session.spent = dict(found.spent)
    if found.entry is not None:
        entry = None
        with _left_out(said, f"Run {found.entry.id}"):
            entry = yield from _opened(folder, found.entry)
        if entry is not None:
            session.written.runs[entry.id] = state_of(entry.run)
            session.spent[entry.id] = found.used
            if not found.config:  # only the run itself says what it is
                session.raw, session.preset = plain(entry.run.now), entry.preset
                session.accept()
            session.seat(entry)
            for what, look in (("Where you looked", _look_again), ("A prompt", _prompt), ("What was removed", _remove)):
                with _left_out(said, what):
                    look(session, found.look)
            session.branched = found.branched
    if found.building:
        session.rebuild()
    if session.written.waiting:
        session.jobs.begin("shelf", _shelve(session, folder), lambda sentence: None)
    session.notice = " ".join(said)
    return session


def returned(session: Session, why: str) -> str:
    """What to say to the visitor of a woken session; of one in which nothing was computed, what it says already. `why`:
    "restart", or "crash" of the process that it lived in.
    """
    if session.run is None and session.compare.trials is None and session.words.training is None:
        return session.notice
    mine = "run" if session.run is not None else "work"
    what = {"restart": "The server restarted", "crash": f"The process that computed your {mine} ended"}
    then, now = time.localtime(session.written.at), time.localtime()
    day = "" if then[:3] == now[:3] else f"{then.tm_mday} {time.strftime('%B', then)}, "
    said = f"{what.get(why, what['restart'])}: this is your {mine} of {day}{time.strftime('%H:%M', then)}."
    return f"{said} {session.notice}".strip()


@contextmanager
def _left_out(said: list[str], what: str) -> Iterator[None]:
    """Whatever is wrong with a part of a folder costs that part alone."""
    try:
        yield
    except Exception as error:  # the folder may hold anything
        reason = f"{error!s:.300}" if isinstance(error, ValueError) else f"{type(error).__name__}: {error!s:.200}"
        said.append(f"{what} could not be read back: {reason.rstrip('.')}.")


def _runs_alone(folder: Path) -> Saved | None:
    """What the files of runs say by themselves: the newest is the page's. None where there are none."""
    there = [path for path in folder.glob("run-*.safetensors") if folders.FILE.fullmatch(path.name)]
    times = {path: path.lstat().st_mtime for path in there}
    numbers = [int(path.stem.removeprefix("run-")) for path in sorted(there, key=lambda path: times[path])]
    if not numbers:
        return None
    entries = [Entry(id=number) for number in numbers[-MOST - 1 :]]
    return Saved(entry=entries[-1], shelf=entries[:-1], next=max(numbers) + 1, at=max(times.values()))


def _opened(folder: Path, entry: Entry) -> Generator[None, None, Kept]:
    if not entry.file:
        raise ValueError(f"it had more than {RUN >> 30} GiB and was not kept")
    data = folders.read(folder / folders.run(entry.id), RUN)
    yield
    run = yield from archive.reading(data, too_large, as_it_was=True, most=RUN)
    if entry.diverged is not None:
        run.diverged = Diverged(run.step + 1, entry.diverged.what, run.history.metrics[-1], entry.diverged.lr)
    preset = entry.preset if entry.preset in presets.PRESETS else begun_from(run)
    return Kept(entry.id, preset, run, entry.origin, entry.parent)


def _shelve(session: Session, folder: Path) -> Generator[None, None, None]:
    """Put the runs that wait in the folder where they were: below those that came to the shelf meanwhile."""
    order, waiting = list(session.written.waiting), session.written.waiting
    for number, found in list(waiting.items()):
        said: list[str] = []
        entry = None
        with _left_out(said, f"Run {number}"):
            entry = yield from _opened(folder, found)
        del waiting[number]
        if entry is not None:
            session.written.runs[number] = state_of(entry.run)
            shelf = session.shelf
            shelf.kept = sorted([*shelf.kept, entry], key=lambda one: order.index(one.id) if one.id in order else MOST)
            shelf.fit()
        session.notice = " ".join(filter(None, (session.notice, *said)))
        yield


def _configure(session: Session, found: Saved) -> None:
    if not found.config:
        return
    session.config = effective(found.config)
    session.raw = plain(session.config)
    if found.raw is not None and _may_stand(found.raw):
        session.raw = found.raw
    config, session.problems = read(session.raw)
    session.config = config or session.config


def _may_stand(raw: dict[str, Any]) -> bool:
    """Whether at most a rule across fields is broken, as in what the controls may show."""
    try:
        RunConfig.model_validate(raw)
    except ValidationError as error:
        return all(item["type"] == "value_error" for item in error.errors())
    return True


def _around(session: Session, found: Saved, folder: Path) -> None:
    session.page, session.lens = found.page, found.lens or session.lens  # whoever draws them knows which there are
    session.opened, session.compared = found.opened, found.compared
    _set(session.positions, found.positions)
    _set(session.words.edited, found.words)
    session.words.kind = "CBOW" if found.kind == "CBOW" else "skip-gram"
    session.words.word = found.word
    asked, desk = found.checkpoint, session.desk
    desk.name, desk.revision, desk.text, desk.lens = asked.name, asked.revision, asked.text, asked.lens
    desk.stage = "waiting" if asked.open else ""


def _set(edited: Edited[Any], controls: Controls) -> None:
    if controls.config:
        edited.config = type(edited.first).model_validate(controls.config)
        edited.raw = edited.config.model_dump()
    if controls.raw is not None:
        valid = edited.config
        now = flat(valid.model_dump(mode="json"))
        for path, value in ordered({path: v for path, v in flat(controls.raw).items() if now.get(path) != v}):
            edited.edit(path, value)
        edited.config = valid


def _vectors(session: Session, kept: Vectors, folder: Path) -> Generator[None, None, None]:
    lab = session.words
    training = yield from kept_words.reading(folders.read(folder / WORDS, RUN))
    training.settings = training.settings.but(pace=lab.edited.config.pace)
    lab.used, lab.notice, lab.hold, lab.asked, lab.compared = (
        kept.used,
        kept.notice,
        kept.hold,
        kept.asked,
        kept.compared,
    )
    lab.take(training)
    session.written.words = state_of_words(training)


def _experiment(session: Session, name: str, kept: Investigated) -> None:
    if name in EXPERIMENTS:
        work = session.experiments[name] = Work.of(name)
        _set(work.edited, kept.controls)
        if kept.progress is not None:
            work.take(name, kept.progress, kept.said, kept.tone)


def _compare(session: Session, found: Saved, folder: Path) -> None:
    setup, kept = session.compare, found.compare
    if kept.name in READY:
        setup.choose(kept.name)
    elif 0 < len(kept.wanted) <= SIDES:
        sides = [_side(folder, side) for side in kept.wanted]
        base = sides[0].config
        named = [variant(base, one.config, one.label)._replace(file=one.file) for one in sides]
        setup.close()
        setup.name, setup.wanted = "", named
    setup.what = kept.what if kept.what in WHATS else setup.what
    setup.seeded(kept.seeds)
    setup.layer, setup.head, setup.opened = kept.layer, kept.head, kept.opened
    setup.worded(kept.word)


def _side(folder: Path, side: Side) -> Variant:
    config, problems = read(side.config)
    if config is None:
        raise ValueError(next(iter(problems.values())))
    file = folders.read(folder / folders.compared(side.file), RUN) if side.file else b""
    return Variant("", side.label, config, file)


def _look_again(session: Session, look: Look) -> None:
    run = session.start()
    session.which, session.head = look.which, look.head
    session.shown = min(look.shown, run.step) if look.shown is not None else None
    session.later_choices = dict(look.choices)
    name, text = look.probe
    if name != "0":
        session.use_probe(name, text if name == "own" else None)


def _prompt(session: Session, look: Look) -> None:
    if look.prompt is not None:
        session.prompt = Prompt.model_validate(look.prompt).model_dump(mode="json")


def _remove(session: Session, look: Look) -> None:
    if look.removed is None:
        return
    done = Removed.model_validate(look.removed)
    kind = Force if isinstance(done.edit, Forced) else Ablate
    run, edits = session.start(), (kind(**done.edit.model_dump()),)
    before, after = (
        Scores(*(torch.tensor(each, dtype=torch.float64) for each in sums.model_dump().values()))
        for sums in (done.before, done.after)
    )
    if {len(sums) for sums in (*before, *after)} != {len(run.held_out.targets_BT)}:
        raise ValueError("its numbers are not those of the held-out examples")
    pictured(run.model, run.probe, run.step, edits=edits)  # it refuses what the model does not have
    session.ablation = Ablation(edits, done.label, done.step, before, after)
