"""The residual stream: what a recorded pass reports adds up, and lengths and cosines are those of a slow loop."""

from __future__ import annotations

import math

import pytest
import torch

from models import Ablate, Transformer, TransformerConfig
from models.norm import Norm
from models.records import LayerRecord
from playground.measures.residual import added, states, trajectory

TOPOLOGIES = ("decoder-only", "encoder-only", "encoder-decoder")


def recorded(topology: str = "decoder-only", edits=(), record: bool = True, **changes):
    config = TransformerConfig.model_validate(
        {"vocab": 9, "context": 6, "width": 16, "layers": 2} | changes | {"topology": topology}
    )
    model = Transformer(config, seed=1)
    generator = torch.Generator().manual_seed(0)
    ids_BT = torch.randint(9, (3, 6), generator=generator)
    source_BS = torch.randint(9, (3, 5), generator=generator) if topology == "encoder-decoder" else None
    with torch.no_grad():
        return model, model(ids_BT, source_BS=source_BS, edits=edits, record=record)


def sums(record: LayerRecord) -> torch.Tensor:
    assert record.before_BTD is not None
    return record.before_BTD + sum(
        t for t in (record.attention_BTD, record.cross_BTD, record.feed_forward_BTD) if t is not None
    )


@pytest.mark.parametrize(
    ("topology", "parallel"), [*((name, False) for name in TOPOLOGIES), *((name, True) for name in TOPOLOGIES[:2])]
)
def test_a_pre_norm_state_is_the_one_before_plus_what_was_added(topology, parallel):
    _, output = recorded(topology, parallel=parallel)
    for records in (output.encoder, output.decoder):
        for i, record in enumerate(records):
            torch.testing.assert_close(sums(record), record.stream_BTD, atol=1e-6, rtol=1e-5)
            assert i == 0 or torch.equal(record.before_BTD, records[i - 1].stream_BTD)


def test_a_post_norm_block_norms_after_each_addition():
    model, output = recorded("encoder-only", norm=Norm(kind="LayerNorm", place="post").model_dump())
    block, record = model.encoder.blocks[0], output.encoder[0]
    between = block.norm_attention(record.before_BTD + record.attention_BTD)
    torch.testing.assert_close(block.norm_feed_forward(between + record.feed_forward_BTD), record.stream_BTD)


def test_what_is_ablated_adds_nothing():
    _, output = recorded(edits=(Ablate("decoder", 0, "self_attention"), Ablate("decoder", 1, "layer")))
    lengths = added(output.decoder, 0)
    assert lengths["attention"][0].max() == 0
    assert lengths["feed_forward"][0].min() > 0
    assert lengths["attention"][1].max() == lengths["feed_forward"][1].max() == 0
    assert torch.equal(states(output.decoder, 0)[1], states(output.decoder, 0)[2])


def test_nothing_is_reported_unless_it_is_asked_for():
    _, output = recorded(record=False)
    each = [(r.before_BTD, r.attention_BTD, r.cross_BTD, r.feed_forward_BTD) for r in output.decoder]
    assert each == [(None,) * 4] * 2
    with pytest.raises(ValueError, match="record=True"):
        states(output.decoder, 0)


def test_lengths_and_cosines_are_those_of_a_slow_loop():
    _, output = recorded("encoder-decoder")
    stream_NTD, lengths = states(output.decoder, 1), added(output.decoder, 1)
    assert stream_NTD.shape == (3, 6, 16)
    found, rows = trajectory(stream_NTD), stream_NTD.double().tolist()

    def length(x):
        return math.sqrt(sum(a * a for a in x))

    def cosine(x, y):
        return sum(a * b for a, b in zip(x, y, strict=True)) / (length(x) * length(y))

    for n in range(3):
        for t in range(6):
            assert float(found.norm_NT[n, t]) == pytest.approx(length(rows[n][t]), rel=1e-5)
            assert float(found.final_NT[n, t]) == pytest.approx(cosine(rows[n][t], rows[2][t]), abs=1e-5)
            if n < 2:
                assert float(found.next_LT[n, t]) == pytest.approx(cosine(rows[n][t], rows[n + 1][t]), abs=1e-5)
    assert set(lengths) == {"attention", "cross", "feed_forward"}
    crossed = output.decoder[1].cross_BTD[1, 4].double().tolist()
    assert float(lengths["cross"][1, 4]) == pytest.approx(length(crossed), rel=1e-5)
    assert set(added(output.encoder, 1)) == {"attention", "feed_forward"}


def test_the_first_state_is_the_example_asked_for():
    model, output = recorded(position={"kind": "none"})
    ids = torch.randint(9, (3, 6), generator=torch.Generator().manual_seed(0))
    for example in range(3):
        assert torch.equal(states(output.decoder, example)[0], model.embedding.tokens[ids[example]])
