"""Position schemes against golden values and the properties that their papers claim, each with a null check."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.position import T5, ALiBi, Learned, Room, Sinusoidal
from models.position.alibi import slopes
from models.position.sinusoidal import sinusoid
from models.position.t5 import bucket
from tests.models.variants import inputs, small

ROOM = Room(width=32, heads=4, head_dim=8, context=16, bidirectional=False)
BOTH = {  # first distance of each bucket, identical to T5's reference code for all distances up to 600
    True: dict(enumerate([*range(8), 8, 12, 16, 23, 32, 46, 64, 91])),
    False: dict(enumerate([*range(16), 16, 19, 21, 24, 27, 31, 35, 40, 46, 52, 59, 67, 77, 87, 99, 113])),
}


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_sinusoidal_table_holds_the_papers_values():
    expected = [0.14112, -0.989992, 0.29552, 0.955336, 0.029996, 0.99955, 0.003, 0.999996]
    torch.testing.assert_close(sinusoid(3, 1, 8)[0], torch.tensor(expected), rtol=0, atol=1e-6)
    torch.testing.assert_close(sinusoid(0, 9, 8)[3], sinusoid(3, 1, 8)[0])


def test_a_shift_turns_each_pair_of_the_sinusoidal_table_by_the_same_angle():
    at, later = (torch.view_as_complex(sinusoid(start, 50, 8).view(50, 4, 2)) for start in (0, 7))
    turn = later / at  # sine first: the angle runs backwards, the same for every position
    torch.testing.assert_close(turn, turn[:1].expand_as(turn), rtol=1e-5, atol=1e-5)
    assert (turn[0, :2] - 1).abs().min() > 0.1


@pytest.mark.parametrize("start", [0, 5, 20], ids=["inside the table", "across its end", "beyond it"])
def test_sinusoidal_positions_continue_beyond_the_context(start: int):
    scheme, x_BTD = Sinusoidal(amplitude=0.5).build(ROOM), random(2, 14, 32)
    torch.testing.assert_close(scheme.embed(x_BTD, start) - x_BTD, (0.5 * sinusoid(start, 14, 32)).expand(2, -1, -1))


def test_learned_positions_add_their_row_and_refuse_what_lies_beyond_the_table():
    model: Any = Transformer(small(position=Learned()))
    scheme, x_BTD = model.decoder.position, random(2, 5, 16)
    torch.testing.assert_close(scheme.embed(x_BTD, 7), x_BTD + scheme.table[7:12])
    assert scheme.table.std() > 0.1
    with pytest.raises(ValueError, match="end at 12: a sequence of 13 tokens"):
        scheme.embed(x_BTD, 8)
    with pytest.raises(ValueError, match="end at 12: a sequence of 13 tokens"):
        model(**inputs(model.config, length=13))


@pytest.mark.parametrize(
    ("heads", "expected"),
    [
        (4, [0.25, 0.0625, 0.015625, 0.00390625]),
        (8, [2.0**-n for n in range(1, 9)]),
        (12, [2.0**-n for n in range(1, 9)] + [0.70710678, 0.35355339, 0.1767767, 0.08838835]),
    ],
    ids=["4 heads", "8 heads", "12 heads"],
)
def test_alibi_slopes_are_the_reference_codes(heads: int, expected: list[float]):
    assert slopes(heads) == pytest.approx(expected)


def test_alibi_is_a_penalty_that_grows_with_distance_at_each_heads_rate():
    scheme: Any = ALiBi().build(ROOM)
    bias_HTS = scheme.bias(3, 10, start=7)
    for h, slope in enumerate(slopes(4)):
        for t in range(3):
            assert bias_HTS[h, t].tolist() == pytest.approx([-slope * abs(7 + t - s) for s in range(10)])


@pytest.mark.parametrize("bidirectional", [True, False], ids=["bidirectional", "causal"])
def test_t5_buckets_are_the_reference_codes(bidirectional: bool):
    past = torch.arange(0, -600, -1)
    starts, which = BOTH[bidirectional], bucket(past, bidirectional=bidirectional)
    for distance in range(600):
        assert which[distance] == max(b for b, first in starts.items() if first <= distance)
    future = bucket(-past, bidirectional=bidirectional)
    assert torch.equal(future[1:], which[1:] + 16 if bidirectional else torch.zeros(599, dtype=torch.long))
    assert future[0] == 0


@pytest.mark.parametrize("bidirectional", [True, False], ids=["bidirectional", "causal"])
def test_t5_reads_its_table_at_key_minus_query(bidirectional: bool):
    scheme: Any = T5().build(ROOM._replace(bidirectional=bidirectional))
    scheme.bias_table.data = random(32, 4)
    bias_HTS = scheme.bias(4, 9, start=5)
    for t in range(4):
        for s in range(9):
            row = bucket(torch.tensor(s - (5 + t)), bidirectional=bidirectional)
            assert torch.equal(bias_HTS[:, t, s], scheme.bias_table[row])


def test_fewer_t5_buckets_and_a_nearer_end_stay_inside_the_table():
    for buckets in range(4, 129, 4):
        for furthest in {max(16, buckets // 2 + 1), 128, 4096}:
            for way in (True, False):
                which = bucket(torch.arange(-5000, 5000), bidirectional=way, buckets=buckets, furthest=furthest)
                assert which.min() >= 0
                assert which.max() == buckets - 1
