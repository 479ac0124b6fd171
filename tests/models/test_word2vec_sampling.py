"""What word2vec draws has the distribution that is stated."""

import math

import pytest
import torch

from models.windows import STRETCH, draw, keep_chances, noise, widths, windows


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chi_square(found: torch.Tensor, expected: torch.Tensor) -> float:
    """In standard deviations above its mean."""
    statistic = float(((found - expected) ** 2 / expected).sum())
    freedom = len(expected) - 1
    return (statistic - freedom) / math.sqrt(2 * freedom)


@pytest.mark.parametrize("power", [0.0, 0.75, 1.0])
def test_negatives_follow_the_counts_to_a_power(power):
    counts = torch.tensor([1, 2, 3, 5, 8, 13, 21, 34, 55, 1000])
    found = draw(noise(counts, power), (400, 500), seeded()).flatten().bincount(minlength=10)
    chances = counts.double() ** power
    assert abs(chi_square(found, 200_000 * chances / chances.sum())) < 4
    wrong = counts.double() ** (power + 0.1)
    assert chi_square(found, 200_000 * wrong / wrong.sum()) > 50


def test_words_stay_by_the_formula_of_the_code_and_of_the_paper():
    counts = torch.tensor([500, 400, 98, 2])
    for f, code, paper in zip(
        (0.5, 0.4, 0.098, 0.002), *(keep_chances(counts, 1e-2, k) for k in ("code", "paper")), strict=True
    ):
        assert float(code) == pytest.approx(min(1, (math.sqrt(f / 1e-2) + 1) * 1e-2 / f))
        assert float(paper) == pytest.approx(min(1, math.sqrt(1e-2 / f)))
        assert code > paper or f < 1e-2
    assert keep_chances(counts, 0.0, "code").tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("formula", ["code", "paper"])
def test_that_share_of_the_text_is_read(formula):
    ids = torch.multinomial(torch.tensor([0.6, 0.3, 0.1]), 50_000, replacement=True, generator=seeded(1))
    keep = keep_chances(ids.bincount(), 0.05, formula)
    one = torch.zeros(len(ids), dtype=torch.long)
    (all_,) = windows(ids, one, keep, window=1, batch=10**9, generator=seeded())
    centre = all_.see_BTS.any(-1)
    found = all_.centres_BT[centre].bincount(minlength=3)
    for word, (share, chance) in enumerate(zip(found / ids.bincount(), keep, strict=True)):
        spread = math.sqrt(chance * (1 - chance) / int((ids == word).sum()))
        assert abs(float(share - chance)) <= 4 * spread


def test_every_width_up_to_the_window_is_equally_likely():
    found = widths(100_000, 5, seeded()).bincount()
    assert found[0] == 0
    assert abs(chi_square(found[1:], torch.full((5,), 20_000.0))) < 4


def test_a_centre_sees_its_own_width_on_both_sides_and_not_itself():
    ids, window = torch.arange(1000), 4
    (all_,) = windows(ids, None, torch.ones(1000), window=window, batch=10**9, generator=seeded())
    offsets = (all_.contexts_BS[:, None] - all_.centres_BT[..., None]).where(all_.see_BTS, 0)
    reach = all_.see_BTS.sum(-1).flatten()[window : 1000 - window] / 2
    assert set(reach.tolist()) == {1.0, 2.0, 3.0, 4.0}
    left, right = -offsets.amin(-1).flatten()[window:992], offsets.amax(-1).flatten()[window:992]
    assert torch.equal(left, right)
    assert not (all_.see_BTS & (all_.contexts_BS[:, None] == all_.centres_BT[..., None])).any()


@pytest.mark.parametrize("batch", [1, 40, 10**9])
def test_the_pieces_are_the_text_in_order_and_no_window_leaves_its_sentence(batch):
    ids, numbers = torch.arange(203), torch.arange(203) // 7
    pieces = list(windows(ids, numbers, torch.ones(203), window=3, batch=batch, generator=seeded()))
    assert all(len(piece.centres_BT) <= max(1, batch // STRETCH) for piece in pieces)
    assert torch.cat([piece.centres_BT.flatten() for piece in pieces])[:203].tolist() == ids.tolist()
    assert sum(piece.words for piece in pieces) == 203
    for centres, contexts, see, _ in pieces:
        b, t, s = see.nonzero().unbind(1)
        assert torch.equal(centres[b, t] // 7, contexts[b, s] // 7)
    seen = torch.cat([piece.see_BTS.flatten(0, 1) for piece in pieces])
    assert seen[:203].any(-1).all()
    assert not seen[203:].any()  # what fills up the last stretch


def test_a_window_reaches_over_what_is_left_out():
    ids = torch.tensor([0, 1, 2]).repeat(40)
    (all_,) = windows(ids, None, torch.tensor([1.0, 0.0, 1.0]), window=1, batch=10**9, generator=seeded())
    contexts = all_.contexts_BS[:, None].expand(all_.see_BTS.shape)[all_.see_BTS]
    centres = all_.centres_BT[..., None].expand(all_.see_BTS.shape)[all_.see_BTS]
    assert set(zip(centres.tolist(), contexts.tolist(), strict=True)) == {(0, 2), (2, 0)}


def test_a_text_of_which_nothing_is_left_has_no_pairs():
    (all_,) = windows(torch.tensor([0, 0, 0]), None, torch.zeros(1), window=3, batch=16, generator=seeded())
    assert not all_.see_BTS.any()
    assert all_.words == 3
