"""A worker as one loop over its sessions, driven here by hand: what it says is put into a list."""

from __future__ import annotations

import errno
import gc
import json
import time
import weakref

import pytest

from playground import acts
from playground.settings.edited import Edited
from playground.settings.forms import plain
from playground.settings.presets import changed
from playground.visitors import autosave, folders
from playground.words.lab import WordLab
from playground.words.settings import KINDS, WordSettings
from playground.workers import protocol as p
from playground.workers import remote
from playground.workers import resident as residents
from playground.workers import worker as workers
from tests.playground.small import TINY
from tests.playground.test_fork import same

NAME, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
WORDS = {"sentences": 400, "model": {"dimension": 4, "epochs": 2}, "pace": None}
SMALL = TINY | {"training.steps": 60, "training.batch": 4}


class Hand:
    """The page's side of one worker."""

    def __init__(self, folder):
        self.said: list = []
        self.worker = workers.Worker(self.said.append, folder)
        self.worker.warm = None
        self.life = self.n = self.re = 0

    def ask(self, message):
        """The answer to a question; a session that wakes is waited for."""
        before = len(self.said)

        def answers():
            return [m for m in self.said[before:] if isinstance(m, p.Answer) and m.re == message.re]

        self.worker.obey(message)
        self.until(answers)
        return answers()[-1]

    def attach(self, name=NAME, **more):
        self.life, self.re = self.life + 1, self.re + 1
        return json.loads(self.ask(p.Attach(self.re, name, self.life, {}, **more)).body)

    def act(self, view, event, name=NAME, **data):
        self.n, self.re = self.n + 1, self.re + 1
        answer = self.ask(p.Act(self.re, name, self.n, view, event, data))
        return json.loads(answer.body[: answer.text or None]) if answer.body else None

    def session(self, name=NAME):
        return self.worker.residents[name].session

    def begin(self, name=NAME):
        """A session with a small run."""
        self.attach(name)
        self.session(name).load(plain(changed("induction", SMALL)))
        self.act("transport", "play", name)
        return self.session(name)

    def until(self, there, seconds=30.0):
        end = time.monotonic() + seconds
        while not there():
            assert time.monotonic() < end, "it never came to be so"
            self.worker.work()

    def at(self, step, name=NAME):
        self.until(lambda: self.session(name).run is not None and self.session(name).run.step >= step)

    def rest(self, name=NAME, **more) -> p.Slept:
        before = len(self.said)
        self.worker.obey(p.Rest(name, **more))
        (slept,) = [m for m in self.said[before:] if isinstance(m, p.Slept)]
        return slept

    def frames(self, name=NAME):
        return [json.loads(m.body) for m in self.said if isinstance(m, p.Frame) and m.session == name]


@pytest.fixture
def hand(tmp_path) -> Hand:
    return Hand(tmp_path)


@pytest.fixture
def full(monkeypatch):
    """A disk that takes nothing, until it is told otherwise."""
    real, state = folders.write, {"full": True, "tried": 0}

    def write(path, data):
        state["tried"] += 1
        if state["full"]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, data)

    monkeypatch.setattr(folders, "write", write)
    return state


def broken(*args, **kwargs):
    raise ZeroDivisionError("a bug")


# ---- training, sleeping, waking ----
def test_one_that_slept_in_the_middle_of_training_ends_as_if_it_never_had(hand, tmp_path):
    alone = hand.begin(OTHER)
    hand.until(lambda: not alone.jobs)
    hand.begin()
    hand.at(20)
    slept = hand.rest()
    assert slept == p.Slept(NAME, ("train",))
    assert NAME not in hand.worker.residents
    elsewhere = Hand(tmp_path)
    elsewhere.life = 5
    said = elsewhere.attach(going=slept.going)
    assert said["life"] == 6
    assert said["live"]
    assert 20 <= said["values"]["transport"]["step"] < 60
    session = elsewhere.session()
    assert session.running
    assert session.run.step >= 20
    elsewhere.until(lambda: not session.jobs)
    assert session.run.step == alone.run.step == 60
    assert same(session.run, alone.run)
    assert session.run.history.metrics == alone.run.history.metrics


def test_one_whose_model_is_still_to_be_built_builds_it_where_it_wakes(hand, tmp_path):
    session = hand.begin()
    hand.until(lambda: not session.jobs)  # its steps are used
    hand.act("form:Model", "edit", at="model.layers", value=1)
    hand.act("column", "restart")
    assert session.building
    slept = hand.rest()
    assert slept == p.Slept(NAME, ("train",))
    elsewhere = Hand(tmp_path)
    elsewhere.attach(going=["train"])
    elsewhere.until(lambda: not elsewhere.session().jobs)
    assert (elsewhere.session().run.now.model.layers, elsewhere.session().run.step) == (1, 60)


def test_it_sleeps_at_rest_and_wakes_at_rest(hand):
    session = hand.begin()
    hand.at(10)
    hand.act("transport", "pause")
    step = session.run.step
    assert hand.rest() == p.Slept(NAME, ())
    said = hand.attach(going=())
    assert not said["live"]
    assert said["values"]["transport"]["step"] == step
    assert said["values"]["transport"]["note"] == ""


def test_word_vectors_go_on_where_it_wakes_and_end_as_if_it_never_had_slept(hand, tmp_path):
    alone = WordLab(Edited(WordSettings.model_validate(WORDS)))
    hand.attach()
    hand.session().words.edited = Edited(WordSettings.model_validate(WORDS))
    hand.act("wordbar", "play")
    lab = hand.session().words
    hand.until(lambda: lab.training is not None and lab.training.words >= 2000)
    slept = hand.rest()
    assert slept == p.Slept(NAME, ("words",))
    other = Hand(tmp_path)
    said = other.attach(going=slept.going, tab="embeddings")
    assert said["live"]
    woken = other.session().words
    assert 2000 <= woken.training.words < woken.training.total
    assert said["values"]["wordbar"]["words"] == woken.training.words
    other.until(lambda: not other.session().jobs)
    ended = alone.ready().finish()
    assert woken.training.finished
    assert all(woken.training.models[kind].vectors.equal(ended.models[kind].vectors) for kind in KINDS)
    other.rest()
    last = Hand(tmp_path)
    last.attach(tab="embeddings")
    assert last.session().words.training.finished
    assert not last.session().jobs


def test_word_vectors_in_training_are_no_reason_to_train_a_run_that_rests(hand):
    hand.begin()
    hand.at(5)
    hand.act("transport", "pause")
    hand.act("wordbar", "play")
    assert "words" in hand.session().jobs
    assert hand.rest() == p.Slept(NAME, ("words",))


def test_one_that_trains_may_move_and_one_that_computes_something_else_too_may_not(hand):
    hand.begin()
    hand.at(2)
    told = workers.loaded(hand.worker.residents[NAME])
    assert told.movable
    assert told.bytes > 0
    hand.act("wordbar", "play")
    assert not workers.loaded(hand.worker.residents[NAME]).movable


def test_after_a_crash_it_is_said_whose_run_it_is_and_it_trains_on(hand, tmp_path):
    hand.begin()
    hand.at(10)
    hand.worker.close()
    other = Hand(tmp_path)
    said = other.attach(going=["train"], lost="crash")
    assert "The process that computed your run ended: this is your run of" in said["values"]["transport"]["note"]
    assert said["live"]


def test_what_could_not_be_read_is_said_after_a_restart_too(hand, tmp_path):
    hand.begin()
    hand.at(5)
    hand.rest()
    for file in (tmp_path / NAME).glob("run-*"):
        file.write_bytes(b"junk")
    said = Hand(tmp_path).attach(lost="restart")
    assert "could not be read back" in said["values"]["transport"]["note"]


def test_what_arrives_while_it_wakes_is_carried_out_in_order_afterwards(hand, tmp_path):
    hand.begin()
    hand.at(5)
    hand.act("transport", "pause")
    hand.rest()
    other = Hand(tmp_path)
    for message in (
        p.Attach(1, NAME, 2, {}),
        p.Watch(NAME, True),
        p.Act(2, NAME, 1, "transport", "play", {}),
        p.Act(3, NAME, 2, "transport", "pause", {}),
        p.Rest(NAME),
        p.Act(4, NAME, 3, "transport", "play", {}),
    ):
        other.worker.obey(message)
    other.until(lambda: any(isinstance(m, p.Answer) and m.re == 4 for m in other.said))
    kinds = [(type(m).__name__, getattr(m, "re", None)) for m in other.said if not isinstance(m, (p.Load, p.Frame))]
    assert kinds == [("Answer", 1), ("Answer", 2), ("Answer", 3), ("Slept", None), ("Answer", 4)]
    (last,) = [m for m in other.said if isinstance(m, p.Answer) and m.re == 4]
    assert last.body == b""  # it sleeps, and the page gives it a home again


def test_a_session_that_was_let_go_is_freed(hand):
    gone = weakref.ref(hand.begin())
    hand.at(5)
    hand.rest()
    gc.collect()
    assert gone() is None
    assert hand.worker.scheduler.turns == []


# ---- frames ----
def test_frames_wait_for_the_page_and_go_on_when_it_has_drawn(hand, monkeypatch):
    monkeypatch.setattr(residents, "HZ", 1e9)
    hand.begin()
    hand.worker.obey(p.Watch(NAME, True))
    hand.at(20)
    assert len(hand.frames()) == residents.AHEAD
    hand.worker.obey(p.Seen(NAME, hand.frames()[-1]["seq"]))
    hand.at(40)
    assert len(hand.frames()) == 2 * residents.AHEAD
    hand.worker.obey(p.Seen(NAME, 10**12))
    hand.until(lambda: not hand.session().jobs)
    hand.worker.obey(p.Seen(NAME, 10**12))
    hand.until(lambda: not hand.frames()[-1]["live"])
    assert [m["seq"] for m in hand.frames()] == list(range(hand.frames()[0]["seq"], hand.frames()[-1]["seq"] + 1))


def test_a_page_that_opens_is_drawn_nothing_before_it_watches(hand):
    hand.begin()
    hand.worker.obey(p.Watch(NAME, True))
    hand.attach()
    hand.at(30)
    assert hand.frames() == []


def test_a_picture_that_cannot_be_drawn_is_said_now_and_then_and_the_run_goes_on(hand, monkeypatch, capfd):
    hand.begin()
    hand.at(2)
    hand.worker.obey(p.Watch(NAME, True))
    monkeypatch.setattr(acts, "frame", broken)
    hand.until(lambda: not hand.session().jobs)
    assert hand.session().run.step == 60
    assert 0 < len(hand.frames()) <= residents.AHEAD
    assert "could not be drawn: a bug" in hand.frames()[-1]["values"]["transport"]["note"]
    assert capfd.readouterr().err.count("ZeroDivisionError") <= 2


# ---- faults ----
def test_a_bug_in_an_act_is_a_sentence_and_costs_nobody_anything(hand, monkeypatch):
    hand.begin()
    hand.begin(OTHER)
    monkeypatch.setitem(acts.ACTS["transport"], "seek", broken)
    said = hand.act("transport", "seek", step=3)
    assert "That did not work: ZeroDivisionError: a bug" in said["values"]["transport"]["note"]
    hand.until(lambda: not hand.session().jobs and not hand.session(OTHER).jobs)
    assert hand.session().run.step == hand.session(OTHER).run.step == 60


def test_a_bug_in_all_that_is_said_leaves_an_answer(hand, monkeypatch):
    hand.begin()
    monkeypatch.setattr(acts, "said", broken)
    monkeypatch.setitem(acts.ACTS["transport"], "seek", broken)
    assert hand.act("transport", "seek", step=3)["values"] == {}
    monkeypatch.setattr(acts, "opened", broken)
    assert hand.attach()["values"] == {}
    hand.at(30)


def test_a_question_is_answered_whatever_happens(hand, monkeypatch):
    hand.attach()
    monkeypatch.setattr(hand.worker, "_done", broken)
    assert hand.act("transport", "play") is None
    hand.worker.obey(p.Report("nobody's", {}))
    assert hand.said[-1] == p.End("nobody's")


def test_a_bug_in_a_job_is_said_and_the_session_lives(hand):
    session = hand.begin()
    hand.at(5)
    session.run.advancing = broken
    hand.until(lambda: "train" not in session.jobs)
    said = hand.attach()["values"]["transport"]
    assert "Stopped by an error: ZeroDivisionError: a bug. The run is at step" in said["note"]
    del session.run.advancing
    hand.act("transport", "play")
    hand.until(lambda: not session.jobs)
    assert session.run.step == 60


def test_a_bug_in_what_says_it_costs_the_other_jobs_nothing(hand):
    session = hand.begin()
    hand.begin(OTHER)
    session.jobs.begin("odd", (1 / 0 for _ in range(3)), broken)
    hand.until(lambda: not session.jobs and not hand.session(OTHER).jobs)
    assert session.run.step == 60


def test_a_remote_job_with_a_bug_is_reported_and_whose_it_was_is_told(hand, monkeypatch):
    class Bad:
        def __init__(self, spec, body, tell):
            self.spec = spec

        def steps(self):
            yield
            raise ZeroDivisionError("a bug")

        def order(self, do, **what):
            raise ZeroDivisionError("a bug")

    monkeypatch.setitem(remote.REMOTE, "bad", Bad)
    hand.worker.obey(p.Begin("job", "bad", {}))
    hand.worker.obey(p.Order("job", "train", {}))
    hand.until(lambda: "job" not in hand.worker.remote.running)
    said = [m.data for m in hand.said if isinstance(m, p.Report)]
    assert said == [{"error": "a bug"}, {"error": "Stopped by an error: ZeroDivisionError: a bug", "ended": True}]
    hand.worker.obey(p.Begin("other", "unknown", {}))
    assert hand.said[-1].data["ended"]


def test_a_listener_with_a_bug_hears_no_more_once_it_has_ended(hand):
    hand.worker.remote.listening["job"] = broken
    hand.worker.obey(p.Report("job", {"ended": True}))
    assert "job" not in hand.worker.remote.listening


def test_a_file_larger_than_a_message_is_a_sentence(hand, monkeypatch):
    hand.begin()
    hand.at(2)
    hand.act("transport", "pause")
    monkeypatch.setattr(p, "MOST", 200_000)
    send, huge = hand.said.append, p.MOST

    def sent(message):
        p.encoded(message)
        send(message)

    hand.worker.send = sent
    monkeypatch.setattr(hand.session(), "dump", lambda number: ("run.safetensors", b"x" * huge))
    said = hand.act("shelf", "save", id=1)
    assert "The file is too large" in said["values"]["transport"]["note"]


# ---- the disk ----
def test_a_full_disk_keeps_a_training_session_alive_and_says_so(hand, full):
    session = hand.begin()
    hand.at(5)
    slept = hand.rest(must=True)
    assert (slept.going, slept.stays) == (("train",), True)
    assert "No space left on device" in slept.problem
    hand.worker.obey(p.Watch(NAME, True))
    hand.until(lambda: hand.frames())
    assert "could not be written down (No space left" in hand.frames()[-1]["values"]["transport"]["note"]
    hand.until(lambda: not session.jobs)
    assert session.run.step == 60


def test_a_paused_run_is_not_let_go_unless_it_must(hand, full):
    hand.begin()
    hand.at(5)
    hand.act("transport", "pause")
    assert hand.rest().stays
    assert hand.act("transport", "step")["values"]["transport"]
    hand.until(lambda: not hand.session().jobs)
    assert not hand.rest(must=True).stays
    assert NAME not in hand.worker.residents


def test_when_the_disk_has_room_again_it_is_written_and_the_sentence_goes(hand, full, tmp_path):
    session = hand.begin()
    hand.at(5)
    hand.rest()
    assert "could not be written down" in session.notice
    full["full"] = False
    hand.worker.residents[NAME].saved = -1e9  # it is late
    hand.until(lambda: (tmp_path / NAME / folders.SESSION).is_file())
    assert session.notice == ""


def test_any_other_fault_in_writing_is_survived_too(hand, monkeypatch):
    session = hand.begin()
    hand.at(5)
    monkeypatch.setattr(autosave, "save", broken)
    assert hand.rest().stays
    hand.worker.close()
    hand.until(lambda: not session.jobs)
    assert session.run.step == 60


def test_a_clock_set_back_changes_nothing(hand, monkeypatch, tmp_path):
    session = hand.begin()
    hand.at(5)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 3600)
    hand.at(20)
    hand.act("transport", "pause")
    step = session.run.step
    hand.rest()
    said = hand.attach(lost="restart")
    assert said["values"]["transport"]["step"] == step
    assert "this is your run of" in said["values"]["transport"]["note"]


# ---- turns ----
def test_everybody_gets_a_turn_and_a_hidden_one_a_smaller_share(hand):
    for name in (NAME, OTHER):
        hand.begin(name)
    hand.worker.obey(p.Watch(OTHER, False, True))
    hand.until(lambda: not hand.session().jobs)
    assert 0 < hand.session(OTHER).run.step < 60
    hand.until(lambda: not hand.session(OTHER).jobs)


def test_it_tells_how_things_are_and_that_it_lives(hand, monkeypatch):
    monkeypatch.setattr(workers, "TELL", 0.0)
    hand.begin()
    hand.at(2)
    load = [m for m in hand.said if isinstance(m, p.Load)][-1]
    told = p.Told(*load.sessions[NAME])
    assert told.jobs == 1
    assert list(told.going) == ["train"]
    assert p.encoded(load)


def test_what_the_page_says_of_nobody_is_harmless(hand):
    for message in (p.Watch(NAME, True), p.Seen(NAME, 1), p.Order("j", "x", {}), p.End("j"), p.Forget(NAME)):
        hand.worker.obey(message)
    assert hand.rest() == p.Slept(NAME, ())
    assert hand.act("transport", "play") is None
