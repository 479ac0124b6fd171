"""What heads do, against slow loops and closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from playground.measures.head_roles import (
    CROSS_ROLES,
    NAMED_FROM,
    SELF_ROLES,
    cross_cells,
    entropy_bits,
    heads,
    mean_distance,
    scores,
    self_cells,
)

IDS = torch.tensor([[5, 1, 2, 5, 1, 2, 5, 1, 2, 5], [7, 3, 3, 4, 7, 3, 3, 4, 7, 3]])
B, T = IDS.shape


def weights(layers: int = 2, count: int = 3, *, causal: bool, keys: int = T) -> Tensor:
    """(L, B, H, T, S) random rows that sum to 1."""
    logits = torch.randn(layers, B, count, T, keys, generator=torch.Generator().manual_seed(0))
    if causal:
        logits = logits.masked_fill(torch.ones(T, keys, dtype=torch.bool).triu(1), -math.inf)
    return logits.softmax(-1)


def even(*, causal: bool) -> Tensor:
    seen = torch.ones(T, T).tril() if causal else torch.ones(T, T)
    return (seen / seen.sum(-1, keepdim=True)).expand(1, B, 1, T, T)


WANTED = torch.where(torch.arange(T) < T - 2, IDS.roll(-2, 1), -100)  # what is to be written at each query
WANTED_OF = {tuple(ids): wanted for ids, wanted in zip(IDS.tolist(), WANTED.tolist(), strict=True)}
LOOKS = {  # role -> does it look from token t of ids to token s, in words of the paper
    "previous token": lambda ids, t, s: s == t - 1,
    "current token": lambda ids, t, s: s == t,
    "first token": lambda ids, t, s: s == 0 < t,
    "duplicate token": lambda ids, t, s: ids[s] == ids[t] and s != t,
    "target token": lambda ids, t, s: ids[s] == WANTED_OF[tuple(ids)][t] and s != t,
    "induction": lambda ids, t, s: s >= 1 and ids[s - 1] == ids[t] and s != t,
}


def slowly(row_of, looks, sequences, keys: range, causal: bool) -> float:
    """Mean over the queries that have such a key of the weight on such keys."""
    found = []
    for b, ids in enumerate(sequences):
        for t in range(T):
            cells = [s for s in keys if looks(ids, t, s) and (s <= t or not causal)]
            if cells:
                found.append(sum(row_of(b, t)[s].item() for s in cells))
    return sum(found) / len(found) if found else 0.0


@pytest.mark.parametrize("causal", [True, False], ids=["causal", "both sides"])
@pytest.mark.parametrize("role", LOOKS)
def test_the_score_of_a_role_is_its_slow_twin(role, causal):
    w_LBHTS = weights(causal=causal)
    cells = self_cells(IDS, causal=causal, wanted_BT=WANTED)
    fast = scores(w_LBHTS, cells)[:, :, list(cells).index(role)]
    for layer in range(2):
        for head in range(3):
            slow = slowly(
                lambda b, t, i=layer, j=head: w_LBHTS[i, b, j, t], LOOKS[role], IDS.tolist(), range(T), causal
            )
            assert slow > 0
            assert fast[layer, head].item() == pytest.approx(slow, abs=1e-6)


@pytest.mark.parametrize("role", CROSS_ROLES)
def test_the_score_of_a_cross_role_is_its_slow_twin(role):
    source, wanted = IDS[:, :6], torch.where(torch.arange(T) < 8, IDS.flip(1), -100)
    looks = {
        "target token": lambda pair, t, s: pair[0][t] == pair[1][s],
        "same place": lambda pair, t, s: s == t,
        "mirrored place": lambda pair, t, s: s == 5 - t,
    }[role]
    w_LBHTS = weights(causal=False, keys=6)
    cells = cross_cells(wanted, source)
    assert tuple(cells) == CROSS_ROLES
    pairs = list(zip(wanted.tolist(), source.tolist(), strict=True))
    slow = slowly(lambda b, t: w_LBHTS[1, b, 2, t], looks, pairs, range(6), causal=False)
    assert scores(w_LBHTS, cells)[1, 2, CROSS_ROLES.index(role)].item() == pytest.approx(slow, abs=1e-6)


@pytest.mark.parametrize("role", LOOKS)
def test_a_head_made_for_a_role_scores_one_and_bears_its_name(role):
    cells = self_cells(IDS, causal=True, wanted_BT=WANTED)
    perfect = cells[role] & torch.ones(T, T, dtype=torch.bool).tril()
    idle = torch.eye(T) if role == "first token" else torch.nn.functional.one_hot(torch.zeros(T, dtype=torch.long), T)
    made = torch.where(perfect.any(-1, keepdim=True), perfect / perfect.sum(-1, keepdim=True).clamp(min=1), idle)
    measured = heads([even(causal=True)[0], made[:, None].float()], cells)
    at = measured.roles.index(role)
    assert measured.scores[1, 0, at] == pytest.approx(1.0)
    assert measured.scores[0, 0, at] == pytest.approx(measured.chance[at])
    assert sum(measured.scores[1, 0] > 0.99) == 1
    assert measured.role(1, 0) == (role, pytest.approx(1.0))


def test_a_head_that_spreads_evenly_scores_chance_and_has_no_role():
    cells = self_cells(IDS, causal=True)
    measured = heads([even(causal=True)[0], weights(causal=True)[0, :, :1]], cells)
    assert measured.scores[0, 0].tolist() == pytest.approx(measured.chance)
    assert measured.chance[measured.roles.index("previous token")] == pytest.approx(
        sum(1 / (t + 1) for t in range(1, T)) / (T - 1)
    )
    assert max(measured.scores[0, 0].tolist()) < NAMED_FROM
    assert measured.role(0, 0)[0] in ("broad", "recent tokens")


def test_an_induction_head_on_symbols_that_never_repeat_scores_nothing():
    measured = heads([even(causal=True)[0]], self_cells(torch.arange(T)[None].expand(B, T), causal=True))
    found = dict(zip(measured.roles, measured.scores[0, 0].tolist(), strict=True))
    assert found["induction"] == found["duplicate token"] == 0
    assert found["previous token"] > 0


def test_the_wanted_token_is_where_the_next_one_stands():
    ids, wanted = torch.tensor([[4, 5, 6, 9, 6, 5]]), torch.tensor([[-100, -100, -100, 6, 5, 4]])
    cells = self_cells(ids, causal=True, wanted_BT=wanted)["target token"]
    assert cells[0].nonzero().tolist() == [[3, 2], [4, 1], [5, 0]]
    assert set(LOOKS) | {"target token"} == set(SELF_ROLES)


def test_of_roles_that_share_their_cells_the_more_telling_one_names_the_head():
    wanted = torch.where(torch.arange(T) < T - 1, IDS.roll(-1, 1), -100)
    cells = self_cells(IDS, causal=True, wanted_BT=wanted)
    looks = cells["induction"] & cells["target token"] & torch.ones(T, T, dtype=torch.bool).tril()
    made = torch.where(looks.any(-1, keepdim=True), looks / looks.sum(-1, keepdim=True).clamp(min=1), torch.eye(T))
    measured = heads([even(causal=True)[0], made[:, None]], cells)
    assert measured.role(1, 0)[0] == "induction"
    for score, named in ((0.85, "induction"), (0.75, "target token")):
        measured.scores[1, 0, [measured.roles.index(r) for r in ("induction", "target token")]] = score, 0.9
        assert measured.role(1, 0)[0] == named


def test_no_role_of_a_causal_stack_looks_ahead():
    for name, cells in self_cells(IDS, causal=True).items():
        assert not cells.triu(1).any() or name == "first token", name
    assert self_cells(IDS, causal=False)["induction"].triu(1).any()


def test_entropy_has_its_closed_forms():
    rows = torch.stack([torch.eye(8), torch.full((8, 8), 1 / 8), torch.eye(8) / 2 + torch.eye(8).roll(1, 0) / 2])
    assert entropy_bits(rows[None]).tolist() == pytest.approx([0.0, 3.0, 1.0])


def test_distance_has_its_closed_forms():
    ahead = torch.eye(T).roll(3, 0)  # query t looks at t - 3, the first three at the end
    expected = [0.0, (3 * (T - 3) + (T - 3) * 3) / T, (T - 1) / 2]
    first = torch.zeros(T, T)
    first[:, 0] = 1
    assert mean_distance(torch.stack([torch.eye(T), ahead, first])[None]).tolist() == pytest.approx(expected)


def test_the_table_has_a_row_per_head_with_its_numbers():
    w_LBHTS = weights(causal=True)
    measured = heads(list(w_LBHTS), self_cells(IDS, causal=True))
    frame = measured.frame()
    assert list(frame.columns) == ["layer", "head", "role", "score", "bits", "distance", *measured.roles]
    assert list(zip(frame["layer"], frame["head"], strict=True)) == [(i, j) for i in range(2) for j in range(3)]
    assert frame["bits"].tolist() == pytest.approx(entropy_bits(w_LBHTS).flatten().tolist())
    assert frame["induction"].tolist() == pytest.approx(
        measured.scores[:, :, measured.roles.index("induction")].ravel()
    )
    assert frame["distance"].tolist() == pytest.approx(mean_distance(w_LBHTS).flatten().tolist())


@pytest.mark.parametrize(
    ("score", "chance", "queries", "named"),
    [
        (0.39, 0.1, 10**6, False),
        (0.41, 0.1, 10**6, True),
        (0.41, 0.3, 10**6, False),
        (0.46, 0.1, 6, False),
        (0.61, 0.1, 6, True),
    ],
    ids=["too low", "high enough", "hardly above chance", "of few queries", "of few queries and clear"],
)
def test_a_role_needs_a_score_and_twice_what_chance_gives_by_its_standard_error(score, chance, queries, named):
    measured = heads([even(causal=True)[0]], self_cells(IDS, causal=True))
    row = torch.full((1, 1, 5), 0.0).numpy()
    row[0, 0, 1] = score
    told = measured._replace(scores=row, chance=(chance,) * 5, queries=(queries,) * 5).role(0, 0)[0]
    assert (told == measured.roles[1]) is named


def test_it_is_known_on_how_many_queries_a_score_rests():
    ids_BT = torch.tensor([[1, 2, 3, 1, 2, 4], [5, 6, 7, 8, 9, 10]])
    measured = heads([torch.full((2, 1, 6, 6), 1 / 6)], self_cells(ids_BT, causal=True))
    told = dict(zip(measured.roles, measured.queries, strict=True))
    assert told == {"induction": 2, "duplicate token": 2, "previous token": 10, "first token": 10, "current token": 12}
