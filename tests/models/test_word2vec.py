"""word2vec: its step is autograd's of the loss on paper, and it goes where theory says."""

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional as F

from models.config import problems
from models.windows import STRETCH
from models.word2vec import Word2Vec, Word2VecConfig

KINDS = ("skip-gram", "CBOW")
VOCABULARY = 7


def build(counts: int = VOCABULARY, seed: int = 0, **changes: Any) -> Word2Vec:
    """In float64, and with outputs that are not 0: there half of the gradient is."""
    model = Word2Vec(Word2VecConfig(dimension=4, **changes), torch.arange(1, counts + 1), seed)
    model.vectors = model.vectors.double()
    model.outputs = torch.randn(model.outputs.shape, generator=model.generator).double()
    return model


def batch(stretches: int, centres: int, places: int, drawn: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = (stretches, centres), (stretches, places), (stretches, drawn)
    ids = [torch.randint(VOCABULARY, shape, generator=generator) for shape in shapes]
    see = torch.rand(stretches, centres, places, generator=generator) < 0.6
    see[0, 0] = False  # a centre that sees nothing
    return ids[0], ids[1], see, ids[2]


def on_paper(model: Word2Vec, centres: Tensor, contexts: Tensor, see: Tensor, negatives: Tensor) -> tuple[Tensor, int]:
    """The stated loss, pair by pair, and their number."""
    config, total, pairs = model.config, torch.zeros((), dtype=torch.float64), 0
    share = config.negatives / negatives.shape[1]
    for b, t in torch.cartesian_prod(torch.arange(len(centres)), torch.arange(centres.shape[1])).tolist():
        company = [int(contexts[b, s]) for s in range(contexts.shape[1]) if see[b, t, s]]
        centre = int(centres[b, t])
        if config.kind == "skip-gram":
            told = [(model.vectors[centre], word) for word in company]
        else:
            told = [(model.vectors[company].mean(0), centre)] if company else []
        for h, target in told:
            total = total - F.logsigmoid(h @ model.outputs[target])
            others = [n for n in negatives[b].tolist() if n != target or config.collisions == "keep"]
            total = total - share * F.logsigmoid(-(model.outputs[others] @ h)).sum()
        pairs += len(told)
    return total, pairs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("collisions", ["skip", "keep"])
@pytest.mark.parametrize("shape", [(5, 3, 6, 8), (9, 1, 1, 5)], ids=["stretches", "pairs with negatives of their own"])
def test_an_update_is_a_step_down_autograds_gradient_of_the_stated_loss(kind, collisions, shape):
    model, given = build(kind=kind, collisions=collisions, negatives=5), batch(*shape)
    assert any(len(row.unique()) < len(row) for row in given[3])  # a negative that comes twice pushes twice
    before = [table.requires_grad_() for table in (model.vectors, model.outputs)]
    total, pairs = on_paper(model, *given)
    gradients = torch.autograd.grad(total, before)
    model.vectors, model.outputs = (table.detach().clone() for table in before)
    loss = model.update(*given[:3], lr=0.01, negatives_BM=given[3])
    assert loss == pytest.approx(float(total.detach()) / pairs, rel=1e-6)
    for table, old, gradient in zip((model.vectors, model.outputs), before, gradients, strict=True):
        assert gradient.abs().max() > 0.1
        torch.testing.assert_close(table, old.detach() - 0.01 * gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_reporting_the_loss_changes_nothing(kind):
    tables = []
    for measure in (True, False):
        model = build(kind=kind)
        assert (model.update(*batch(5, 3, 6, 8)[:3], measure=measure) is None) != measure
        tables.append(model.vectors)
    assert torch.equal(*tables)


@pytest.mark.parametrize("collisions", ["skip", "keep"])
def test_skip_gram_tends_to_the_shifted_pmi(collisions):
    """Levy and Goldberg 2014, with the negatives in their expected numbers; skipping adds -log(1 - p(context|word))."""
    joint = torch.tensor(
        [[2, 6, 3, 4, 5], [6, 2, 4, 3, 5], [3, 4, 2, 6, 5], [4, 3, 6, 2, 5], [5, 5, 5, 5, 5]], dtype=torch.float64
    )
    counts = joint.sum(0)
    model = Word2Vec(Word2VecConfig(dimension=8, negatives=2, collisions=collisions, power=1.0), counts.long(), 0)
    model.vectors = model.vectors.double() * 8
    model.outputs = torch.randn(5, 8, generator=model.generator, dtype=torch.float64)
    pairs = [(w, c) for w in range(5) for c in range(5) for _ in range(int(joint[w, c]))]
    centres, contexts = torch.tensor(pairs).split(1, 1)
    negatives = torch.repeat_interleave(torch.arange(5), counts.long()).expand(len(pairs), -1)
    for _ in range(2500):
        model.update(centres, contexts, lr=0.02, negatives_BM=negatives, measure=False)
    given = joint / joint.sum(1, keepdim=True)
    expected = (given / (counts / counts.sum())).log() - math.log(2)
    if collisions == "skip":
        expected = expected - (1 - given).log()
    torch.testing.assert_close(model.vectors @ model.outputs.T, expected, rtol=0, atol=0.01)
    assert expected.std() > 0.1


def test_and_so_it_does_on_drawn_negatives():
    counts = torch.tensor([20, 16, 12, 8, 4])
    model = Word2Vec(Word2VecConfig(dimension=8, negatives=3, collisions="keep", power=1.0), counts, 0)
    words = torch.multinomial(counts.double(), 2000, replacement=True, generator=model.generator)
    centres = torch.stack([words, words]).T.reshape(-1, 1)
    contexts = torch.stack([words, (words + 1) % 5]).T.reshape(-1, 1)
    for i in range(1200):
        model.update(centres, contexts, lr=4e-4 * (1 - i / 1200), measure=False)
    joint = torch.zeros(5, 5).index_put_((centres[:, 0], contexts[:, 0]), torch.ones(len(centres)), accumulate=True)
    seen = joint > 0
    expected = (joint / joint.sum(1, keepdim=True) / (counts / counts.sum())).log() - math.log(3)
    found = (model.vectors @ model.outputs.T)[seen]
    torch.testing.assert_close(found, expected[seen], rtol=0, atol=0.2)
    assert expected[seen].std() > 0.3


def text(words: int = 3000, vocabulary: int = 30) -> tuple[Tensor, Tensor]:
    """Words that like to be followed by the next one, and their counts."""
    generator = torch.Generator().manual_seed(3)
    ids = torch.randint(0, 3, (words,), generator=generator).cumsum(0) % vocabulary
    return ids, ids.bincount(minlength=vocabulary)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_vectors_in_any_thread(kind):
    def trained(seed: int) -> Tensor:
        ids, counts = text()
        model = Word2Vec(Word2VecConfig(kind=kind, dimension=8, epochs=2), counts, seed)
        assert list(model.train(ids))
        return model.vectors

    with ThreadPoolExecutor(2) as pool:
        one, two, other = pool.map(trained, (0, 0, 1))
    assert torch.equal(one, two)
    assert torch.equal(one, trained(0))
    assert not torch.allclose(one, other)


@pytest.mark.parametrize("kind", KINDS)
def test_training_reads_every_word_and_lowers_the_rate_and_the_loss(kind):
    ids, counts = text()
    model = Word2Vec(Word2VecConfig(kind=kind, dimension=8, epochs=20, lr=0.05, subsample=0.0), counts, 0)
    steps = list(model.train(ids, every=1))
    rates = [step.lr for step in steps]
    assert steps[-1].words == model.words == 20 * len(ids)
    assert rates[0] == model.lr
    assert rates == sorted(rates, reverse=True)
    assert model.lr * 1e-4 <= rates[-1] < model.lr * 0.05
    assert sum(s.loss for s in steps[-20:]) < 0.9 * sum(s.loss for s in steps[:20])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("changes", [{"lr": 1.0}, {"window": 15, "negatives": 20}, {"window": 2, "negatives": 1}])
def test_no_setting_makes_it_diverge(kind, changes):
    ids, counts = text()
    model = Word2Vec(Word2VecConfig(kind=kind, dimension=8, epochs=5, **changes), counts, 0)
    assert all(math.isfinite(step.loss) for step in model.train(ids))
    assert model.vectors.norm(dim=1).max() < 50


def test_a_word_alone_and_texts_that_end_in_the_middle_of_a_stretch():
    for length in (2, STRETCH - 1, STRETCH, STRETCH + 1):
        model = Word2Vec(Word2VecConfig(dimension=4, epochs=1, subsample=0.0), torch.ones(2), 0)
        ids = torch.arange(length) % 2
        assert [p.words for p in model.train(ids)][-1] == length
        alone = Word2Vec(Word2VecConfig(dimension=4, epochs=1, subsample=0.0), torch.ones(2), 0)
        before = alone.vectors.clone()
        assert list(alone.train(ids, torch.arange(length)))  # each its own sentence: nothing to learn
        assert torch.equal(alone.vectors, before)
        assert not alone.outputs.any()
        assert model.outputs.any()


@pytest.mark.parametrize("ids", [[0], [0, 5], [-1, 0]], ids=str)
def test_a_text_without_two_words_of_the_vocabulary_is_refused(ids):
    model = Word2Vec(Word2VecConfig(), torch.ones(5), 0)
    with pytest.raises(ValueError, match="two words or more, each by its number from 0 to 4"):
        next(model.train(torch.tensor(ids)))


@pytest.mark.parametrize("counts", [[], [3, 0], [[1, 2]]], ids=str)
def test_counts_of_words_that_do_not_occur_are_refused(counts):
    with pytest.raises(ValueError, match="at least one word, and each at least once"):
        Word2Vec(Word2VecConfig(), torch.tensor(counts), 0)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("dimension", 0, "Dimension lies between 1 and 1,024; got 0."),
        ("window", 33, "Window lies between 1 and 32; got 33."),
        ("negatives", 0, "Negatives lies between 1 and 64; got 0."),
        ("power", 1.5, "Power of the counts lies between 0 and 1; got 1.5."),
        ("lr", 0.0, "Learning rate is more than 0, up to 1; got 0.0."),
        ("kind", "GloVe", "Kind: choose 'skip-gram' or 'CBOW'; got 'GloVe'."),
        ("formula", "own", "Subsampling as in: choose 'code' or 'paper'; got 'own'."),
    ],
)
def test_a_setting_out_of_bounds_is_refused_with_a_sentence(field, value, sentence):
    with pytest.raises(ValidationError) as caught:
        Word2VecConfig(**{field: value})
    assert problems(caught.value, Word2VecConfig) == {field: sentence}
