"""What routers do, against closed forms, slow loops and cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from playground.measures.routing import (
    KINDS,
    devices,
    dropped,
    even_bits,
    evenness,
    first_choice,
    frame,
    information,
    kind_of,
    paths,
    table,
    taken,
)
from tests.playground.mixed import NONE, routing


@pytest.mark.parametrize("experts", [2, 8, 64])
def test_a_uniform_load_is_even_and_one_busy_expert_is_as_uneven_as_can_be(experts):
    assert evenness(np.full(experts, 7)) == pytest.approx((1, 0, math.log2(experts), 0))
    alone = np.zeros(experts, int)
    alone[1] = 300
    assert evenness(alone) == pytest.approx((experts, math.sqrt(experts - 1), 0, experts - 1))
    assert even_bits(experts) == evenness(np.full(experts, 7)).bits


def test_any_load_has_the_evenness_of_a_slow_count():
    dice = np.random.default_rng(0)
    for _ in range(50):
        demand = dice.integers(0, 50, dice.integers(2, 40))
        demand[0] += 1
        mean, total = sum(demand) / len(demand), sum(demand)
        found = evenness(demand)
        assert found.largest == pytest.approx(max(demand) / mean)
        assert found.variation == pytest.approx(math.sqrt(sum((d - mean) ** 2 for d in demand) / len(demand)) / mean)
        assert found.bits == pytest.approx(-sum(d / total * math.log2(d / total) for d in demand if d))
        assert found.dead == sum(d < 0.01 * mean for d in demand)


def test_an_expert_at_one_percent_of_the_mean_is_alive_and_below_it_dead():
    assert evenness(np.array([199, 1, 100])).dead == 0  # the mean is 100
    assert evenness(np.array([200, 1, 100])).dead == 1


def test_nothing_asked_for_is_no_number_out_of_bounds():
    assert evenness(np.zeros(4, int)) == (0, 0, 0, 4)
    assert dropped(np.zeros(4, int), np.zeros(4, int)) == 0
    assert dropped(np.array([6, 2]), np.array([3, 2])) == pytest.approx(3 / 8)


def slow_information(counts: np.ndarray) -> float:
    """H(label) - H(label | expert), over H(label)."""

    def entropy(row) -> float:
        return -sum(n / sum(row) * math.log(n / sum(row)) for n in row if n)

    rows, total = counts.tolist(), counts.sum()
    whole = entropy(counts.sum(0).tolist())
    return (whole - sum(sum(row) / total * entropy(row) for row in rows if sum(row))) / whole


def test_experts_that_are_the_label_tell_all_of_it_and_those_of_no_label_nothing():
    own = np.diag([5, 9, 2, 40])
    assert information(own).share == pytest.approx(1)
    assert information(own[::-1]).share == pytest.approx(1)
    finer = np.repeat(own, 2, axis=0)  # two experts for each label
    assert information(finer).share == pytest.approx(1)
    assert information(finer.T).share < 0.8  # one expert for two labels does not tell which
    apart = np.outer([1, 2, 3], [4, 5, 6, 7])
    assert information(apart).share == pytest.approx(0, abs=1e-12)


def test_any_table_has_the_information_of_a_slow_count():
    dice = np.random.default_rng(1)
    for _ in range(50):
        counts = dice.integers(0, 9, (dice.integers(2, 9), dice.integers(2, 6)))
        counts[0, :2] += 1
        assert information(counts).share == pytest.approx(slow_information(counts))


def test_one_label_or_no_token_leaves_nothing_to_tell():
    assert information(np.array([[3], [4]])) == (0, 0)
    assert information(np.array([[3, 0], [4, 0]])) == (0, 0)
    assert information(np.zeros((3, 3), int)) == (0, 0)


def test_chance_is_what_shuffled_labels_show():
    dice = np.random.default_rng(2)
    experts, labels = dice.integers(0, 8, 2000), dice.choice(4, 2000, p=[0.4, 0.3, 0.2, 0.1])
    shown, said = [], 0.0
    for _ in range(60):
        counts = table(torch.from_numpy(experts), torch.from_numpy(dice.permutation(labels)), 8, 4)
        shown.append(information(counts).share)
        said = information(counts).chance
    assert np.mean(shown) == pytest.approx(said, rel=0.12)
    assert said == pytest.approx(7 * 3 / (2 * 2000) / slow_entropy(labels))
    assert information(np.eye(2, dtype=int)).chance <= 1


def slow_entropy(labels: np.ndarray) -> float:
    shares = [np.mean(labels == label) for label in set(labels.tolist())]
    return -sum(p * math.log(p) for p in shares)


def test_a_table_counts_pairs_and_leaves_padding_out():
    experts, labels = torch.tensor([0, 1, 1, -1, 2, 1]), torch.tensor([2, 0, 0, 1, -1, 2])
    assert table(experts, labels, 3, 3).tolist() == [[0, 0, 1], [2, 0, 1], [0, 0, 0]]


def test_the_first_choice_is_the_heaviest_expert_asked_for():
    seen = routing([[0, 1], [2, 3], [NONE, 1], [NONE, NONE]], weights=[[0.6, 0.4], [0.2, 0.7], [0.9, 0.1], [0.5, 0.5]])
    assert first_choice(seen).tolist() == [0, 3, 1, -1]  # the third has 0.9 for an expert that was not asked for


def test_taken_are_the_choices_with_a_seat_and_a_gate():
    seen = routing([[0, 1], [0, 2], [0, NONE]], capacity=2, weights=[[0.6, 0.4], [0.5, 0.0], [1.0, 0.0]])
    experts, tokens = taken(seen)
    assert sorted(zip(experts.tolist(), tokens.tolist(), strict=True)) == [(0, 0), (0, 1), (1, 0)]


def test_devices_hold_experts_and_examples_in_order():
    # 2 examples of 2 tokens on 2 devices; experts 0 and 1 stand on the first device, 2 and 3 on the second
    seen = routing([[0, 2], [1, 0], [3, 0], [2, 0]], capacity=3)
    found = devices(seen, examples=2, count=2)
    assert found.load_D.tolist() == [4, 3]  # the fourth choice of expert 0 was dropped
    assert found.crossing == pytest.approx(2 / 7)  # token 0 to expert 2, token 2 to expert 0
    assert found.slowest == pytest.approx(4 / 3.5)
    assert devices(seen, examples=2, count=1)[1:] == (0, 1)
    assert devices(seen, examples=2, count=4).load_D.tolist() == seen.load_E.tolist()


def test_ways_lead_from_the_first_choice_of_a_layer_to_that_of_the_next():
    layers = [torch.tensor(each) for each in ([0, 0, 1, -1], [1, 2, 2, 0], [0, 0, 0, 0])]
    first, second = paths(layers, 3)
    assert first.tolist() == [[0, 1, 1], [0, 0, 1], [0, 0, 0]]
    assert second.tolist() == [[1, 0, 0], [1, 0, 0], [2, 0, 0]]
    assert paths(layers[:1], 3) == []


@pytest.mark.parametrize(
    ("token", "kind"),
    [("a", "vowel"), ("b", "consonant"), ("A", "capital"), ("7", "digit"), (" ", "space"), ("\n", "space"),
     ("→", "other"), ("", "other"), ("é", "other"), ("the", "consonant")],
)  # fmt: skip
def test_a_token_is_of_the_kind_of_its_first_character(token, kind):
    assert KINDS[kind_of(token)] == kind


def test_the_frame_has_a_row_for_each_expert_of_each_layer():
    probs = torch.tensor([[0.5, 0.5, 0, 0]] * 3)
    rows = frame(["L0", "L1"], [routing([[0], [0], [1]], capacity=1), routing([[3], [3], [3]], probs=probs)])
    assert len(rows) == 8
    assert rows.iloc[0].tolist() == ["L0", 0, 2, 1, 1, pytest.approx(2 / 3), 0.25]
    assert rows.iloc[4].tolist() == ["L1", 0, 0, 0, 0, 0, 0.5]
    assert rows.groupby("layer")["f"].sum().tolist() == pytest.approx([1, 1])
