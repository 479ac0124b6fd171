"""Word vectors in training are written down and go on bit for bit, wherever they stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load, save

from models.word2vec import Word2Vec, Word2VecConfig
from playground.laboratories.embeddings.live import acts
from playground.settings.edited import Edited
from playground.visitors import autosave
from playground.visitors.event import Event
from playground.visitors.folders import WORDS
from playground.visitors.session import Session
from playground.words import kept
from playground.words.settings import KINDS, WordSettings
from playground.words.text import done
from playground.words.training import Training
from tests.playground.jobs import advance, finish
from tests.playground.test_autosave import NAME, woken

SMALL = WordSettings.model_validate({"sentences": 300, "model": {"dimension": 6, "epochs": 3}, "pace": None})
FEW = {"corpus": "own text", "text": "a b. b a. a b", "model": {"dimension": 2, "epochs": 2, "min_count": 1}}


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "data" / NAME


def same(one: Training, other: Training) -> bool:
    tables = [getattr(t.models[k], name) for t in (one, other) for k in KINDS for name in ("vectors", "outputs")]
    places = [t.maps[k].places_WP for t in (one, other) for k in KINDS]
    curves = [[p._replace(seconds=0.0) for p in t.points[1:]] for t in (one, other)]
    ids = [[side for each in t.kept for side in each.ids] for t in (one, other)]
    pairs = [
        *zip(tables[:4], tables[4:], strict=True),
        *zip(places[:2], places[2:], strict=True),
        *zip(*ids, strict=True),
    ]
    return all(a.equal(b) for a, b in pairs) and curves[0] == curves[1] and one.words == other.words


def begun() -> Session:
    session = Session()
    session.words.edited = Edited(SMALL)
    acts.play(session, Event({}))
    return session


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stop", [1, 9, 19, 29])
def test_a_reading_goes_on_at_its_place_as_if_it_had_never_ended(kind, stop):
    ids_N = torch.randint(0, 40, (2000,), generator=torch.Generator().manual_seed(1))
    config = Word2VecConfig(kind=kind, dimension=8, epochs=4, subsample=0.01)

    def model() -> Word2Vec:
        return Word2Vec(config, ids_N.bincount(minlength=40), 0)

    alone, first, second = model(), model(), model()
    told = list(alone.train(ids_N, every=3))
    steps = first.train(ids_N, every=3)
    before = [next(steps) for _ in range(min(stop, len(told) - 1))]
    second.vectors, second.outputs, second.words = first.vectors, first.outputs, first.words
    second.generator.set_state(first.generator.get_state())
    assert before + list(second.train(ids_N, every=3, place=first.place)) == told
    assert second.vectors.equal(alone.vectors)
    assert second.outputs.equal(alone.outputs)


@pytest.mark.parametrize("words", [0, 500, 5000, 10**6])
def test_a_file_holds_all_of_a_training(words):
    alone, one = Training(SMALL), Training(SMALL)
    for each in (alone, one):
        while each.words < words and not each.finished:
            each.advance(100)
    other = done(kept.reading(kept.dump(one)))
    assert same(one, other)
    assert str(other.points) == str(one.points)  # that of the start has a loss that is none
    assert other.seconds == one.seconds
    for each in (alone, other):
        each.finish()
    assert same(alone, other)


def test_so_does_that_of_a_text_of_two_words():
    training = Training(WordSettings.model_validate(FEW))
    assert same(training, done(kept.reading(kept.dump(training))))


def test_a_lab_comes_back_as_it_was_and_reads_on(folder):
    session = begun()
    lab = session.words
    while lab.training is None or lab.training.words < 3000:
        advance(session, acts.JOB)
    lab.hold, lab.compared, lab.used = True, "dog,cat", 2.5
    lab.asked = tuple(lab.training.text.vocabulary[3:6])
    lab.edit("pace", 500)
    lab.edit("model.window", 3)
    autosave.save(session, folder)
    other = woken(folder)
    assert other.notice == ""
    found = other.words
    assert same(found.training, lab.training)
    assert (found.hold, found.asked, found.compared, found.used) == (True, lab.asked, "dog,cat", 2.5)
    assert found.training.settings.pace == 500
    assert found.pending() == lab.pending() != {}
    assert (found.running, list(other.jobs.running)) == (False, [])
    shown = acts.picture(other), acts.picture(session)
    for view in ("word-loss", "agreement", "notes-live"):
        assert shown[0][view] == shown[1][view], view
    acts.go_on(other)
    lab.edit("pace", None)
    found.edit("pace", None)
    for each in (session, other):
        finish(each, acts.JOB)
    assert found.training.finished
    assert all(found.training.models[kind].vectors.equal(lab.training.models[kind].vectors) for kind in KINDS)


def test_it_is_written_only_where_it_has_changed_and_goes_with_its_training(folder):
    session = begun()
    finish(session, acts.JOB)
    assert autosave.save(session, folder) > autosave.save(session, folder)
    other = woken(folder)
    before = (folder / WORDS).stat().st_mtime_ns
    autosave.save(other, folder)
    assert (folder / WORDS).stat().st_mtime_ns == before
    other.words.stale = True
    autosave.save(other, folder)
    assert not (folder / WORDS).exists()
    assert woken(folder).words.training is None


def test_one_that_has_read_all_does_not_begin_again(folder):
    session = begun()
    finish(session, acts.JOB)
    acts.go_on(session)
    assert not session.jobs


# ---- files that hold something else ----
def edited(data: bytes, name: str, tensor: torch.Tensor | None) -> bytes:
    told = data[8:].partition(b'"told":"')[2]
    text = told[: told.index(b'"},')].decode().replace('\\"', '"')
    tensors = load(data)
    if tensor is None:
        del tensors[name]
    else:
        tensors[name] = tensor
    return save(tensors, {"told": text})


DAMAGE = {
    "nothing": lambda data: b"",
    "half of it": lambda data: data[: len(data) // 2],
    "a run": lambda data: save({"a": torch.zeros(2)}, {"run": "{}"}),
    "a header of another length": lambda data: b"\xff" * 8 + data[8:],
    "other settings": lambda data: data.replace(b'\\"seed\\":0', b'\\"seed\\":x'),
    "a table that is missing": lambda data: edited(data, "0.vectors", None),
    "a table of another size": lambda data: edited(data, "1.outputs", torch.zeros(3, 6)),
    "numbers that are not finite": lambda data: edited(data, "0.vectors", load(data)["0.vectors"] / 0),
    "words that are not there": lambda data: edited(data, "0.kept.0", load(data)["0.kept.0"] + 900),
    "a generator that is none": lambda data: edited(data, "1.generator", load(data)["1.generator"] * 0 + 7),
    "no curves": lambda data: edited(data, "points", torch.zeros(0, 6, dtype=torch.float64)),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_file_may_hold_anything_and_the_rest_is_there(name, folder):
    session = begun()
    session.page = "embeddings"
    while session.words.training is None or session.words.training.words < 500:
        advance(session, acts.JOB)
    autosave.save(session, folder)
    path = folder / WORDS
    data = DAMAGE[name](path.read_bytes())
    assert data != path.read_bytes()
    path.write_bytes(data)
    other = woken(folder)
    assert other.notice.startswith("The word vectors could not be read back: ")
    assert (other.words.training, other.page, other.words.edited.config) == (None, "embeddings", SMALL)
    acts.open_(other, Event({}))
    finish(other, acts.JOB)
    assert other.words.training.words == 0
