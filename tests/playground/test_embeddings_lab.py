"""One visitor's lab: what is refused, what acts at once, what waits, and what computes."""

import itertools

import pytest
import torch

from playground.settings.edited import Edited
from playground.words import corpus
from playground.words import lab as lab_module
from playground.words.lab import WordLab
from playground.words.settings import KINDS, WordSettings
from playground.words.text import words
from playground.words.training import Training

SMALL = {"sentences": 300, "model": {"dimension": 8, "epochs": 2}}


def lab() -> WordLab:
    return WordLab(Edited(WordSettings.model_validate(SMALL)))


def test_what_a_visitor_may_ask_is_bounded():
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = " ".join(letters[i % 26] + letters[i // 26 % 26] + letters[i // 676] for i in range(6000))
    own = corpus.read(WordSettings.model_validate({"corpus": "own text", "text": text, "model": {"min_count": 1}}))
    assert len(own.vocabulary) == corpus.VOCABULARY == 5000
    assert len(words(text, 1, 7).vocabulary) == 7
    visitor = lab()
    for path, value in (
        ("model.dimension", 4096),
        ("sentences", 50_000),
        ("pace", 10**9),
        ("seed", -1),
        ("corpus", "x"),
    ):
        visitor.edit(path, value)
        assert list(visitor.edited.problems) == [path]
    assert visitor.edited.config == WordSettings.model_validate(SMALL)


def test_an_empty_or_thin_text_is_refused_with_a_sentence_and_the_run_stays():
    visitor = lab()
    before = visitor.ready()
    visitor.edit("corpus", "own text")
    visitor.ready()
    assert "no text yet" in visitor.refused
    visitor.edit("text", "once upon a time")
    visitor.ready()
    assert "Fewer than two different words occur 5 times" in visitor.refused
    assert visitor.training is before
    visitor.edit("text", "one two three. " * 10)
    visitor.ready()
    assert visitor.refused == ""
    assert visitor.training is not before
    assert visitor.training.text.vocabulary == ("one", "three", "two")


def test_settings_wait_for_a_restart_but_the_pace_acts_at_once():
    visitor = lab()
    run = visitor.ready()
    visitor.edit("model.window", 3)
    assert visitor.pending() == {}
    assert visitor.ready() is not run  # nothing was read yet
    run = visitor.training
    run.advance(50)
    visitor.edit("model.window", 2)
    visitor.edit("pace", None)
    assert visitor.training is run
    assert visitor.pending() == {"model.window": (3, 2)}
    assert run.settings.pace is None
    visitor.build()
    assert visitor.pending() == {}
    assert visitor.training.settings.model.window == 2


def steps(visitor: WordLab, most: int = 100_000) -> int:
    """Compute slices to the end; returns how many there were."""
    return sum(1 for _ in itertools.islice(visitor.training_steps(), most))


def test_what_is_ordered_is_built_and_read_to_the_end_in_slices():
    visitor = lab()
    visitor.edit("pace", None)
    visitor.order()
    assert visitor.running
    assert steps(visitor) > 10
    assert not visitor.running
    assert visitor.training.finished
    alone = Training(visitor.training.settings).finish()
    for kind in KINDS:
        assert torch.equal(visitor.training.models[kind].vectors, alone.models[kind].vectors)
    assert 0 < visitor.training.seconds <= visitor.used
    visitor.order()  # at the end there is nothing to go on with
    assert visitor.stale


def test_without_an_order_it_is_only_built():
    visitor = lab()
    assert steps(visitor) < 20
    assert visitor.training.words == 0
    assert not visitor.running


def test_ending_it_in_any_slice_leaves_both_methods_equally_far():
    visitor = lab()
    visitor.edit("pace", None)
    visitor.ready()
    visitor.order()
    for _ in range(400):
        made = visitor.training_steps()
        next(made, None)
        next(made, None)
        made.close()
        run = visitor.training
        if run is not None and run.words:
            alone = Training(run.settings)
            alone.advance(run.words)
            assert alone.read == run.read
            if run.words > 300:
                break
    else:
        raise AssertionError("It never got anywhere.")
    for kind in KINDS:
        assert torch.equal(run.models[kind].vectors, alone.models[kind].vectors)


def test_the_pace_holds_it_back_without_computing_and_what_was_missed_is_not_made_up_for(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(lab_module.time, "perf_counter", lambda: now[0])
    visitor = lab()
    visitor.edit("pace", 1000)
    visitor.ready()
    visitor.order()
    made = visitor.training_steps()
    read = []
    for _ in range(300):
        now[0] += 0.004
        next(made)
        read.append(visitor.training.words)
    assert read[-1] == pytest.approx(1000 * 300 * 0.004, rel=0.25)
    assert sum(before == after for before, after in itertools.pairwise(read)) > 50
    now[0] += 60
    for _ in range(25):
        now[0] += 0.004
        next(made)
    assert visitor.training.words - read[-1] < 600
    assert visitor.rate < 3000


def test_the_budget_is_of_computing_and_a_run_that_diverges_stops_with_a_sentence(monkeypatch):
    visitor = lab()
    visitor.ready()
    visitor.order()
    monkeypatch.setattr(lab_module, "SECONDS", 0.0)
    steps(visitor)
    assert "minutes of computing" in visitor.notice
    assert (visitor.running, visitor.training.finished) == (False, False)

    def failing(words: int) -> None:
        raise FloatingPointError("The loss is no longer a number.")

    monkeypatch.setattr(lab_module, "SECONDS", 600)
    visitor.order()
    visitor.build()
    visitor.training.read_on = failing
    steps(visitor)
    assert visitor.notice == "The run stopped at 0 words. The loss is no longer a number."
    assert not visitor.running


def test_a_corpus_is_read_in_short_slices_and_the_same_as_in_one_go():
    text = "one two three four. " * 6000
    settings = WordSettings.model_validate({"corpus": "own text", "text": text})
    made, slices = corpus.reading(settings), 0
    while True:
        try:
            next(made)
        except StopIteration as end:
            found = end.value
            break
        slices += 1
    assert slices > 2
    whole = corpus.read(settings)
    assert found.vocabulary == whole.vocabulary
    assert torch.equal(found.ids, whole.ids)
    assert torch.equal(found.sentences, whole.sentences)


@pytest.mark.parametrize(("text", "nothing"), [("sun moon. " * 6, True), ("sun moon stars sky. " * 60, False)])
def test_a_text_of_which_subsampling_leaves_nothing_is_said_to_have_taught_nothing(text, nothing):
    settings = {"corpus": "own text", "text": text, "model": {"min_count": 1, "epochs": 2, "dimension": 8}}
    visitor = WordLab(Edited(WordSettings.model_validate(settings)))
    visitor.order()
    for _ in visitor.training_steps():
        pass
    assert visitor.training.finished
    assert ("Nothing was left to learn from" in visitor.notice) is nothing
