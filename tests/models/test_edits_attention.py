"""Another position scheme, and tokens hidden from attention, equal models that were built or told so by hand."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models import Ablate, Cache, Hide, Output, Patch, Resume, Swap, Transformer, TransformerConfig
from models.attention import ATTENTIONS, MHA, LinearAttention, Mask, NoAttention
from models.feedforward import Dense
from models.position import T5, ALiBi, Learned, NoPosition, PositionConfig, RoPE, Scaling, Shaw, Sinusoidal
from models.tap import Pass
from tests.models.properties import close
from tests.models.variants import TOPOLOGIES, inputs, noisy, small

ATTENDING = [kind for kind, config in ATTENTIONS.items() if config().query_heads()]


def run(model: Transformer, edits: Any = (), **more: Any) -> Output:
    return model(**inputs(model.config), edits=edits, record=True, **more)


def alike(one: Output, other: Output) -> None:
    close(one.logits_BTV, other.logits_BTV, "the logits are others")
    for mine, theirs in zip((*one.encoder, *one.decoder), (*other.encoder, *other.decoder), strict=True):
        for name in ("self_attention_BHTS", "cross_attention_BHTS", "stream_BTD", "attention_BTD"):
            assert (getattr(mine, name) is None) == (getattr(theirs, name) is None)
            if getattr(mine, name) is not None:
                close(getattr(mine, name), getattr(theirs, name), f"{name} is another")


SWAPS: dict[str, tuple[PositionConfig, PositionConfig]] = {
    "another base": (RoPE(), RoPE(base=7.0)),
    "stretched": (RoPE(), RoPE(scaling=Scaling(way="linear", factor=3.0))),
    "none": (RoPE(), NoPosition()),
    "a bias": (RoPE(), ALiBi()),
    "vectors": (RoPE(), Sinusoidal()),
    "for trained vectors": (Learned(), RoPE()),
    "for trained biases": (T5(), ALiBi()),
    "for what meets queries": (Shaw(), RoPE()),
}


@pytest.mark.parametrize("name", SWAPS)
@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_swapped_scheme_is_the_model_with_that_scheme(name: str, topology: Any):
    position, other = SWAPS[name]
    swapped_in(small(position=position, topology=topology), other)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("kind", ATTENDING)
def test_every_attention_turns_by_other_angles(kind: str, topology: Any):
    slower = RoPE(scaling=Scaling(way="linear", factor=3.0))
    swapped_in(small(attention={"kind": kind}, position=RoPE(), topology=topology), slower)


def swapped_in(config: TransformerConfig, other: PositionConfig) -> None:
    model, twin = noisy(Transformer(config)), Transformer(config.but(position=other))
    kept = model.state_dict()
    twin.load_state_dict({name: kept[name] for name in twin.state_dict()})
    got = run(model, [Swap(stack, other) for stack in config.depths()])  # type: ignore[arg-type]
    alike(got, run(twin))
    assert not torch.allclose(got.logits_BTV, run(model).logits_BTV, atol=1e-4)


def test_one_stack_alone_is_swapped():
    model: Any = noisy(Transformer(small(topology="encoder-decoder")))
    got = run(model, [Swap("encoder", RoPE(base=7.0))])
    model.encoder.position = RoPE(base=7.0).build(model.config.room("encoder"))
    alike(got, run(model))


def test_reading_in_pieces_is_swapped_too():
    model, swap = noisy(Transformer(small())), [Swap("decoder", RoPE(base=7.0))]
    ids_BT, cache, pieces = inputs(model.config)["ids_BT"], Cache(), []
    for piece_BT in ids_BT.split(3, dim=1):
        output = model(piece_BT, cache=cache, edits=swap)
        cache = output.cache
        pieces.append(output.logits_BTV)
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids_BT, edits=swap).logits_BTV)


def hidden(like_BT: Tensor) -> Tensor:
    """Another few tokens of each example."""
    at_BT = torch.zeros_like(like_BT, dtype=torch.bool)
    at_BT[0, 1], at_BT[1, 0], at_BT[2, 2:4] = True, True, True
    return at_BT


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("kind", ATTENDING)
def test_hidden_in_every_layer_is_padding(kind: str, topology: Any):
    """In a model whose other parts read each token by itself."""
    model = noisy(Transformer(small(attention={"kind": kind}, topology=topology, feed_forward=Dense(hidden=24))))
    given = inputs(model.config)
    at_BT = hidden(given["ids_BT"])
    stack, more = list(model.config.depths())[-1], {"keep_BS": ~at_BT}
    edits = [Hide(stack, at_BT)]  # type: ignore[arg-type]
    if topology == "encoder-decoder":
        at_BS = hidden(given["source_BS"])
        edits += [Hide("encoder", at_BS), Hide("decoder", at_BS, cross=True)]
        more = {"keep_BS": ~at_BS, "keep_BT": ~at_BT}
    got = run(model, edits)
    alike(got, run(model, **more))
    assert not torch.allclose(got.logits_BTV, run(model).logits_BTV, atol=1e-4)


class Told(nn.Module):
    """Stands in for an attention: its mask is made by hand."""

    def __init__(self, inner: Any, mask: Mask, *, cross: bool):
        super().__init__()
        self.inner, self.mask, self.cross = inner, mask, cross

    def forward(self, x: Tensor, p: Pass, cached: Any = None) -> Any:
        named = (
            {"source_mask": self.mask, "source_keep_BS": self.mask.visible[:, 0, 0]}
            if self.cross
            else {"mask": self.mask}
        )  # type: ignore[index]
        return self.inner(x, p._replace(**named), cached)

    def scored(self, *given: Any) -> Any:
        return self.inner.scored(*given)


@pytest.mark.parametrize("part", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("kind", ATTENDING)
def test_hidden_in_one_layer_is_a_mask_of_that_layer(kind: str, part: str):
    model: Any = noisy(Transformer(small(attention={"kind": kind}, topology="encoder-decoder")))
    given, cross = inputs(model.config), part == "cross"
    at_BS = hidden(given["ids_BT" if part == "decoder" else "source_BS"])
    stack: Any = "encoder" if part == "encoder" else "decoder"
    got = run(model, [Hide(stack, at_BS, 1, cross)])
    length = at_BS.shape[1]
    seen = (~at_BS)[:, None, None, :].expand(-1, 1, given["ids_BT"].shape[1] if cross else length, -1).clone()
    if not cross:
        seen |= torch.eye(length, dtype=torch.bool)
    if part == "decoder":
        seen &= torch.ones(length, length, dtype=torch.bool).tril()
    block, name = getattr(model, stack).blocks[1], "cross_attention" if cross else "attention"
    setattr(block, name, Told(getattr(block, name), Mask(seen), cross=cross))
    alike(got, run(model))


def test_nobody_else_looks_at_a_hidden_token():
    model = noisy(Transformer(small(attention=MHA(window=4))))
    at_BT = hidden(inputs(model.config)["ids_BT"])
    for layer in run(model, [Hide("decoder", at_BT)]).decoder:
        assert layer.self_attention_BHTS is not None
        others = layer.self_attention_BHTS * ~torch.eye(at_BT.shape[1], dtype=torch.bool)
        assert not others.transpose(-1, -2)[at_BT[:, None].expand(-1, 4, -1)].any()
        assert others.any()


IDS = inputs(small())["ids_BT"]
AT, NOT = hidden(IDS), torch.zeros_like(IDS, dtype=torch.bool)


@pytest.mark.parametrize(
    ("config", "edits", "words"),
    [
        (small(), [Swap("decoder", T5())], "T5 positions have parameters, which nobody has trained"),
        (small(), [Swap("decoder", Shaw())], "have parameters"),
        (small(), [Swap("decoder", RoPE())], "the model has these positions"),
        (small(), [Swap("encoder", ALiBi())], "this model has no encoder"),
        (small(attention=LinearAttention()), [Swap("decoder", ALiBi())], "adds to the scores before a softmax"),
        (small(), [Swap("decoder", ALiBi()), Ablate("decoder", None, "position")], "one position scheme"),
        (small(), [Hide("encoder", AT)], "the encoder has 0 layers"),
        (small(), [Hide("decoder", AT, 2)], "the decoder has 2 layers"),
        (small(), [Hide("decoder", AT, cross=True)], "only the decoder of an encoder-decoder has cross-attention"),
        (small(), [Hide("decoder", NOT)], "one at least"),
        (small(), [Hide("decoder", AT.int())], "one at least"),
        (small(), [Hide("decoder", AT[:, :3])], "which to hide; there are"),
        (small(attention=NoAttention(), position=Learned()), [Hide("decoder", AT)], "no attention to hide tokens from"),
        (small(), [Resume("decoder", 1, torch.zeros(*IDS.shape, 16)), Hide("decoder", AT, 0)], "resumes at layer 1"),
    ],
)
def test_what_changes_nothing_or_cannot_be_is_refused(config: TransformerConfig, edits: Any, words: str):
    with pytest.raises(ValueError, match=words):
        Transformer(config)(IDS, edits=edits)


def test_a_cache_hides_nothing():
    with pytest.raises(ValueError, match="give no cache"):
        Transformer(small())(IDS, cache=Cache(), edits=[Hide("decoder", AT)])


def test_a_hidden_token_and_a_patch_act_together():
    model = noisy(Transformer(small()))
    patch = Patch("decoder", 1, "layer", torch.ones_like(AT), values=torch.ones(16))
    both = run(model, [Hide("decoder", AT), patch]).logits_BTV
    assert torch.equal(both, run(model, [patch]).logits_BTV)
