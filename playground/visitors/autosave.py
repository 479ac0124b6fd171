"""A session as a folder: `session.json` its settings, `run-<number>.safetensors` each of its runs (see `archive`).

Every file is written whole or not at all, and the settings last: whatever happens in between, the folder holds a
session that was. Whatever cannot be read is left out and said.
"""

from __future__ import annotations

import errno
import time
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import fields
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from playground.comparison.matching import WHATS
from playground.comparison.ready import READY
from playground.comparison.variants import MOST as SIDES
from playground.comparison.variants import Variant, variant
from playground.runs import archive
from playground.runs.run import Diverged, Run, RunConfig
from playground.settings import presets
from playground.settings.differences import differences
from playground.settings.edited import Edited
from playground.settings.forms import flat, plain, read
from playground.settings.limits import too_large
from playground.settings.links import LENSES
from playground.settings.paths import ordered
from playground.visitors import folders, saved
from playground.visitors.choices import ExpertChoices, VectorChoices
from playground.visitors.folders import SESSION, forget, sweep
from playground.visitors.jobs import Anywhere
from playground.visitors.saved import Compared, Controls, Entry, Look, Saved, Side
from playground.visitors.session import Session
from playground.visitors.shelf import MOST, Kept

__all__ = ["complete", "forget", "returned", "save", "sweep", "wake"]

RUN = 2**30  # bytes of the file of one run
PAGES = ("playground", "compare", "positions", "embeddings")


# ---- writing ----
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
        path, holds = folder / _file(number), _holds(entry.run)
        if number not in large and not (trace.runs.get(number) == holds and path.is_file()):
            total += folders.write(path, archive.dump(entry.run))
            trace.runs[number] = holds
    files = {sha256(v.file).hexdigest()[:32]: v.file for v in session.compare.wanted if v.file}
    for digest, data in files.items():
        path = folder / _compared(digest)
        if not path.is_file():
            total += folders.write(path, data)
    written = _saved(session, {n: _entry(one, file=n not in large) for n, one in kept.items()})
    total += folders.write(folder / SESSION, written.bytes())
    trace.at, trace.training = written.at, written.training
    trace.runs = {number: holds for number, holds in trace.runs.items() if number in kept}
    names = {_file(number) for number in (*kept, *trace.waiting) if number not in large}
    folders.tidy(folder, {SESSION, *names, *(_compared(digest) for digest in files)})
    if large:
        raise OSError(errno.EFBIG, f"run {min(large)} has more than {RUN >> 30} GiB")
    return total


def complete(session: Session) -> bool:
    """Whether a folder can hold all that there is. Word vectors, comparisons, the numbers of the laboratories and what
    is looked at for a moment are not written down.
    """
    said = session.prompt["text"] if isinstance(session.prompt, dict) else session.prompt
    numbers = any(work.progress is not None for work in session.experiments.values())
    momentary = session.building or session.ablation is not None or bool(said)
    return not (momentary or numbers or session.compare.trials is not None or session.words.training is not None)


def _file(number: int) -> str:
    return f"run-{number}.safetensors"


def _compared(digest: str) -> str:
    return f"compared-{digest}.safetensors"


def _size(run: Run) -> int:
    """Bytes of its file, about: parameters with two moments, and checkpoints."""
    return 12 * sum(p.numel() for p in run.model.parameters()) + run.checkpoints.size()


def _holds(run: Run) -> tuple[Any, ...]:
    """What has to be the same for a file of this run to be as good as new."""
    history = run.history
    return weakref.ref(run), run.step, run.now, len(run.turns), len(history.marks), len(history.changes)


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
        words=_controls(session.words.edited),
        kind=session.words.kind,
        word=session.words.word,
        compare=_comparison(session),
    )


def _look(session: Session) -> Look:
    chosen = [(trial, name, value) for (trial, name), value in session.intervene.chosen.items() if _plain(value)]
    return Look(
        which=session.which,
        head=session.head,
        shown=session.shown,
        probe=(session.probe_name, session.probe_text),
        experts=_choices(session.experts),
        vectors=_choices(session.vectors),
        trial=session.intervene.trial,
        chosen=chosen[-500:],
    )


def _choices(of: ExpertChoices | VectorChoices) -> dict[str, Any]:
    """Those that are plain values."""
    return {each.name: value for each in fields(of) if _plain(value := getattr(of, each.name))}


def _plain(value: object) -> bool:
    return value is None or (isinstance(value, (str, int, float)) and len(str(value)) <= 200)


def _controls(edited: Edited[Any]) -> Controls:
    return Controls(config=edited.config.model_dump(), raw=edited.raw if edited.problems else None)


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
    )


# ---- reading ----
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
    session.spent = dict(found.spent)
    if found.entry is not None:
        entry = None
        with _left_out(said, f"Run {found.entry.id}"):
            entry = yield from _opened(folder, found.entry)
        if entry is not None:
            session.written.runs[entry.id] = _holds(entry.run)
            session.spent[entry.id] = found.used
            if not found.config:  # only the run itself says what it is
                session.raw, session.preset = plain(entry.run.now), entry.preset
                session.accept()
            session.seat(entry)
            with _left_out(said, "Where you looked"):
                _look_again(session, found.look)
            session.branched = found.branched
    if session.written.waiting:
        session.jobs.begin("shelf", _shelve(session, folder), lambda sentence: None)
    session.notice = " ".join(said)
    return session


def returned(session: Session, why: str) -> str:
    """What to say to the visitor of a woken session. `why`: "restart", or "crash" of the process that it lived in."""
    what = {"restart": "The server restarted", "crash": "The process that computed your run ended"}
    then, now = time.localtime(session.written.at), time.localtime()
    day = "" if then[:3] == now[:3] else f"{then.tm_mday} {time.strftime('%B', then)}, "
    said = f"{what.get(why, what['restart'])}: this is your run of {day}{time.strftime('%H:%M', then)}."
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
    data = folders.read(folder / _file(entry.id), RUN)
    yield
    run = yield from archive.reading(data, too_large, as_it_was=True, most=RUN)
    if entry.diverged is not None:
        run.diverged = Diverged(run.step + 1, entry.diverged.what, run.history.metrics[-1], entry.diverged.lr)
    preset = entry.preset
    if preset not in presets.PRESETS:
        apart = {name: len(differences(each.config, run.now)) for name, each in presets.PRESETS.items()}
        preset = min(apart, key=lambda name: apart[name])
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
            session.written.runs[number] = _holds(entry.run)
            shelf = session.shelf
            shelf.kept = sorted([*shelf.kept, entry], key=lambda one: order.index(one.id) if one.id in order else MOST)
            shelf.fit()
        session.notice = " ".join(filter(None, (session.notice, *said)))
        yield


def _configure(session: Session, found: Saved) -> None:
    if not found.config:
        return
    session.config = RunConfig.model_validate(found.config)
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
    session.page = found.page if found.page in PAGES else session.page
    session.lens = found.lens if found.lens in LENSES else session.lens
    session.opened, session.compared = found.opened, found.compared
    _set(session.positions, found.positions)
    _set(session.words.edited, found.words)
    session.words.kind = "CBOW" if found.kind == "CBOW" else "skip-gram"
    session.words.word = found.word


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
    file = folders.read(folder / _compared(side.file), RUN) if side.file else b""
    return Variant("", side.label, config, file)


def _look_again(session: Session, look: Look) -> None:
    run = session.start()
    session.which, session.head = look.which, look.head
    session.shown = min(look.shown, run.step) if look.shown is not None else None
    for choices, values in ((session.experts, look.experts), (session.vectors, look.vectors)):
        for name, value in values.items():
            choices.take(name, value)
    session.intervene.trial = look.trial
    session.intervene.chosen = {(trial, name): value for trial, name, value in look.chosen}
    name, text = look.probe
    if name != "0":
        session.use_probe(name, text if name == "own" else None)
