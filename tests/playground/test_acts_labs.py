"""Events of the laboratories: what computes is a job, what is pressed last counts, and no event can raise."""

from __future__ import annotations

import json
from typing import Any

import pytest

from playground.acts import ACTS, FRAMES
from playground.acts.layout import every_part
from playground.experiments.cost import AttentionCost
from playground.laboratories import LABORATORIES
from playground.laboratories.embeddings import dense
from playground.laboratories.embeddings.dense import view as dense_view
from playground.laboratories.positions import TABS
from playground.lenses.lens import panels
from playground.visitors import work as work_module
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.words import training as words_training
from playground.words.settings import WordSettings
from playground.words.training import Quick
from tests.playground.small import trained

PAGES = {"positions": LABORATORIES["positions"], "embeddings": LABORATORIES["embeddings"]}
VIEWS = {panel.view for page in PAGES.values() for panel in panels(every_part(page))} | {
    page.bar for page in PAGES.values()
}
OURS = {job: frame for (page, job), frame in FRAMES.items() if page in PAGES}


def press(session: Session, view: str, name: str, **data: Any) -> dict[str, Any]:
    """Carry out one event, as the worker does; what it answers with is JSON."""
    update = ACTS[view][name](session, Event(data))
    json.dumps(update, allow_nan=False)
    return update


def compute(session: Session, job: str, most: int = 1_000_000) -> dict[str, Any]:
    """Let a job go on; returns its picture then."""
    for _ in range(most):
        if job not in session.jobs:
            break
        session.jobs.advance(session.jobs.running[job])
    update = OURS[job](session, True)
    json.dumps(update, allow_nan=False)
    return update


@pytest.fixture
def session() -> Session:
    made = Session()
    for path, value in (("sentences", 300), ("model.dimension", 8), ("model.epochs", 2), ("pace", None)):
        made.words.edit(path, value)
    return made


@pytest.fixture
def slow(monkeypatch) -> Quick:
    """Nothing has been read for the page yet, and there is little to read."""
    fresh = Quick()
    monkeypatch.setattr(words_training, "WordSettings", lambda: WordSettings(sentences=300))
    for module in (dense, dense_view):
        monkeypatch.setattr(module, "QUICK", fresh)
    return fresh


# ---- word2vec ----
def test_the_page_opens_at_once_and_shows_the_maps_when_they_are_built(session):
    first = press(session, "wordbar", "open")
    assert (first["wordbar"]["state"], first["wordlab"]["words"]) == ("ready", "")
    shown = compute(session, "words")
    assert len(json.loads(shown["wordlab"]["words"])) > 100
    assert shown["wordbar"]["state"] == "ready"
    assert "words" not in session.jobs
    assert press(session, "wordbar", "open")["wordlab"]["words"] == shown["wordlab"]["words"]


def test_play_pause_and_go_on(session):
    session.answered = 7
    assert press(session, "wordbar", "play")["wordbar"]["state"] == "running"
    shown = compute(session, "words", 40)["wordbar"]
    assert (shown["state"], shown["answers"], shown["words"] > 0) == ("running", 7, True)
    paused = press(session, "wordbar", "pause")
    assert (paused["wordbar"]["state"], paused["wordbar"]["words"]) == ("paused", shown["words"])
    assert "words" not in session.jobs
    press(session, "wordbar", "play")
    assert compute(session, "words")["wordbar"]["state"] == "finished"
    press(session, "wordbar", "play")  # from the start
    assert compute(session, "words", 40)["wordbar"]["state"] == "running"
    assert press(session, "wordbar", "reset")["wordbar"]["state"] == "ready"
    assert compute(session, "words")["wordbar"]["state"] == "ready"
    assert session.words.training.words == 0


def test_controls_wait_for_a_restart_but_before_the_first_word_they_act(session):
    press(session, "wordbar", "open")
    compute(session, "words")
    press(session, "form:Words: Training", "edit", at="model.window", value=3)
    press(session, "form:Words: Training", "edit", at="model.window", value=2)
    compute(session, "words")
    assert session.words.training.settings.model.window == 2
    press(session, "wordbar", "play")
    compute(session, "words", 40)
    shown = press(session, "form:Words: Training", "edit", at="model.dimension", value=4)
    assert shown["wordbar"]["pending"] == "dimension 8 → 4"
    assert json.loads(shown["form:Words: Training"]["marks"])["model.dimension"][0] == "pending"
    again = press(session, "wordbar", "again")["wordbar"]
    assert (again["state"], again["words"], again["pending"]) == ("running", 0, "")
    compute(session, "words", 40)
    assert session.words.training.settings.model.dimension == 4
    assert session.words.training.words > 0


def test_a_text_without_words_is_refused_in_the_form_and_a_better_one_trains(session):
    press(session, "wordbar", "open")
    compute(session, "words")
    press(session, "form:Words: Corpus", "edit", at="corpus", value="own text")
    shown = compute(session, "words")
    assert (shown["wordbar"]["state"], shown["wordbar"]["note"]) == ("refused", session.words.refused)
    assert json.loads(shown["form:Words: Corpus"]["marks"])["text"][0] == "error"
    press(session, "wordbar", "play")
    assert compute(session, "words")["wordbar"]["state"] == "refused"
    press(session, "form:Words: Corpus", "edit", at="text", value="the cat sat on the mat. " * 40)
    assert compute(session, "words")["wordbar"]["state"] == "ready"
    press(session, "wordbar", "play")
    assert compute(session, "words")["wordbar"]["state"] == "finished"


def test_links_choose_words_and_change_settings(session):
    press(session, "wordbar", "open")
    compute(session, "words")
    assert press(session, "finding-words", "do", action="select:red")["wordlab"]["word"] == "red"
    assert "no one" in press(session, "wordlab", "select", word="no one")["wordlab"]["unknown"]
    shown = press(session, "notes-live", "do", action="analogy:king,father,mother")
    assert json.loads(shown["wordlab"]["analogy"])["abc"] == ["king", "father", "mother"]
    assert press(session, "wordlab", "look", hold=True)["wordlab"]["hold"] is True
    press(session, "notes-live", "do", action='set:{"model.dimension": 2, "sentences": 300}')
    assert (session.words.edited.config.model.dimension, session.words.edited.config.model.epochs) == (2, 12)
    assert compute(session, "words", 40)["wordbar"]["state"] == "running"


@pytest.mark.parametrize("what", ["word2vec", "vectors", "metadata"])
def test_files_are_written_in_slices(session, what):
    assert "error" in press(session, "wordlab", "save", what=what, kind="CBOW")["download"]  # nothing is built yet
    press(session, "wordbar", "open")
    compute(session, "words")
    assert press(session, "wordlab", "save", what=what, kind="CBOW") == {}
    file = compute(session, "words-save")["download"]
    assert file["text"].count("\n") >= len(session.words.training.text.vocabulary)
    again = press(session, "wordlab", "save", what="pickle", kind="CBOW")["download"]
    assert again["n"] > file["n"]
    assert "no such file" in again["error"]


def test_without_a_run_the_two_matrices_wait_for_one_that_is_read_once_for_all(session, slow):
    assert press(session, "embedding-tabs", "turn", id="live") == {}
    assert press(session, "embedding-tabs", "turn", id="dense")["similar"]["words"] == ""
    assert slow.training is None  # the answer did not wait
    other = Session()
    press(other, "similar", "open")
    for _ in range(3):
        compute(session, "words-quick", 2)
        compute(other, "words-quick", 2)
    shown = compute(session, "words-quick")
    assert "a run made for this page" in shown["similar"]["where"]
    compute(other, "words-quick")
    assert dense_view.shown(other.words) is dense_view.shown(session.words) is slow.ready
    kept = slow.training
    assert json.loads(press(session, "similar", "compare", text="dog, cat")["similar"]["words"]) == ["dog", "cat"]
    assert press(session, "similar", "method", kind="CBOW")["similar"]["kind"] == "CBOW"
    assert press(session, "notes-dense", "do", action="words:red%2C%20blue")["similar"]["typed"] == "red, blue"
    assert slow.training is kept
    assert "words-quick" not in session.jobs


# ---- input vectors ----
def test_an_input_vector_is_shown_with_and_without_a_run():
    session = Session()
    assert press(session, "inputvector", "see") == {}
    shown = compute(session, "input")["inputvector"]
    assert shown["step"] is None
    assert press(session, "inputvector", "see", place=1)["inputvector"]["place"] == 1
    assert press(trained(2), "inputvector", "see")["inputvector"]["step"] == 2


# ---- positions ----
def test_the_page_opens_with_its_address_and_turns_to_its_tab():
    session = Session()
    shown = press(session, "schemes", "open", query={"p.tab": '"relative"', "p.query": "7", "p.nothing": "1", "x": "1"})
    assert shown["tabs"]["name"] == "relative"
    assert session.positions.config.query == 7
    assert "was left out" in shown["schemes"]["problem"]
    assert {"shift-head", "shifts", "scores-here", "form:Positions: Rotation", "kept"} <= shown.keys()
    again = press(session, "schemes", "open", query={})
    assert again["tabs"]["n"] > shown["tabs"]["n"]
    assert session.positions.config.query == 7


def test_every_tab_draws_and_controls_edit_it():
    session = Session()
    for tab in TABS:
        shown = press(session, "position-tabs", "turn", id=tab)
        assert session.positions.config.tab == tab
        assert shown.keys() - press(session, "position-tabs", "turn", id="nowhere").keys() == set()
    press(session, "position-tabs", "turn", id="decay")
    shown = press(session, "schemes", "edit", at="position.kind", value="ALiBi")
    assert shown["label"] == {"id": "position-scheme", "text": "Slopes"}
    assert "ALiBi" in shown["decay"]["said"]
    press(session, "kept", "do", action="keep")
    press(session, "form:Positions: Rotation", "edit", at="heads", value=4)
    press(session, "decay-notes", "do", action='set:{"position.base": 100, "position.kind": "RoPE"}')
    assert (session.positions.config.position.kind, session.positions.config.position.base) == ("RoPE", 100)
    assert len(session.positions.config.kept) == 1
    press(session, "kept", "do", action="drop:²")
    assert len(session.positions.config.kept) == 1
    press(session, "kept", "do", action="drop:0")
    press(session, "kept", "do", action="reset")
    assert session.positions.config == Session().positions.config


@pytest.mark.parametrize("value", ["nowhere", 3, None, ["decay"], {}, "scheme"])
@pytest.mark.parametrize("at", ["tab", "kept"])
def test_no_control_edits_the_tab_or_what_is_kept(at, value):
    session = Session()
    assert "schemes" in press(session, "schemes", "edit", at=at, value=value)
    press(session, "decay-notes", "do", action=f"set:{json.dumps({at: value})}")
    assert session.positions.config == Session().positions.config
    assert not session.positions.problems


def test_heads_are_looked_at_on_the_run_of_the_playground():
    session = trained(3)
    shown = press(session, "trained-heads", "select", layer=1, head=1)["trained-heads"]
    assert (shown["layer"], shown["head"]) == (1, 1)
    assert press(session, "trained-heads", "probe", text="§")["trained-heads"]["error"]
    blank = Session()
    assert press(blank, "trained-heads", "ablate", layer=0, head=0)["trained-heads"]["empty"]
    assert (blank.run, blank.notice) == (None, "")


# ---- experiments ----
def test_an_experiment_runs_stops_and_runs_again():
    session = Session()
    press(session, "form:Positions: cost", "edit", at="longest", value=256)
    press(session, "cost-notes", "do", action='set:{"rounds": 2}')
    assert press(session, "cost-bar", "begin")["cost-bar"]["state"] == "running"
    shown = compute(session, "cost", 8)
    assert "Round 1 of 2" in shown["cost-bar"]["words"]
    assert json.loads(shown["cost-table"]["rows"])
    stopped = press(session, "cost-bar", "halt")
    assert (stopped["cost-bar"]["state"], "cost" in session.jobs) == ("idle", False)
    assert stopped["cost-bar"]["words"] == "Stopped: these are the numbers so far."
    press(session, "cost-bar", "halt")
    press(session, "cost-bar", "begin")
    done = compute(session, "cost")
    assert done["cost-bar"]["words"] == "Done."
    assert "time" in done["cost-time"]["title"].lower()
    changed = press(session, "form:Positions: cost", "edit", at="rounds", value=3)
    assert "The settings have changed" in changed["cost-bar"]["words"]


def test_chips_choose_what_takes_part_and_what_is_wrong_does_not_run():
    session = Session()
    picked = press(session, "length-bar", "pick", at="schemes", value=["RoPE", "none"])
    assert session.experiments["length"].edited.config.schemes == ("RoPE", "none")
    assert json.loads(picked["length-bar"]["picks"])
    assert press(session, "length-bar", "pick", at="schemes", value=[])["length-bar"]["tone"] == "error"
    assert press(session, "length-bar", "begin")["length-bar"]["state"] == "idle"
    assert "length" not in session.jobs


def test_two_visitors_experiments_are_their_own():
    one, other = Session(), Session()
    press(one, "cost-bar", "begin")
    assert press(other, "cost-bar", "halt")["cost-bar"]["words"] == "Not run yet."
    assert "cost" in one.jobs


def working(steps) -> tuple[Session, work_module.Work]:
    session, work = Session(), work_module.Work(AttentionCost(), steps)
    session.experiments["cost"] = work
    return session, work


def test_a_budget_of_computing_a_sentence_and_an_error_each_end_it(monkeypatch):
    closed = []

    def endless(config):
        try:
            while True:
                yield None
        finally:
            closed.append(True)

    def refused(config):
        yield None
        raise ValueError("Nothing can be measured here.")

    def broken(config):
        yield None
        raise RuntimeError("out of luck")

    monkeypatch.setattr(work_module, "SECONDS", 0.0)
    session, _ = working(endless)
    press(session, "cost-bar", "begin")
    assert "limit of one run" in compute(session, "cost")["cost-bar"]["words"]
    assert closed
    monkeypatch.setattr(work_module, "SECONDS", 240.0)
    session, _ = working(refused)
    press(session, "cost-bar", "begin")
    shown = compute(session, "cost")["cost-bar"]
    assert (shown["words"], shown["tone"]) == ("Nothing can be measured here.", "error")
    session, _ = working(broken)
    press(session, "cost-bar", "begin")
    shown = compute(session, "cost")["cost-bar"]
    assert "out of luck" in shown["words"]
    assert "Change a setting" in shown["words"]


# ---- all of them ----
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1.5,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "²",
    "x" * 5000,
    "set:",
    "set:[]",
    'set:""',
    "set:3",
    "set:{",
    'set:{"": {}}',
    'set:{"tab": []}',
    'set:{"schemes": {"a": 1}}',
    'set:{"model.dimension": 1e999, "pace": "x"}',
    "set:" + "[" * 3000,
    "drop:²",
    "drop:-1",
    "analogy:,,",
    "select:%00",
    "words:%FF",
    "keep",
    "\ud800",
    [],
    [[[]]],
    {},
    {"a": {"b": None}},
    {"p.tab": "[[", "p.kept": "3", "p.position": "{}", "p.query": "1e400"},
)
FIELDS = ("at", "value", "action", "query", "id", "word", "text", "hold", "a", "b", "c", "what", "kind", "layer")
FIELDS += ("head", "which", "place", "chosen", "boundary", "table", "axes", "stack", "n")
PATHS = ("tab", "kept", "position.kind", "position.base", "model.dimension", "model", "corpus", "text", "pace", "seed")
PATHS += ("schemes", "schemes.0", "position", ".", "..", "longest", "heads", "sight", "query", "position.scaling.way")


DIFFERENT = {id(act): (view, name) for view in sorted(VIEWS & ACTS.keys()) for name, act in ACTS[view].items()}
"""Many views share an act."""


@pytest.mark.parametrize(("view", "name"), DIFFERENT.values())
def test_no_event_raises_whatever_is_in_its_fields(view, name):
    events: list[dict[str, Any]] = [{}, *(dict.fromkeys(FIELDS, odd) for odd in ODD)]
    if name in ("edit", "pick"):
        events += [{"at": path, "value": odd} for path in PATHS for odd in ODD]
    for session in [Session(), *([trained(1)] if view in ("trained-heads", "inputvector") else [])]:
        session.words.edit("sentences", 60)
        session.words.ready()
        for data in events:
            ACTS[view][name](session, Event(data))
            session.jobs.clear()
        for job, frame in OURS.items():
            if job != "words-quick":
                frame(session, True)
                frame(session, False)
