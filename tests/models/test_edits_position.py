"""A model without its position scheme equals one that was built without, stack by stack."""

from typing import Any

import pytest
import torch

from models import Ablate, Cache, Output, Transformer, TransformerConfig
from models.attention import GQA, LinearAttention
from models.position import POSITIONS, Learned, NoPosition, Position, RoPE
from tests.models.variants import TOPOLOGIES, inputs, noisy, small

SCHEMES = [kind for kind in POSITIONS if kind != "none"]


def off(*stacks: Any) -> list[Ablate]:
    return [Ablate(stack, None, "position") for stack in stacks]


def run(model: Transformer, edits: Any = ()) -> Output:
    return model(**inputs(model.config), edits=edits, record=True)


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("kind", SCHEMES)
def test_without_positions_in_any_stack_it_is_the_model_without_a_scheme(kind: str, topology: Any):
    model = noisy(Transformer(small(position={"kind": kind}, topology=topology, attention=GQA())))
    bare = Transformer(model.config.but(position=NoPosition().model_dump()))
    kept = model.state_dict()
    bare.load_state_dict({name: kept[name] for name in bare.state_dict()})
    got = run(model, off(*model.config.depths()))
    torch.testing.assert_close(got.logits_BTV, run(bare).logits_BTV)
    assert not torch.allclose(got.logits_BTV, run(model).logits_BTV, atol=1e-3)


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
@pytest.mark.parametrize("kind", SCHEMES)
def test_only_the_named_stack_goes_without(kind: str, stack: Any):
    model: Any = noisy(Transformer(small(position={"kind": kind}, topology="encoder-decoder")))
    got = run(model, off(stack)).logits_BTV
    bare = getattr(model, stack)
    bare.position = Position()
    for block in bare.blocks:
        block.relative = None
    torch.testing.assert_close(got, run(model).logits_BTV)


def test_linear_attention_is_not_rotated_either():
    model = noisy(Transformer(small(attention=LinearAttention(), position=RoPE())))
    bare = Transformer(model.config.but(position=NoPosition().model_dump()))
    bare.load_state_dict(model.state_dict())
    torch.testing.assert_close(run(model, off("decoder")).logits_BTV, run(bare).logits_BTV)


def test_reading_in_pieces_does_without_positions_too():
    model = noisy(Transformer(small(position=Learned())))
    ids_BT, cache, pieces = inputs(model.config)["ids_BT"], Cache(), []
    for piece_BT in ids_BT.split(3, dim=1):
        output = model(piece_BT, cache=cache, edits=off("decoder"))
        cache = output.cache
        pieces.append(output.logits_BTV)
    torch.testing.assert_close(torch.cat(pieces, 1), model(ids_BT, edits=off("decoder")).logits_BTV)


@pytest.mark.parametrize(
    ("config", "edit", "words"),
    [
        (small(), Ablate("decoder", 0, "position"), "belongs to a whole stack: layer=None, of decoder"),
        (small(), Ablate("encoder", None, "position"), "belongs to a whole stack: layer=None, of decoder"),
        (small(position=NoPosition()), Ablate("decoder", None, "position"), "no position scheme"),
        (small(), Ablate("decoder", None, "position", how="mean"), "switched off, and have no mean"),
        (small(), Ablate("decoder", None, "position", head=1), "in an attention part"),
        (small(), Ablate("decoder", None, "position", expert=0), "an expert is part of a feed_forward"),
        (small(), Ablate("decoder", None), "the decoder has 2 layers"),
    ],
    ids=["of one layer", "absent stack", "no scheme", "mean", "of a head", "of an expert", "another part of no layer"],
)
def test_an_edit_of_no_position_scheme_is_refused(config: TransformerConfig, edit: Ablate, words: str):
    with pytest.raises(ValueError, match=words):
        run(Transformer(config), [edit])
