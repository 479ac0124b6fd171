"""A stack that resumes with a recorded stream goes on to the bit as it would have, and records the streams alone."""

from typing import Any

import pytest
import torch

from models import Ablate, Cache, Output, Patch, Resume, Transformer, TransformerConfig
from models.edits import Edit
from models.position import RoPE
from tests.models.variants import EXTRAS, PRODUCT, inputs, noisy, small

SOME = EXTRAS | {name: one for name, one in PRODUCT.items() if name.startswith("MHA") and "encoder-decoder" in name}
every = pytest.mark.parametrize("config", SOME.values(), ids=SOME.keys())
THREE = small(layers=3)
BOTH = small(topology="encoder-decoder", layers=3, encoder_layers=2)


def run(model: Transformer, edits: Any = (), **named: Any) -> Output:
    return model(**inputs(model.config), edits=edits, **named)


def stacks(output: Output) -> dict[Any, Any]:
    return {name: layers for name in ("encoder", "decoder") if (layers := getattr(output, name))}


@every
def test_recording_the_streams_changes_no_bit_and_records_no_weights(config: TransformerConfig):
    model = noisy(Transformer(config))
    plain, streams, whole = run(model), run(model, record="stream"), run(model, record=True)
    assert torch.equal(plain.logits_BTV, streams.logits_BTV)
    for name, layers in stacks(streams).items():
        for layer, full in zip(layers, getattr(whole, name), strict=True):
            assert (layer.self_attention_BHTS, layer.cross_attention_BHTS, layer.scored) == (None, None, None)
            torch.testing.assert_close(layer.stream_BTD, full.stream_BTD, rtol=1e-4, atol=2e-5)


@every
def test_every_layer_can_be_resumed_at_to_the_bit(config: TransformerConfig):
    model = noisy(Transformer(config))
    known = run(model, record="stream")
    for name, layers in stacks(known).items():
        streams = [layers[0].before_BTD, *(layer.stream_BTD for layer in layers)]
        for at, stream_BTD in enumerate(streams):
            got = run(model, [Resume(name, at, stream_BTD)], record="stream")
            assert torch.equal(got.logits_BTV, known.logits_BTV), (name, at)
            for i, layer in enumerate(stacks(got)[name]):
                stays = i >= at
                assert (layer.stream_BTD is not None) == stays, (name, at, i)
                assert not stays or torch.equal(layer.stream_BTD, layers[i].stream_BTD)


def test_what_comes_before_is_not_computed():
    model: Any = noisy(Transformer(THREE))
    known = run(model, record="stream")
    model.decoder.blocks[0] = model.decoder.blocks[1] = None  # calling them would raise
    got = run(model, [Resume("decoder", 2, known.decoder[1].stream_BTD)])
    assert torch.equal(got.logits_BTV, known.logits_BTV)


def test_another_stream_is_what_the_rest_reads():
    model = noisy(Transformer(THREE))
    known = run(model, record="stream")
    other_BTD = known.decoder[0].stream_BTD.flip(0)  # each example goes on as another
    got = run(model, [Resume("decoder", 1, other_BTD)])
    assert torch.equal(got.logits_BTV, known.logits_BTV.flip(0))


def test_both_stacks_can_resume_at_once_and_be_edited_behind():
    model = noisy(Transformer(BOTH))
    known, edit = run(model, record="stream"), Ablate("decoder", 2, "cross_attention", head=1)
    edits = [
        Resume("encoder", 2, known.encoder[1].stream_BTD),
        Resume("decoder", 1, known.decoder[0].stream_BTD),
        edit,
    ]
    got = run(model, edits).logits_BTV
    assert torch.equal(got, run(model, [edit]).logits_BTV)
    assert not torch.allclose(got, known.logits_BTV, atol=1e-3)


STREAM = torch.zeros(3, 9, 16)
AT_BT = torch.ones(3, 9, dtype=torch.bool)
REFUSED: dict[str, tuple[list[Edit], str]] = {
    "layer past the end": ([Resume("decoder", 4, STREAM)], "the decoder has 3 layers"),
    "negative layer": ([Resume("decoder", -1, STREAM)], "the decoder has 3 layers"),
    "absent stack": ([Resume("encoder", 0, STREAM)], "the encoder has 0 layers"),
    "two of a stack": ([Resume("decoder", 1, STREAM), Resume("decoder", 2, STREAM)], "resume at one layer, not at 1"),
    "an edit before it": ([Ablate("decoder", 0), Resume("decoder", 1, STREAM)], "the decoder resumes at layer 1"),
    "a patch before it": ([Patch("decoder", 0, "layer", AT_BT), Resume("decoder", 1, STREAM)], "resumes at layer 1"),
    "positions before it": (
        [Ablate("decoder", None, "position"), Resume("decoder", 1, STREAM)],
        "the decoder resumes at layer 1",
    ),
    "another shape": ([Resume("decoder", 1, STREAM[:2])], r"resumes with a stream of \(2, 9, 16\)"),
}


@pytest.mark.parametrize(("edits", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_a_stream_that_cannot_be_resumed_with_is_refused(edits: list[Edit], words: str):
    with pytest.raises(ValueError, match=words):
        run(Transformer(THREE.but(position=RoPE().model_dump())), edits)


def test_there_is_nothing_to_cache_of_layers_that_were_not_computed():
    with pytest.raises(ValueError, match="give no cache"):
        run(Transformer(THREE), [Resume("decoder", 1, STREAM)], cache=Cache())
