"""Sums along equal distances against slow loops; rotary pairs against their closed form; what a core's scores are made
of against the weights that it reports.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models import Transformer
from models.attention import GQA
from models.attention.pointwise import WEIGHTS
from models.position import RoPE
from models.records import Scored
from playground.measures.distance import Moments, along, content, counts, distances, even, moments, pairs, reach
from tests.models.variants import VARIANTS, inputs, noisy, small

LOWEST = torch.finfo(torch.float32).min


def random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("queries", "keys"), [(1, 1), (4, 4), (3, 5), (5, 2), (1, 6)])
def test_sums_along_distances_are_those_of_a_loop(queries, keys):
    x, at = random(2, queries, keys), distances(queries, keys).tolist()
    expected = torch.zeros(2, len(at))
    for t in range(queries):
        for s in range(keys):
            expected[:, at.index(t - s)] += x[:, t, s]
    torch.testing.assert_close(along(x), expected)


def slow(x: torch.Tensor, seen: torch.Tensor) -> Moments:
    """One example, query, key at a time."""
    batch, heads, queries, keys = x.shape
    at = distances(queries, keys).tolist()
    found = [[[] for _ in at] for _ in range(heads)]
    for b in range(batch):
        for t in range(queries):
            for s in range(keys):
                if seen.expand(batch, queries, keys)[b, t, s]:
                    for h in range(heads):
                        found[h][at.index(t - s)].append(float(x[b, h, t, s]))
    mean = np.array([[np.mean(c) if c else np.nan for c in head] for head in found])
    spread = np.array([[np.std(c) if c else np.nan for c in head] for head in found])
    explained = []
    for head in found:
        values = np.concatenate([c for c in head if c])
        between = sum(len(c) * (np.mean(c) - values.mean()) ** 2 for c in head if c)
        explained.append(between / ((values - values.mean()) ** 2).sum())
    return Moments(mean, spread, np.array(explained))


@pytest.mark.parametrize("masks", ["causal", "one of each example"])
def test_means_spread_and_what_distance_explains_are_those_of_a_loop(masks):
    x = 40 + random(3, 2, 6, 6) + torch.arange(6.0)[:, None]  # far from 0, where squares lose digits
    seen = torch.ones(1, 6, 6, dtype=torch.bool).tril()
    if masks != "causal":
        seen = seen | (random(3, 6, 6, seed=1) > 0.8)
        x[~seen[:, None].expand_as(x)] = LOWEST  # what is hidden counts for nothing
    for mine, loop in zip(moments(x, seen), slow(x, seen), strict=True):
        np.testing.assert_allclose(mine, loop, atol=1e-3)  # the root of a rounding


def test_distance_explains_all_of_a_bias_and_nothing_of_a_constant():
    seen = torch.ones(1, 9, 9, dtype=torch.bool).tril()
    apart = torch.arange(9.0)[:, None] - torch.arange(9.0)
    found = moments(torch.stack((-0.5 * apart, torch.full_like(apart, 3.0)))[None], seen)
    assert found.explained[0] == pytest.approx(1, abs=1e-6)
    assert np.isnan(found.explained[1])
    assert found.mean[0, 8:] == pytest.approx(-0.5 * np.arange(9), abs=1e-6)
    assert np.isnan(found.mean[0, :8]).all()  # nobody looks ahead


def test_even_attention_is_spread_over_what_is_seen():
    seen = torch.ones(1, 4, 4, dtype=torch.bool).tril()
    mean = moments(even(seen)[:, None], seen).mean[0, 3:]
    assert mean == pytest.approx(
        [(1 + 1 / 2 + 1 / 3 + 1 / 4) / 4, (1 / 2 + 1 / 3 + 1 / 4) / 3, (1 / 3 + 1 / 4) / 2, 1 / 4]
    )
    assert counts(seen)[3:].tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize("pairing", ["half-split", "interleaved"])
def test_a_pair_of_equal_vectors_adds_the_cosine_of_its_angle(pairing):
    position = RoPE(base=100.0, fraction=0.5, pairing=pairing)
    room = small(position=position, attention=GQA(heads=4, kv_heads=2, head_dim=12), context=12).room("decoder")
    turned = position.build(room).rotate(torch.ones(1, 4, 12, 12))
    scored = Scored(turned, turned[:, :2], 0.5, None, None)
    seen = torch.ones(1, 12, 12, dtype=torch.bool)
    found = pairs(scored, 3, seen, 6, interleaved=pairing == "interleaved")
    at = distances(12, 12)
    for row, theta in zip(found, (1.0, 100 ** (-1 / 3), 100 ** (-2 / 3)), strict=False):  # |(1, 1)|^2 = 2
        assert row == pytest.approx(0.5 * 2 * np.cos(at * theta), abs=1e-5)
    assert found[3] == pytest.approx(np.full(len(at), 0.5 * 6), abs=1e-6)  # six channels that do not turn
    assert found.sum(0) == pytest.approx(moments(content(scored), seen).mean[3], abs=1e-5)


def test_a_group_of_heads_meets_its_own_keys():
    scored = Scored(random(2, 4, 5, 8), random(2, 2, 5, 8, seed=1), 0.3, None, None)
    seen = torch.ones(2, 5, 5, dtype=torch.bool).tril()
    seen[0, :, 1] = False
    for head in range(4):
        exact = moments(content(scored), seen).mean[head]
        assert pairs(scored, head, seen, 8, interleaved=False).sum(0)[4:] == pytest.approx(exact[4:], abs=1e-5)
    assert content(scored)[1, 2, 3, 4] == pytest.approx(
        0.3 * float(scored.q_BHTC[1, 2, 3] @ scored.k_BGSC[1, 1, 4]), rel=1e-5
    )


SCORED = {
    name: config
    for name, config in VARIANTS.items()
    if config.attention.scores and config.attention.query_heads() and not config.attention.unscored
}


@pytest.mark.parametrize("name", [name for name in SCORED if "post" not in name and "MoE" not in name])
def test_the_terms_of_a_score_give_the_weights_that_the_core_reports(name):
    config = SCORED[name]
    model = noisy(Transformer(config))
    with torch.no_grad():
        output, plain = model(**inputs(config), record=True), model(**inputs(config))
    assert all(one.scored is None for one in (*plain.encoder, *plain.decoder))
    for stack, records in ((model.encoder, output.encoder), (model.decoder, output.decoder)):
        for block, one in zip(stack.blocks if records else (), records, strict=True):
            scores = content(one.scored)
            for term in (one.scored.relative_BHTS, stack.position.bias(*scores.shape[-2:])):
                scores = scores if term is None else scores + term
            weights, kind = one.self_attention_BHTS, config.attention.kind
            if kind in WEIGHTS:
                causal = scores.new_ones(scores.shape[-2:]).tril() if stack is model.decoder else None
                seen = torch.ones_like(scores) if causal is None else causal.expand_as(scores)
                mine = WEIGHTS[kind](scores, seen.sum(-1, keepdim=True)) * seen
            else:
                scores = scores.where(weights > 0, LOWEST)
                if kind == "sinks":
                    sink_BHT1 = block.attention.sink_H[:, None, None].expand(*scores.shape[:-1], 1)
                    scores = torch.cat((scores, sink_BHT1), dim=-1)
                mine = scores.softmax(-1)[..., : weights.shape[-1]]
            torch.testing.assert_close(mine, weights, atol=1e-5, rtol=1e-4)


def measured(weight, *, queries: int = 32):
    seen = torch.ones(1, queries, queries, dtype=torch.bool).tril()
    usual, count = moments(even(seen)[:, None], seen).mean[0][queries - 1 :], counts(seen)[queries - 1 :]
    return reach(np.arange(queries), weight(usual), usual, count)


def test_reach_names_the_peak_that_many_queries_see():
    def spiked(usual):
        weight = 0.3 * usual
        weight[8], weight[31] = 0.7, 0.9  # only the last query sees 31 back
        return weight

    found = measured(spiked)
    assert (found.peak, found.weight) == (8, 0.7)
    assert found.chance == pytest.approx(sum(1 / (t + 1) for t in range(8, 32)) / 24)


def test_reach_finds_in_how_many_tokens_the_weight_halves():
    found = measured(lambda usual: usual * 2.0 ** (-np.arange(32) / 3.2))
    assert found.halves == pytest.approx(3.2)
    assert found.mean < found.usual
    assert measured(lambda usual: usual).halves is None
    assert measured(lambda usual: usual * 2.0 ** (np.arange(32) / 5)).halves is None  # it grows
    assert measured(lambda usual: usual * (1 + np.sin(np.arange(32) * 2) * 0.9)).halves is None


def test_even_attention_is_not_moved_and_one_place_moves_nearly_all():
    assert measured(lambda usual: usual).moved == pytest.approx(0, abs=1e-9)
    first = measured(lambda usual: np.eye(32)[0])
    assert first.moved == pytest.approx(1 - sum(1 / (t + 1) for t in range(32)) / 32)
    assert first.mean == 0
    assert first.usual == pytest.approx(sum(t / 2 for t in range(32)) / 32)
