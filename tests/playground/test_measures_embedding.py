"""Neighbours, analogies, purity and maps of vectors whose answers are known; the exports parse back."""

import math

import pytest
import torch

from playground.measures.embedding import analogy, nearest, neighbours, one_hot_similarity, purity, similarity
from playground.measures.projection import fit, refit, turn
from playground.measures.vector_files import metadata_tsv, vectors_tsv, word2vec_text

ANGLES = torch.tensor([0.0, 0.1, 0.3, 0.7, 3.0])
ROUND = torch.stack([ANGLES.cos(), ANGLES.sin()], 1) * torch.tensor([1.0, 9.0, 0.1, 2.0, 5.0])[:, None]


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_neighbours_are_by_angle_and_a_word_is_not_its_own():
    found = neighbours(ROUND, torch.tensor([0, 2]), top=3)
    assert found.ids_NK.tolist() == [[1, 2, 3], [1, 0, 3]]
    torch.testing.assert_close(found.cosine_NK[0], torch.tensor([math.cos(a) for a in (0.1, 0.3, 0.7)]))
    assert neighbours(ROUND, torch.tensor([0]), top=99).ids_NK.tolist() == [[1, 2, 3, 4]]


def test_a_direction_has_neighbours_too():
    assert nearest(ROUND, torch.tensor([[1.0, 0.0]]), 2).ids_NK.tolist() == [[0, 1]]


def test_an_analogy_is_a_minus_b_plus_c_without_these_three():
    gender, royal, other = torch.eye(8)[:3]
    man, woman = other - gender, other + gender
    king, queen = man + royal, woman + royal
    table = torch.stack([king, man, woman, queen, other + 0.5 * royal, torch.eye(8)[5]])
    found = analogy(table * torch.tensor([3.0, 1.0, 7.0, 2.0, 1.0, 1.0])[:, None], 0, 1, 2, top=6)
    assert found.ids_NK[0, 0] == 3
    assert sorted(found.ids_NK[0].tolist()) == [3, 4, 5]


def test_one_hot_words_are_like_themselves_alone_and_dense_ones_like_others():
    ids = torch.tensor([4, 0, 2, 0])
    torch.testing.assert_close(one_hot_similarity(ids), similarity(torch.eye(5), ids))
    dense = similarity(ROUND, torch.arange(5))
    torch.testing.assert_close(dense, (ANGLES[:, None] - ANGLES).cos())


def test_purity_is_the_share_of_neighbours_of_ones_class():
    found = purity(ROUND, ["a", "b", "c", "d", "e"], {"a": "x", "b": "x", "d": "y", "e": "y"}, top=2)
    assert found == {"a": 0.5, "b": 0.5, "d": 0.0, "e": 0.5}
    assert purity(ROUND, ["a", "b", "c", "d", "e"], {}) == {}


def test_a_fitted_basis_is_the_principal_components_whatever_the_solvers_signs():
    x = random(60, 5) * torch.tensor([1.0, 5.0, 0.3, 2.0, 0.1]) + 7
    basis = fit(x, 2)
    cov = (x - x.mean(0)).T @ (x - x.mean(0))
    values = torch.linalg.eigvalsh(cov.double()).flip(0).float()
    torch.testing.assert_close(basis.share_P, values[:2] / values.sum(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(basis.axes_DP.T @ basis.axes_DP, torch.eye(2))
    assert basis.project(x).mean(0).abs().max() < 1e-4
    assert (basis.axes_DP.gather(0, basis.axes_DP.abs().argmax(0)[None]) > 0).all()
    torch.testing.assert_close(fit(-x, 2).axes_DP, basis.axes_DP)
    torch.testing.assert_close(fit(x.flip(0), 2).axes_DP, basis.axes_DP)


def test_a_kept_basis_does_not_move_a_word_that_stays():
    x = random(20, 6)
    basis, moved = fit(x), x.clone()
    moved[0] += 3
    assert torch.equal(basis.project(moved)[1:], basis.project(x)[1:])
    assert not torch.allclose(basis.project(moved)[0], basis.project(x)[0])


def test_a_refitted_map_stays_where_the_last_one_was():
    """Two equal variances: the components may point anywhere in their plane, and turn with the noise."""
    x = random(200, 6) * torch.tensor([5.0, 5.0, 0.1, 0.1, 0.1, 0.1])
    last, now = fit(x), x + 0.05 * random(200, 6, seed=1)
    spun = [now, *(now @ torch.linalg.qr(random(6, 6, seed=seed)).Q for seed in range(2, 6))]
    for moved in spun:  # a rotation of the whole space moves no word on the map
        new = refit(moved, last.project(x))
        assert (new.project(moved) - last.project(x)).abs().max() < 0.5
        torch.testing.assert_close(new.axes_DP.T @ new.axes_DP, torch.eye(2), rtol=0, atol=1e-5)
        assert float(new.share_P.sum()) == pytest.approx(float(fit(moved).share_P.sum()), abs=1e-4)
    assert max((fit(moved).project(moved) - last.project(x)).abs().max() for moved in spun) > 5


def test_procrustes_finds_a_known_turn_and_mirror():
    turned = torch.linalg.qr(random(3, 3)).Q * torch.tensor([1.0, -1.0, 1.0])
    x = random(30, 3, seed=4)
    torch.testing.assert_close(turn(x + 5, x @ turned - 2), turned, rtol=0, atol=1e-5)


def test_a_map_needs_as_many_words_and_dimensions_as_axes():
    for table in (random(1, 5), random(5, 1)):
        with pytest.raises(ValueError, match="A map of 2 axes needs 2 words and 2 dimensions"):
            fit(table)


WORDS, TABLE = ["plain", "don't", "über"], random(3, 4) * torch.tensor([1e-20, 1.0, 1e9])[:, None]


def test_the_word2vec_format_parses_back_to_the_bit():
    head, *lines = word2vec_text(WORDS, TABLE).splitlines()
    assert head == "3 4"
    assert [line.split(" ")[0] for line in lines] == WORDS
    assert torch.equal(torch.tensor([[float(n) for n in line.split(" ")[1:]] for line in lines]), TABLE)


def test_gensim_reads_it(tmp_path):
    models = pytest.importorskip("gensim.models")
    path = tmp_path / "vectors.txt"
    path.write_text(word2vec_text(WORDS, TABLE), encoding="utf-8")
    read = models.KeyedVectors.load_word2vec_format(str(path))
    assert read.index_to_key == WORDS
    assert torch.equal(torch.from_numpy(read.vectors), TABLE)


def test_the_projectors_files_parse_back():
    rows = [line.split("\t") for line in vectors_tsv(TABLE).splitlines()]
    assert torch.equal(torch.tensor([[float(n) for n in row] for row in rows]), TABLE)
    assert metadata_tsv(WORDS, {}) == "plain\ndon't\nüber\n"  # one column: no header
    assert metadata_tsv(WORDS, {"class": "xyz", "count": [3, 2, 1]}).splitlines() == [
        "word\tclass\tcount",
        "plain\tx\t3",
        "don't\ty\t2",
        "über\tz\t1",
    ]


@pytest.mark.parametrize("word", ["", "two words", "line\nbreak", "tab\t"], ids=repr)
def test_what_a_file_cannot_hold_is_refused(word):
    for export in (lambda: word2vec_text([word], TABLE[:1]), lambda: metadata_tsv([word], {})):
        with pytest.raises(ValueError, match="is not one word"):
            export()
    with pytest.raises(ValueError, match="2 words do not name 3 vectors"):
        word2vec_text(WORDS[:2], TABLE)
    with pytest.raises(ValueError, match="a tab or a line break"):
        metadata_tsv(WORDS, {"class": ["a", "b", "c\td"]})
