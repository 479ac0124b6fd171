"""One visitor's lab: what is refused, what acts at once, what waits, and which press trains."""

from playground.settings.edited import Edited
from playground.words import corpus
from playground.words.lab import WordLab
from playground.words.settings import WordSettings

SMALL = {"sentences": 300, "model": {"dimension": 8, "epochs": 2}}


def lab() -> WordLab:
    return WordLab(Edited(WordSettings.model_validate(SMALL)))


def test_what_a_visitor_may_ask_is_bounded():
    letters = "abcdefghijklmnopqrstuvwxyz"
    text = " ".join(letters[i % 26] + letters[i // 26 % 26] + letters[i // 676] for i in range(6000))
    own = corpus.read(WordSettings.model_validate({"corpus": "own text", "text": text, "model": {"min_count": 1}}))
    assert len(own.vocabulary) == corpus.VOCABULARY == 5000
    assert len(corpus.words(text, 1, 7).vocabulary) == 7
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
    assert "no text yet" in visitor.refused
    visitor.edit("text", "once upon a time")
    assert "Fewer than two different words occur 5 times" in visitor.refused
    assert visitor.training is before
    visitor.edit("text", "one two three. " * 10)
    assert visitor.refused == ""
    assert visitor.training is not before
    assert visitor.training.text.vocabulary == ("one", "three", "two")


def test_settings_wait_for_a_restart_but_the_pace_acts_at_once():
    visitor = lab()
    run = visitor.ready()
    visitor.edit("model.window", 3)
    assert visitor.training is not run  # nothing was read yet
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


def test_only_the_newest_press_trains_and_only_once():
    visitor = lab()
    visitor.ready()
    assert visitor.claim(5)
    visitor.order()
    assert not visitor.claim(4)
    assert visitor.taken() == 5
    assert visitor.taken() is None
    visitor.order()
    visitor.claim(6)
    assert visitor.taken() is None
