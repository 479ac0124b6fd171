"""Which layers have a mixture, and how wide the others are."""

from typing import Any

import pytest

from models import Transformer, TransformerConfig
from models.feedforward import Dense
from models.mixture import MixtureFeedForward, MoE
from models.moe import ExpertChoice, TopK
from tests.models.variants import small


def mixtures(config: TransformerConfig) -> dict[str, list[int]]:
    """By stack, the layers of the built model that have one."""
    model: Any = Transformer(config)
    return {
        stack: [i for i, b in enumerate(getattr(model, stack).blocks) if isinstance(b.feed_forward, MixtureFeedForward)]
        for stack in config.depths()
    }


@pytest.mark.parametrize(
    ("every", "skip", "layers", "expected"),
    [
        (1, 0, 3, [0, 1, 2]),
        (2, 0, 5, [1, 3]),
        (4, 0, 6, [3]),
        (1, 1, 3, [1, 2]),
        (3, 1, 7, [3, 6]),
    ],
)
def test_every_nth_layer_after_those_skipped(every: int, skip: int, layers: int, expected: list[int]):
    moe = MoE(hidden=12, experts=4, every=every, skip=skip)
    assert mixtures(small(feed_forward=moe, layers=layers)) == {"decoder": expected}


@pytest.mark.parametrize("stacks", ["both", "encoder", "decoder"])
def test_a_stack_without_mixtures_is_dense(stacks: Any):
    moe = MoE(hidden=12, experts=4, stacks=stacks)
    found = mixtures(small(feed_forward=moe, topology="encoder-decoder", layers=1, encoder_layers=2))
    assert found == {
        "encoder": [0, 1] if stacks != "decoder" else [],
        "decoder": [0] if stacks != "encoder" else [],
    }


def test_a_dense_layer_does_the_work_of_one_tokens_experts():
    some: dict[str, Any] = {"hidden": 12, "experts": 8, "skip": 1, "gated": True, "bias": True, "activation": "silu"}
    for moe, hidden in (
        (MoE(**some, router=TopK(k=3), shared=2), 60),
        (MoE(**some, router=TopK(k=3), shared=2, split=2), 48),  # 6 of 16 and 2 shared, each of width 6
        (MoE(**some, router=ExpertChoice(factor=1.5)), 18),
        (MoE(**some, router=TopK(k=3), dense_hidden=7), 7),
    ):
        dense: Any = moe.at(0, "decoder")
        assert (dense.kind, dense.hidden, dense.gated, dense.bias, dense.activation) == (
            "dense",
            hidden,
            True,
            True,
            "silu",
        )
        assert moe.at(1, "decoder") is moe


def test_a_mixture_is_no_dense_network():
    """A table of a dense network's names, as of a published family, does not take it for one."""
    assert not isinstance(MoE(), Dense)
    assert MoE(hidden=12, gated=True).network(7) == Dense(hidden=7, gated=True)
