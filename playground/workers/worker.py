"""A worker process: one thread, one loop over the sessions that live here. It answers what has arrived, else lets the
one whose turn it is compute a little, and draws for those who watch. It ends with its input, everything written down.

It is long because one loop owns every session and every message, in one thread, so that nothing is guarded.
"""

from __future__ import annotations

import importlib
import os
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import torch

from playground import acts
from playground.acts.layout import layout
from playground.compute import allocator, precision
from playground.compute.device import choose
from playground.folder import cache_folder, data_folder
from playground.settings import presets
from playground.visitors import autosave, folders, waking
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.workers import protocol as p
from playground.workers.remote import RemoteJobs
from playground.workers.resident import Resident
from playground.workers.scheduler import Scheduler, Turn

TELL = 1.0  # seconds between two reports of how things are
GIVE, GIVE_SOON = 30.0, 5.0  # seconds between two times that memory is given back, and after a session has gone
NICE = 5  # the page goes first
LOST = (
    "The process that trained your run ended seconds after the run began, before it was first written down. Press play "
    "to begin again."
)


class Worker:
    """`send` takes a message for the page."""

    def __init__(self, send: Callable[[p.Message], None], folder: Path):
        self.send, self.folder = send, folder
        self.residents: dict[str, Resident] = {}
        self.scheduler = Scheduler()
        self.remote = RemoteJobs(send, self.scheduler)
        self.told = self.gave = 0.0
        self.free = False
        """Whether a session has gone since memory was given back."""
        self.warm: Iterator[None] | None = self._warm()
        self.handlers: dict[type[Any], Callable[[Any], None]] = {
            p.Layout: self._layout,
            p.Attach: self._attach,
            p.Act: self._act,
            p.Watch: self._watch,
            p.Seen: self._seen,
            p.Rest: self._rest,
            p.Forget: self._forget,
            p.Begin: self.remote.begin,
            p.Order: self.remote.order,
            p.End: self.remote.end,
            p.Report: self.remote.report,
        }

    # ---- messages ----
    def obey(self, message: p.Message) -> None:
        """Carry out one message of the page. A fault of ours costs nobody but whoever asked."""
        try:
            self.handlers[type(message)](message)
        except Exception:
            traceback.print_exc()
            if hasattr(message, "re"):
                self.send(p.Answer(message.re))  # a question is answered, whatever happens

    def _layout(self, m: p.Layout) -> None:
        self.send(p.Answer(m.re, body=orjson.dumps(layout(), option=orjson.OPT_SERIALIZE_NUMPY)))

    def _attach(self, m: p.Attach) -> None:
        resident = self.residents.get(m.session)
        if resident is None:
            resident = self.residents[m.session] = Resident(m.session, m.life, partial(self.remote.anywhere, m.session))
            if (self.folder / m.session).is_dir():
                resident.waking = waking.wake(self.folder / m.session, resident.anywhere)
                self.scheduler.add(resident.turn)
            else:
                resident.session = Session(resident.anywhere)
        resident.life = m.life
        if resident.waking is not None:
            resident.waiting.append(m)
            return
        session = resident.session
        assert session is not None
        session.answered, session.apart = m.answered, m.heavy
        if m.lost:
            gone = "train" in m.going and session.run is None and not session.building
            lost = gone and not session.notice  # which says what could not be read
            session.notice = LOST if lost else waking.returned(session, m.lost)
        session.notice, session.written.notice = session.notice or session.written.notice, ""
        acts.go_on(session, m.going)
        resident.begin()
        body = self._done(resident, partial(acts.opened, session, m.query, m.tab), whole=True)
        self._tell()
        self.send(p.Answer(m.re, live=resident.live, body=body))

    def _act(self, m: p.Act) -> None:
        resident = self.residents.get(m.session)
        if resident is None:  # it went to sleep while the event was on its way
            self.send(p.Answer(m.re))
            return
        if resident.waking is not None:
            resident.waiting.append(m)
            return
        session = resident.session
        assert session is not None
        session.answered = max(session.answered, m.n)
        resident.changed, training, going = True, resident.training, session.going
        whole = m.whole or (m.view, m.event) == ("bus", "whole")
        files: list[tuple[str, bytes]] = []

        def act() -> acts.Update:
            if acts.late(session, m.view, m.event, m.data, m.n):
                update = acts.said(session)
            else:
                update = acts.act(session, m.view, m.event, Event(m.data, m.body))
            files.extend(filter(None, [update.pop("~file", None)]))
            return (acts.everything(session) | update) if whole else update

        body = self._done(resident, act, whole=whole)
        resident.came_to_rest = resident.came_to_rest or (training and not resident.training)
        if session.going != going:  # before the answer: should this process die, it is woken as it was left
            self._tell()
        name, data = files[0] if files else ("", b"")
        try:
            self.send(p.Answer(m.re, name, len(body), resident.live, body + data))
        except ValueError as error:  # more than a message takes
            session.notice = f"The file is too large: {error}"
            self.send(p.Answer(m.re, live=resident.live, body=resident.told(_said(session), whole=True)))

    def _done(self, resident: Resident, act: Callable[[], acts.Update], *, whole: bool) -> bytes:
        """What an act changed. A fault of ours is written to the log and said, and costs nobody else anything."""
        session = resident.session
        assert session is not None
        try:
            update = act()
        except Exception as error:
            traceback.print_exc()
            session.notice = f"That did not work: {type(error).__name__}: {error!s:.120}. Nothing was changed."
            update = _said(session)
        if session.jobs:
            self.scheduler.add(resident.turn)
        try:
            return resident.told(update, whole=whole)
        except (TypeError, ValueError):  # a value that is no JSON
            traceback.print_exc()
            session.notice = "A picture could not be drawn. Press reset, or choose a preset."
            resident.last = {}
            return resident.told(_said(session), whole=whole)

    def _watch(self, m: p.Watch) -> None:
        resident = self.residents.get(m.session)
        if resident is not None:
            resident.watched, resident.unseen = m.on, []
            resident.owes = resident.owes or m.on
            resident.hide(m.hidden)

    def _seen(self, m: p.Seen) -> None:
        resident = self.residents.get(m.session)
        if resident is not None:
            resident.seen(m.seq)

    def _rest(self, m: p.Rest) -> None:
        resident = self.residents.get(m.session)
        if resident is None:
            self.send(p.Slept(m.session, ()))
            return
        if resident.waking is not None:
            resident.waiting.append(m)
            return
        assert resident.session is not None
        going = resident.session.going
        problem = self._kept(resident)
        stays = bool(problem) and (resident.training or not m.must)  # let it live on rather than lose it
        if not stays:
            self._freed(resident)
        self.send(p.Slept(m.session, going, stays, problem))

    def _forget(self, m: p.Forget) -> None:
        resident = self.residents.get(m.session)
        if resident is not None and resident.session is not None:
            self._freed(resident)
        folders.forget(self.folder / m.session)

    def _freed(self, resident: Resident) -> None:
        self.scheduler.remove(resident.turn)
        del self.residents[resident.name]
        assert resident.session is not None
        try:
            resident.session.free()
        except Exception:  # of a job that does not end as it should
            traceback.print_exc()
        self.free = True

    # ---- before anybody asks ----
    def _warm(self) -> Iterator[None]:
        """What the first visitor would wait for: an import of the first optimizer, and the probes of the presets."""
        importlib.import_module("torch._dynamo")
        yield
        for preset in presets.PRESETS.values():
            training = preset.config.training
            device = choose(preset.config.device).device
            precision.choose(training.precision, preset.config.model, training.batch, device)
            yield

    # ---- the loop ----
    def work(self) -> None:
        """Let somebody compute a little, draw for those who watch, write down what is due."""
        turn = self.scheduler.next()
        if turn is not None:
            self._run(turn)
        elif self.warm is not None and not self.scheduler.turns:
            self.warm = self.warm if next(self.warm, self) is not self else None
        now = time.monotonic()
        for resident in list(self.residents.values()):
            if resident.session is not None and resident.waiting:
                messages, resident.waiting = resident.waiting, []
                for message in messages:
                    self.obey(message)
            if resident.due(now):
                self._draw(resident, now)
            if resident.keep_due(now):
                self._kept(resident)
        if now - self.gave >= (GIVE_SOON if self.free else GIVE):
            self.free, self.gave = False, now
            allocator.give_back()
        if now - self.told >= TELL:
            self._tell()

    def _run(self, turn: Turn) -> None:
        try:
            self.scheduler.run(turn)
        except Exception:  # a fault of ours, in what nobody catches: the others go on, and so does this one when asked
            traceback.print_exc()
            self.scheduler.remove(turn)

    def _draw(self, resident: Resident, now: float) -> None:
        try:
            body = resident.frame(now)
        except Exception as error:
            session = resident.session
            assert session is not None
            problem = f"This picture could not be drawn: {error!s:.120}. The run goes on."
            if session.notice != problem:  # or the log would be full of it
                traceback.print_exc()
            session.notice = problem
            resident.last = {}
            body = resident.told(_said(session))
            resident.sent(now)
        self.send(p.Frame(resident.name, resident.life, resident.live, body))

    def _kept(self, resident: Resident) -> str:
        """Write a session down; why it could not be, or ""."""
        session = resident.session
        assert session is not None
        resident.saved, resident.saves = time.monotonic(), resident.saves + 1
        if not resident.changed:
            return ""
        try:
            autosave.save(session, self.folder / resident.name)
        except Exception as error:  # a full disk, and whatever else
            why = error.strerror if isinstance(error, OSError) else type(error).__name__
            problem = f"This run could not be written down ({why or error}): a restart would lose it."
            if problem != resident.problem or not session.notice:
                session.notice, resident.owes = problem, True
            if problem != resident.problem and not isinstance(error, OSError):
                traceback.print_exc()
            resident.problem = problem
            return problem
        if resident.problem and session.notice == resident.problem:
            session.notice, resident.owes = "", True
        resident.changed, resident.problem = False, ""
        return ""

    def _tell(self) -> None:
        self.told = time.monotonic()
        self.send(p.Load({name: tuple(loaded(resident)) for name, resident in self.residents.items()}))

    def wait(self) -> float:
        """Seconds to wait for messages."""
        if any(r.due(time.monotonic()) for r in self.residents.values()):
            return 0.0
        if self.warm is not None and not self.scheduler.turns:
            return 0.0
        least = self.scheduler.wait()
        return TELL if least is None else min(least, TELL)

    def close(self) -> None:
        """Write everything down."""
        for resident in self.residents.values():
            if resident.session is not None:
                with suppress(Exception):
                    self._kept(resident)


def loaded(resident: Resident) -> p.Told:
    """How a session is doing."""
    session = resident.session
    if session is None:
        return p.Told(1, 0, 0.0, ())
    held = sum(kept.bytes() for kept in session.runs())
    held += session.compare.trials.bytes() if session.compare.trials is not None else 0
    held += session.desk.reader.bytes() if session.desk.reader is not None else 0
    return p.Told(len(session.jobs.running), held, session.pace, session.going, session.opens)


def _said(session: Session) -> acts.Update:
    """What there is to say, after something went wrong: where that cannot be drawn either, nothing."""
    try:
        return acts.said(session)
    except Exception:
        traceback.print_exc()
        return {}


def main() -> None:
    """Work until the input ends or the process is told to."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it goes to the page, which ends this process by ending its input
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(1))
    out, source = os.dup(1), 0
    os.dup2(2, 1)  # nothing else may write between the messages

    def send(message: p.Message) -> None:
        data = memoryview(p.encoded(message))
        try:
            while data:
                data = data[os.write(out, data) :]
        except BrokenPipeError:  # the page is gone: its end is read next, and everything written down
            over.append(1)

    precision.MEASURED.at(cache_folder())
    decoder, worker = p.Decoder(), Worker(send, data_folder())
    polite = False
    while not over:
        ready, _, _ = select.select([source], [], [], worker.wait())
        if ready:
            data = os.read(source, 1 << 20)
            if not data:
                break
            for message in decoder.feed(data):
                worker.obey(message)
            if not polite:  # from the first answer on: until then the page waits for it
                polite = True
                with suppress(OSError, AttributeError):
                    os.nice(NICE)
        worker.work()
    worker.close()


if __name__ == "__main__":
    main()
