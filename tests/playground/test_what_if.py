"""What other rules would make of the same scores, beside loops that go token by token."""

import math

import pytest
import torch
from torch import Tensor

from playground.interventions.what_if import PLAIN, what_if
from playground.measures.routing import without_best

N, E, K, STEPS, SPEED = 24, 4, 2, 12, 0.02


def scores() -> Tensor:
    """Uneven ones: the first expert is liked by nearly all."""
    drawn = torch.randn(N, E, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return drawn + torch.tensor([1.5, 0.5, 0.0, -1.0])


def softmax(row: list[float]) -> list[float]:
    powers = [math.exp(x) for x in row]
    return [x / sum(powers) for x in powers]


def best(row: list[float], k: int) -> list[int]:
    return sorted(range(len(row)), key=lambda e: -row[e])[:k]


def loads(chosen: list[list[int]]) -> list[int]:
    return [sum(e in mine for mine in chosen) for e in range(E)]


def plainly(rows: list[list[float]]) -> list[list[int]]:
    return [best(row, K) for row in rows]


def by_a_loss(rows: list[list[float]]) -> list[list[int]]:
    """d/db_e of E Σ f P, where f is a number: E Σ f_j mean over tokens of P_j (1[j = e] - P_e)."""
    offset = [0.0] * E
    for _ in range(STEPS):
        moved = [[x + b for x, b in zip(row, offset, strict=True)] for row in rows]
        f = [load / (K * N) for load in loads(plainly(moved))]
        shares = [softmax(row) for row in moved]
        for e in range(E):
            slope = E * sum(f[j] * p[j] * ((j == e) - p[e]) for p in shares for j in range(E)) / N
            offset[e] -= SPEED * E * slope
    return plainly([[x + b for x, b in zip(row, offset, strict=True)] for row in rows])


def by_a_bias(rows: list[list[float]]) -> list[list[int]]:
    shares, bias = [softmax(row) for row in rows], [0.0] * E
    for _ in range(STEPS):
        load = loads([best([p + b for p, b in zip(row, bias, strict=True)], K) for row in shares])
        bias = [b + SPEED * ((x < K * N / E) - (x > K * N / E)) for b, x in zip(bias, load, strict=True)]
    return [best([p + b for p, b in zip(row, bias, strict=True)], K) for row in shares]


def by_a_quantile(rows: list[list[float]]) -> list[list[int]]:
    """In one step: where quantiles have settled, a token of each expert lies on the very edge."""
    shares = [softmax(row) for row in rows]
    alpha = [sorted(row, reverse=True)[K] for row in shares]
    margins = [sorted((row[e] - a for row, a in zip(shares, alpha, strict=True)), reverse=True) for e in range(E)]
    bias = [-margin[N * K // E] for margin in margins]
    return [best([p + b for p, b in zip(row, bias, strict=True)], K) for row in shares]


def by_the_experts(rows: list[list[float]]) -> list[list[int]]:
    shares = [softmax(row) for row in rows]
    takes = [sorted(range(N), key=lambda n: -shares[n][e])[: N * K // E] for e in range(E)]
    return [[e for e in range(E) if n in takes[e]] for n in range(N)]


TWINS = {
    PLAIN: plainly,
    "auxiliary": by_a_loss,
    "bias": by_a_bias,
    "quantile": by_a_quantile,
    "expert choice": by_the_experts,
}


@pytest.mark.parametrize("name", TWINS)
def test_a_rule_sends_tokens_where_its_slow_twin_does(name: str):
    found = what_if(scores(), K, steps=1 if name == "quantile" else STEPS, speed=SPEED)
    assert found.keys() == TWINS.keys()
    chosen = TWINS[name](scores().tolist())
    assert [[e for e in range(E) if row[e]] for row in found[name].taken_NE.tolist()] == list(map(sorted, chosen))
    assert found[name].load_E.tolist() == found[name].demand_E.tolist() == loads(chosen)
    without = [sorted(mine) for mine in plainly(scores().tolist())]
    changed = sum(a != sorted(b) for a, b in zip(without, chosen, strict=True)) / N
    assert found[name].changed == pytest.approx(changed)
    assert (changed > 0) == (name != PLAIN)


def test_every_rule_makes_the_loads_more_even_than_none():
    found = what_if(scores(), K, steps=200, speed=0.01)
    largest = {name: outcome.evenness.largest for name, outcome in found.items()}
    assert largest[PLAIN] > 1.5
    assert all(largest[name] < largest[PLAIN] for name in largest if name != PLAIN)
    assert largest["quantile"] < 1.1
    assert largest["expert choice"] == 1.0


def test_seats_drop_what_is_uneven():
    found = what_if(scores(), K, factor=1.0, steps=200)
    load = loads(plainly(scores().tolist()))
    assert found[PLAIN].load_E.tolist() == [min(x, N * K // E) for x in load]
    assert found[PLAIN].dropped == pytest.approx(sum(max(0, x - N * K // E) for x in load) / (N * K))
    assert found["quantile"].dropped < found[PLAIN].dropped
    assert found["expert choice"].dropped == 0


def test_padding_counts_nowhere():
    padded = torch.cat((scores(), torch.full((5, E), 3.0, dtype=torch.float64)))
    keep_N = torch.arange(N + 5) < N
    whole, half = what_if(scores(), K, steps=STEPS), what_if(padded, K, keep_N=keep_N, steps=STEPS)
    for name, outcome in whole.items():
        assert torch.equal(half[name].taken_NE[:N], outcome.taken_NE), name
        assert not half[name].taken_NE[N:].any()
        assert half[name].changed == outcome.changed


def test_nothing_that_is_given_or_drawn_changes():
    logits_NE, state = scores(), torch.get_rng_state()
    what_if(logits_NE, K, steps=2)
    assert torch.equal(logits_NE, scores())
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_the_best_are_out_of_reach(n: int):
    left_NE = without_best(scores(), n)
    for row, left in zip(scores().tolist(), left_NE.tolist(), strict=True):
        gone = best(row, n)
        assert left == [-math.inf if e in gone else x for e, x in enumerate(row)]


def test_one_expert_stays():
    with pytest.raises(ValueError, match=r"^Of 4 experts, 4 cannot be disabled\.$"):
        without_best(scores(), E)
