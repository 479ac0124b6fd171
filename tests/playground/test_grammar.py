"""The small language has the classes it says, word2vec finds them, and texts are split into words."""

import time

import pytest
import torch

from models.word2vec import Word2Vec, Word2VecConfig
from playground.measures.embedding import purity
from playground.words.grammar import CLASSES, TEMPLATES, classes, sentences
from playground.words.text import numbered, spoken, words


def test_a_seed_is_a_corpus_of_every_word():
    assert sentences(50, 1) == sentences(50, 1) != sentences(50, 2)
    said = {word for sentence in sentences(2000, 0) for word in sentence}
    assert classes().keys() <= said
    between = {word for template in TEMPLATES for word in template.split()} - CLASSES.keys()
    assert said == classes().keys() | between
    assert not between & classes().keys()


def test_each_word_has_one_class():
    assert len(classes()) == sum(map(len, CLASSES.values())) == 10 * len(CLASSES)


@pytest.mark.parametrize(("kind", "lr"), [("skip-gram", 0.025), ("CBOW", 0.15)])
def test_word2vec_finds_the_classes_within_20_seconds(kind, lr):
    text, start = numbered(sentences(8000, 0)), time.process_time()
    model = Word2Vec(Word2VecConfig(kind=kind, dimension=16, lr=lr), text.counts, 0)
    before = purity(model.vectors, text.vocabulary, classes())
    for _ in model.train(text.ids, text.sentences):
        pass
    after = purity(model.vectors, text.vocabulary, classes())
    assert time.process_time() - start < 20
    assert len(after) == len(classes())
    assert sum(before.values()) / len(before) < 0.3
    assert sum(after.values()) / len(after) >= 0.9


def test_text_becomes_words_by_sentence():
    assert list(spoken("The dog's tail. Don't STOP: 3. x_1 2!\n\nÜber alles")) == [
        *((0, word) for word in ("the", "dog's", "tail")),
        *((1, word) for word in ("don't", "stop")),
        (2, "x"),
        *((3, word) for word in ("über", "alles")),
    ]


def test_rare_words_are_left_out_and_the_rest_is_numbered_commonest_first():
    text = numbered([["b", "a", "rare", "b"], ["only"], ["a", "c", "c", "b"]], min_count=2)
    assert text.vocabulary == ("b", "a", "c")
    assert text.counts.tolist() == [3, 2, 2]
    assert text.ids.tolist() == [0, 1, 0, 1, 2, 2, 0]
    assert text.sentences.tolist() == [0, 0, 0, 2, 2, 2, 2]
    assert text.id(" A ") == 1
    with pytest.raises(ValueError, match="'rare' does not occur often enough"):
        text.id("rare")


def test_the_built_in_corpus_and_a_text_of_ones_own():
    own = words("One two. Two one.", min_count=2)
    assert own.vocabulary == ("one", "two")
    text = words()
    assert text.vocabulary[0] == "the"
    assert len(text.vocabulary) > 1000
    assert torch.equal(text.ids.bincount(), text.counts)
    assert int(text.counts.min()) == 5


@pytest.mark.parametrize("text", ["", "1 2 3", "once", "a a a"])
def test_a_text_of_too_few_words_is_refused(text):
    with pytest.raises(ValueError, match=r"Fewer than two different words occur 1 time or more: take more text"):
        words(text, min_count=1)


SPOKEN = {
    "marks belong to their letter": ("आधुनिक मानक हिन्दी", [["आधुनिक", "मानक", "हिन्दी"]]),
    "joiners stay": ("می\u200cخواهم بروم", [["می\u200cخواهم", "بروم"]]),
    "composed and decomposed are one": ("café cafe\u0301", [["café", "café"]]),
    "apostrophes": ("don't it’s 'quoted'", [["don't", "it’s", "quoted"]]),
    "ends of other scripts": ("पहला। दूसरा॥ तीसरा", [["पहला"], ["दूसरा"], ["तीसरा"]]),
    "Chinese by the character": ("我们学习。他们走！", [["我", "们", "学", "习"], ["他", "们", "走"]]),
    "Japanese": ("これはペンです。", [["これは", "ペン", "です"]]),
    "Arabic question": ("كيف حالك؟ بخير", [["كيف", "حالك"], ["بخير"]]),
    "line ends": ("one\rtwo", [["one", "two"]]),
    "a hard space": ("ten\u00a0thousand", [["ten", "thousand"]]),
}


@pytest.mark.parametrize("name", SPOKEN)
def test_words_and_sentences_of_every_script(name):
    text, expected = SPOKEN[name]
    found: dict[int, list[str]] = {}
    for number, word in spoken(text):
        found.setdefault(number, []).append(word)
    assert list(found.values()) == expected
