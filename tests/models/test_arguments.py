"""A forward pass refuses arguments that do not fit the model, instead of ignoring them."""

import pytest
import torch

from models import Cache, Transformer
from models.transformer import shift_right
from tests.models.variants import inputs, small

IDS = torch.zeros(2, 4, dtype=torch.long)
KEEP = torch.ones(2, 4, dtype=torch.bool)
TWO = torch.tensor([2, 2])
ENCODER, BOTH, PREFIX = small(topology="encoder-only"), small(topology="encoder-decoder"), small(prefix=True)

REFUSED = {
    "missing source": (BOTH, {}, "source_BS is missing"),
    "source of a decoder": (small(), {"source_BS": IDS}, "source_BS is given"),
    "prefix of a causal model": (small(), {"prefix_B": TWO}, "no prefix-LM"),
    "missing prefix": (PREFIX, {}, "needs prefix_B"),
    "segments without embeddings": (ENCODER, {"segments_BT": IDS}, "no segment embeddings"),
    "padding of another shape": (ENCODER, {"keep_BS": KEEP[:, :3]}, r"\(2, 4\); got \(2, 3\)"),
    "cache of an encoder": (ENCODER, {"cache": Cache()}, "A cache goes with a decoder"),
    "texts that begin somewhere": (small(), {"cache": Cache(begins_B=TWO[:1])}, "there are 2"),
    "cache of padded ids": (small(), {"cache": Cache(), "keep_BS": KEEP}, "unpadded ids"),
    "prefix in two pieces": (PREFIX, {"cache": Cache(), "prefix_B": TWO + 3}, "first 4 tokens do not hold one of 5"),
}


@pytest.mark.parametrize(("config", "arguments", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_an_argument_that_does_not_fit_is_refused(config, arguments: dict, words: str):
    with pytest.raises(ValueError, match=words):
        Transformer(config)(IDS, **arguments)


@pytest.mark.parametrize(
    ("config", "name"),
    [(BOTH, "source_BS"), (BOTH, "keep_BS"), (PREFIX, "prefix_B"), (small(), "source_BS")],
    ids=["source", "padding", "prefix", "source of a decoder"],
)
def test_what_a_cache_holds_is_refused_the_second_time(config, name: str):
    model, given = Transformer(config), inputs(config)
    cache = model(**given, cache=Cache()).cache
    again = {"source_BS": given["ids_BT"], "keep_BS": given["ids_BT"] > -1, "prefix_B": TWO[:1].expand(3)}[name]
    with pytest.raises(ValueError, match="give them only once"):
        model(given["ids_BT"], **{name: again}, cache=cache)


@pytest.mark.parametrize("topology", ["encoder-only", "decoder-only"])
def test_segments_are_zero_unless_given(topology: str):
    config = small(topology=topology, embedding={"segments": 2})
    model, ids_BT = Transformer(config), inputs(config)["ids_BT"]
    plain = model(ids_BT).logits_BTV
    assert torch.equal(plain, model(ids_BT, segments_BT=torch.zeros_like(ids_BT)).logits_BTV)
    assert not torch.allclose(plain, model(ids_BT, segments_BT=torch.ones_like(ids_BT)).logits_BTV, atol=1e-3)


def test_segments_of_an_encoder_decoder_are_those_of_its_source():
    config = small(topology="encoder-decoder", embedding={"segments": 2})
    model, given = Transformer(config), inputs(config, length=7)
    plain = model(**given, segments_BT=torch.zeros_like(given["source_BS"])).logits_BTV
    other = model(**given, segments_BT=torch.ones_like(given["source_BS"])).logits_BTV
    assert torch.equal(plain, model(**given).logits_BTV)
    assert not torch.allclose(plain, other, atol=1e-3)
    with torch.no_grad():
        model.embedding.segments[0] = model.embedding.segments[1]  # then only which of the two is read by whom differs
    assert torch.equal(
        model(**given, segments_BT=torch.ones_like(given["source_BS"])).logits_BTV, model(**given).logits_BTV
    )


def test_shifting_right_puts_the_start_first_and_drops_the_last():
    assert shift_right(torch.tensor([[3, 4, 5], [6, 7, 8]]), 1).tolist() == [[1, 3, 4], [1, 6, 7]]
