"""Ablations equal models made by hand without the part, and edits that could change nothing are refused."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import Ablate, Output, Transformer
from models.attention import GQA, NoAttention
from models.feedforward import NoFeedForward
from models.norm import Norm
from models.position import NoPosition
from tests.models.variants import inputs, noisy, small

PLAIN = small(attention=GQA(out_bias=True, qkv_bias=True))
CROSSED = small(topology="encoder-decoder", attention=GQA())


class Instead(nn.Module):
    """Stands in for a sublayer: calls it, and replaces its output by zeros or by its mean over the batch."""

    def __init__(self, inner: nn.Module, how: str):
        super().__init__()
        self.inner, self.how = inner, how

    def forward(self, *given, **named):
        result = self.inner(*given, **named)
        y = result[0]
        new = (
            torch.zeros_like(y) if self.how == "zero" else torch.stack([torch.stack(list(y)).sum(0) / len(y)] * len(y))
        )
        return new, *result[1:]

    def scored(self, *given):
        return None


class HeadInstead(nn.Module):
    """Stands in for the output projection: replaces one head's channels first."""

    def __init__(self, inner: nn.Module, head: int, how: Any):
        super().__init__()
        self.inner, self.head, self.how = inner, head, how

    def forward(self, joined: Tensor) -> Tensor:
        joined, mine = joined.clone(), slice(4 * self.head, 4 * self.head + 4)
        joined[..., mine] = 0.0 if self.how == "zero" else joined[..., mine].mean(0)
        return self.inner(joined)


def run(config, edits=(), change=lambda model: None) -> Output:
    model = noisy(Transformer(config))
    change(model)
    return model(**inputs(config), edits=edits, record=True)


@pytest.mark.parametrize("how", ["zero", "mean"])
@pytest.mark.parametrize("place", ["pre", "post"])
@pytest.mark.parametrize(
    ("config", "part", "name"),
    [
        (PLAIN, "self_attention", "attention"),
        (PLAIN, "feed_forward", "feed_forward"),
        (CROSSED, "cross_attention", "cross_attention"),
    ],
    ids=["self-attention", "feed-forward", "cross-attention"],
)
def test_an_ablated_sublayer_equals_one_replaced_by_hand(config, part: Any, name: str, place: Any, how: Any):
    config = config.but(norm=Norm(place=place))

    def change(model: Any) -> None:
        block = model.decoder.blocks[1]
        setattr(block, name, Instead(getattr(block, name), how))

    got, expected = run(config, [Ablate("decoder", 1, part, how=how)]), run(config, change=change)
    torch.testing.assert_close(got.logits_BTV, expected.logits_BTV)
    assert not torch.allclose(got.logits_BTV, run(config).logits_BTV, atol=1e-3)


@pytest.mark.parametrize("how", ["zero", "mean"])
@pytest.mark.parametrize("head", range(4))
def test_an_ablated_head_equals_one_replaced_before_the_output_projection(head: int, how: Any):
    def change(model: Any) -> None:
        attention = model.decoder.blocks[0].attention
        attention.out = HeadInstead(attention.out, head, how)

    got, expected = run(PLAIN, [Ablate("decoder", 0, head=head, how=how)]), run(PLAIN, change=change)
    torch.testing.assert_close(got.logits_BTV, expected.logits_BTV)
    assert not torch.allclose(got.logits_BTV, run(PLAIN).logits_BTV, atol=1e-3)


def test_an_ablated_cross_attention_head_leaves_self_attention_alone():
    def change(model: Any) -> None:
        attention = model.decoder.blocks[0].cross_attention
        attention.out = HeadInstead(attention.out, 2, "zero")

    got = run(CROSSED, [Ablate("decoder", 0, "cross_attention", head=2)])
    torch.testing.assert_close(got.logits_BTV, run(CROSSED, change=change).logits_BTV)


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_a_skipped_layer_is_as_good_as_absent(stack: Any):
    def change(model: Any) -> None:
        del getattr(model, stack).blocks[0]

    got = run(CROSSED, [Ablate(stack, 0, "layer")])
    torch.testing.assert_close(got.logits_BTV, run(CROSSED, change=change).logits_BTV)


def test_several_edits_act_together():
    both = [Ablate("decoder", 1, head=0), Ablate("decoder", 1, head=3)]
    got = run(PLAIN, both).logits_BTV

    def change(model: Any) -> None:
        attention = model.decoder.blocks[1].attention
        attention.out = HeadInstead(HeadInstead(attention.out, 0, "zero"), 3, "zero")

    torch.testing.assert_close(got, run(PLAIN, change=change).logits_BTV)


@pytest.mark.parametrize(
    ("config", "edit", "words"),
    [
        (PLAIN, Ablate("encoder", 0), "the encoder has 0 layers"),
        (PLAIN, Ablate("decoder", 2), "the decoder has 2 layers"),
        (PLAIN, Ablate("decoder", -1), "the decoder has 2 layers"),
        (PLAIN, Ablate("decoder", 0, head=4), "heads 0 to 3 exist"),
        (PLAIN, Ablate("decoder", 0, head=-1), "heads 0 to 3 exist"),
        (PLAIN, Ablate("decoder", 0, "feed_forward", head=0), "in an attention part"),
        (PLAIN, Ablate("decoder", 0, "cross_attention"), "only the decoder of an encoder-decoder"),
        (CROSSED, Ablate("encoder", 0, "cross_attention"), "only the decoder of an encoder-decoder"),
        (PLAIN, Ablate("decoder", 0, "layer", how="mean"), "a skipped layer has no mean"),
        (PLAIN, Ablate("decoder", 0, "attention"), "self_attention, cross_attention, feed_forward, layer"),  # type: ignore
        (PLAIN, Ablate("decoder", 0, how="median"), "zero, mean"),  # type: ignore[arg-type]
        (small(feed_forward=NoFeedForward()), Ablate("decoder", 0, "feed_forward"), "no feed-forward part"),
        (small(attention=NoAttention(), position=NoPosition()), Ablate("decoder", 0), "no self-attention part"),
    ],
    ids=[
        "absent stack",
        "layer past the last",
        "negative layer",
        "head past the last",
        "negative head",
        "head of a feed-forward",
        "cross-attention of one stack",
        "cross-attention of an encoder",
        "mean of a layer",
        "unknown part",
        "unknown way",
        "absent feed-forward",
        "absent attention",
    ],
)
def test_an_edit_that_could_change_nothing_is_refused(config, edit: Ablate, words: str):
    with pytest.raises(ValueError, match=words):
        run(config, [edit])
