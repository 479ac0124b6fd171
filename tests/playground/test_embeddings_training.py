"""Both methods learn the small language side by side: classes, pairs, repeatable from the lines that the page shows."""

import contextlib
import io

import pytest
import torch

from models.word2vec import Word2Vec
from playground.laboratories.embeddings import tries
from playground.measures.embedding import analogy, neighbours
from playground.measures.projection import fit
from playground.settings.edited import Edited
from playground.words import grammar
from playground.words.lab import WordLab
from playground.words.map import Map
from playground.words.settings import KINDS, WordSettings
from playground.words.training import EVERY, SHARES, TOP, Training, quick

SMALL = {"sentences": 300, "model": {"dimension": 8, "epochs": 2}}


def lab() -> WordLab:
    return WordLab(Edited(WordSettings.model_validate(SMALL)))


def test_both_methods_find_the_classes_and_say_when():
    run = Training(WordSettings()).finish()
    assert torch.equal(run.models["CBOW"].vectors, quick().models["CBOW"].vectors)
    for i, kind in enumerate(KINDS):
        assert run.points[0].agreement[i] < 0.2 < 0.9 <= run.points[-1].agreement[i]
        by_hand = []
        for word, own in grammar.classes().items():
            ids = neighbours(run.models[kind].vectors, torch.tensor([run.text.id(word)]), 5).ids_NK[0]
            by_hand += [grammar.classes().get(run.text.vocabulary[j]) == own for j in ids]
        assert run.points[-1].agreement[i] == pytest.approx(sum(by_hand) / len(by_hand))
        assert run.points[-1].loss[i] < 0.7 * run.points[1].loss[i]


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_to_a_pair_as_the_grammar_says(kind):
    run = quick()
    right = 0
    for he, she in grammar.PAIRS:
        for other_he, other_she in grammar.PAIRS:
            if he != other_he:
                ids = [run.text.id(word) for word in (he, other_he, other_she)]
                found = analogy(run.models[kind].vectors, *ids).ids_NK[0, 0]
                right += run.text.vocabulary[int(found)] == she
    assert right >= 16  # of 20; measured 20


def test_stories_are_a_fifth_and_their_words_have_no_class():
    told = list(grammar.language(500, 3))
    assert told == list(grammar.language(500, 3)) != list(grammar.language(500, 4))
    said = {word for pair in grammar.PAIRS for word in pair}
    assert len(told) == 500
    assert sum(bool(said & set(sentence)) for sentence in told) == 100
    assert not said & set(grammar.classes())


def test_the_two_are_the_same_as_each_alone_and_read_equally_far():
    run = Training(WordSettings.model_validate(SMALL))
    run.advance(150)
    assert run.words >= 150
    assert all(run.words <= read < run.words + 150 for read in run.read.values())
    run.finish()
    for kind in KINDS:
        alone = Word2Vec(run.settings.of(kind), run.text.counts, run.settings.seed)
        for _ in alone.train(run.text.ids, run.text.sentences):
            pass
        assert torch.equal(alone.vectors, run.models[kind].vectors)
    assert run.settings.of("CBOW").lr == run.settings.cbow_lr != run.settings.of("skip-gram").lr


def test_a_point_has_the_mean_loss_since_the_one_before():
    run = Training(WordSettings.model_validate(SMALL))
    for i, kind in enumerate(KINDS):
        alone = Word2Vec(run.settings.of(kind), run.text.counts, run.settings.seed)
        steps, before = alone.train(run.text.ids, run.text.sentences, every=EVERY), 0
        run = Training(run.settings)
        for _ in range(3):
            run.advance(700)
            losses = []
            while before < run.read[kind]:
                progress = next(steps)
                before = progress.words
                losses.append(progress.loss)
            assert run.points[-1].loss[i] == pytest.approx(sum(losses) / len(losses))
    assert 0 < run.points[1].seconds < run.points[3].seconds == run.seconds


def test_neighbours_of_every_word_are_kept_along_the_way():
    run = Training(WordSettings.model_validate(SMALL)).finish()
    assert len(run.kept) == len(SHARES)
    assert [kept.words for kept in run.kept] == sorted({kept.words for kept in run.kept})
    every = torch.arange(len(run.text.vocabulary))
    last = neighbours(run.models["CBOW"].vectors, every, TOP).ids_NK
    assert torch.equal(run.kept[-1].ids[1].long(), last)
    assert not torch.equal(run.kept[0].ids[1], run.kept[-1].ids[1])


def test_a_map_follows_without_turning_over_and_holds_when_told():
    """Spread along two axes, of which the smaller becomes the larger: the components swap, the map stays."""
    x = torch.randn(40, 8, generator=torch.Generator().manual_seed(0)) * torch.tensor([5.0, 2.5, 1, 1, 1, 1, 1, 1])
    map_of = Map(x)
    first = map_of.places_WP.clone()
    assert int(map_of.basis.axes_DP[:, 0].abs().argmax()) == 0
    for grown in (1.5, 2.5, 4.0):
        places = map_of.look(x * torch.tensor([1, grown, 1, 1, 1, 1, 1, 1]), 1.0)
        assert (places - first).norm() < first.norm()
    swapped = fit(torch.nn.functional.normalize(x * torch.tensor([1, 4.0, 1, 1, 1, 1, 1, 1]), dim=1))
    assert (swapped.axes_DP[0].abs().argmax(), swapped.axes_DP[1].abs().argmax()) == (1, 0)  # or the test shows nothing
    torch.testing.assert_close(map_of.basis.axes_DP.T @ map_of.basis.axes_DP, torch.eye(2))
    axes = map_of.basis.axes_DP
    map_of.look(-x, 0.0)
    assert torch.equal(map_of.basis.axes_DP, axes)


def test_the_lines_of_the_page_run_and_give_its_vectors(tmp_path, monkeypatch):
    visitor = lab()
    run = visitor.ready()
    run.advance(300)
    run.advance(170)
    visitor.word, visitor.asked = "the", ("dog", "cat", "red")
    monkeypatch.chdir(tmp_path)
    scope: dict = {}
    assert tries.dense(visitor)["python"]
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(tries.python(visitor), scope)
        exec(tries.dense(visitor)["python"], scope)
    for kind in KINDS:
        assert torch.equal(scope["run"].models[kind].vectors, run.models[kind].vectors)
    assert "tensor(" in out.getvalue()
    head, *rows = (tmp_path / "vectors.txt").read_text().splitlines()
    assert head == f"{len(run.text.vocabulary)} 8"
    assert float(rows[0].split()[1]) == pytest.approx(float(run.models["skip-gram"].vectors[0, 0]), rel=1e-6)
