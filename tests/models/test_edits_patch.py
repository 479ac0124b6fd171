"""A patch equals two forward passes by hand: one keeps an activation, the other is given it."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import Ablate, Patch, Transformer
from models.attention import GQA, LinearAttention
from models.norm import Norm
from models.position import RoPE
from tests.models.variants import inputs, noisy, small

PLAIN = small(attention=GQA(out_bias=True), layers=3)
CROSSED = small(topology="encoder-decoder", attention=GQA())
AT_BT = torch.zeros(3, 9, dtype=torch.bool)
AT_BT[0, 4] = AT_BT[2, 0] = AT_BT[2, 8] = True  # of example 1, the source, nothing
CASES = {
    "self-attention": (PLAIN, "decoder", "self_attention", "attention"),
    "feed-forward": (PLAIN, "decoder", "feed_forward", "feed_forward"),
    "cross-attention": (CROSSED, "decoder", "cross_attention", "cross_attention"),
    "parallel feed-forward": (PLAIN.but(parallel=True), "decoder", "feed_forward", "feed_forward"),
    "linear attention": (small(attention=LinearAttention(), position=RoPE()), "decoder", "self_attention", "attention"),
    "encoder": (small(topology="encoder-only"), "encoder", "feed_forward", "feed_forward"),
}


class Given(nn.Module):
    """Stands in for a module: passes what it returns, a tensor or the first of a tuple, through `change`."""

    def __init__(self, inner: nn.Module, change: Callable[[Tensor], Tensor]):
        super().__init__()
        self.inner, self.change = inner, change

    def forward(self, *given: Any, **named: Any) -> Any:
        result = self.inner(*given, **named)
        if isinstance(result, Tensor):
            return self.change(result)
        return self.change(result[0]), *result[1:]

    def __getattr__(self, name: str) -> Any:
        return super().__getattr__(name) if name in ("inner", "change") else getattr(self.inner, name)


class HeadGiven(Given):
    """Stands in for an output projection: passes the channels of one head that it is given through `change`."""

    def forward(self, joined: Tensor) -> Tensor:
        joined = joined.clone()
        joined[..., 8:12] = self.change(joined[..., 8:12])
        return self.inner(joined)


def by_hand(model: Any, place: Any, name: str, wrapper: Any = Given) -> Tensor:
    """Example 1 alone, then each example alone with its values at its marked positions."""
    all_given, inner, kept = inputs(model.config), getattr(place, name), []

    def alone(b: int, change: Callable[[Tensor], Tensor]) -> Tensor:
        setattr(place, name, wrapper(inner, change))
        return model(**{k: t[b : b + 1] for k, t in all_given.items()}).logits_BTV

    def keep(x: Tensor) -> Tensor:
        kept.append(x.clone())
        return x

    alone(1, keep)
    found = []
    for b in range(3):

        def put(x: Tensor, b: int = b) -> Tensor:
            x = x.clone()
            for t in range(9):
                if AT_BT[b, t]:
                    x[0, t] = kept[0][0, t]
            return x

        found.append(alone(b, put))
    setattr(place, name, inner)
    return torch.cat(found)


@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize(("config", "stack", "part", "name"), CASES.values(), ids=CASES.keys())
def test_a_patched_sublayer_equals_two_passes_by_hand(config, stack: Any, part: Any, name: str, place: Any):
    if config.parallel and place == "post":
        place = "pre"
    model: Any = noisy(Transformer(config.but(norm=Norm(place=place).model_dump())))
    got = model(**inputs(config), edits=[Patch(stack, 1, part, AT_BT, source=1)]).logits_BTV
    expected = by_hand(model, getattr(model, stack).blocks[1], name)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-5)
    plain = model(**inputs(config)).logits_BTV
    assert torch.equal(got[1], plain[1])
    assert not torch.allclose(got[2], plain[2], atol=1e-3)


@pytest.mark.parametrize("place", ["pre", "post"])
def test_a_patched_stream_equals_two_passes_by_hand(place: Any):
    model: Any = noisy(Transformer(PLAIN.but(norm=Norm(place=place).model_dump())))
    got = model(**inputs(PLAIN), edits=[Patch("decoder", 1, "layer", AT_BT, source=1)], record=True)
    torch.testing.assert_close(got.logits_BTV, by_hand(model, model.decoder.blocks, "1"), rtol=1e-5, atol=2e-5)
    plain = model(**inputs(PLAIN), record=True).decoder[1].stream_BTD
    assert torch.equal(got.decoder[1].stream_BTD[AT_BT], plain[1].expand_as(plain)[AT_BT])
    assert torch.equal(got.decoder[1].stream_BTD[~AT_BT], plain[~AT_BT])


@pytest.mark.parametrize(("config", "name"), [(PLAIN, "attention"), (CROSSED, "cross_attention")])
def test_a_patched_head_equals_two_passes_by_hand(config, name: Any):
    model: Any = noisy(Transformer(config))
    part = "self_attention" if name == "attention" else name
    got = model(**inputs(config), edits=[Patch("decoder", 1, part, AT_BT, source=1, head=2)]).logits_BTV
    expected = by_hand(model, getattr(model.decoder.blocks[1], name), "out", HeadGiven)
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-5)
    assert not torch.allclose(got, model(**inputs(config)).logits_BTV, atol=1e-3)


def test_a_patch_behind_a_skipped_layer_gives_what_that_leaves():
    model: Any = noisy(Transformer(PLAIN))
    edits = [Patch("decoder", 1, "layer", AT_BT, source=1), Ablate("decoder", 1, "layer")]
    got, before = (model(**inputs(PLAIN), edits=e, record=True).decoder for e in (edits, ()))
    assert torch.equal(got[1].stream_BTD[0, 4], before[0].stream_BTD[1, 4])
    assert torch.equal(got[1].stream_BTD[0, 3], before[0].stream_BTD[0, 3])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"layer": 3}, "Patch of the decoder, layer 3, self_attention: the decoder has 3 layers"),
        ({"stack": "encoder"}, "the encoder has 0 layers"),
        ({"part": "position"}, "parts are self_attention, cross_attention, feed_forward, layer;"),
        ({"part": "cross_attention"}, "only the decoder of an encoder-decoder"),
        ({"head": 4}, "heads 0 to 3 exist"),
        ({"part": "layer", "head": 0}, "in an attention part"),
        ({"at_BT": AT_BT[:, :8]}, r"says of \(3, 8\) examples and positions .* there are \(3, 9\)"),
        ({"source": 3}, r"by example 3; there are \(3, 9\)"),
    ],
)
def test_a_patch_that_does_not_fit_is_refused(fields: dict[str, Any], words: str):
    patch = Patch("decoder", 1, "self_attention", AT_BT)._replace(**fields)
    with pytest.raises(ValueError, match=words):
        Transformer(PLAIN)(**inputs(PLAIN), edits=[patch])
