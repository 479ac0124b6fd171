"""Decoding by the formula alone writes what the model writes, of every config it knows, and leaves it the others."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer, TransformerConfig
from models.attention import GQA, MQA
from models.decoding import AHEAD, Decoding, knows
from models.embedding import Embedding
from models.feedforward import ACTIVATIONS, Dense
from models.generate import GREEDY, Sampling, Token, generate
from models.norm import Norm, RMSNorm
from models.position import Learned, RoPE
from tests.models.variants import EXTRAS, PRODUCT, inputs, noisy, small

PROMPT, STEPS = 4, AHEAD + 2  # rotations are made twice, and the text is longer than the context
SAMPLED = Sampling(0.8, top_k=9, top_p=0.9)

OTHERS: dict[str, TransformerConfig] = {
    f"{name} gated" if gated else name: small(feed_forward=Dense(hidden=24, activation=name, gated=gated))
    for name in ACTIVATIONS
    for gated in (False, True)
} | {
    "embedding norm": small(embedding=Embedding(norm=True, scaled=True), norm=Norm(place="post", kind="LayerNorm")),
    "qk_norm full": small(attention=GQA(qk_norm="full")),
    "window GQA post": small(attention=GQA(window=5, softcap=2.0), norm=Norm(place="post")),
    "window MQA": small(attention=MQA(window=5, qk_norm="head"), position=RoPE(fraction=0.5)),
}
DECODERS = {n: c for n, c in (PRODUCT | EXTRAS | OTHERS).items() if c.topology == "decoder-only"}
BY_FORMULA = {n: c for n, c in DECODERS.items() if knows(Transformer(c))}


def written(model: Transformer, length: int, sampling: Sampling = GREEDY, **more: Any) -> list[Token]:
    ids_BT = inputs(model.config, length=PROMPT)["ids_BT"]
    return list(generate(model, ids_BT, length, sampling=sampling, generator=torch.Generator().manual_seed(3), **more))


def by_the_model(model: Transformer, *given: Any, **more: Any) -> list[Token]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.decoding.knows", lambda model: False)
        return written(model, *given, **more)


def agrees(config: TransformerConfig, sampling: Sampling) -> None:
    config = config.but(context=PROMPT + STEPS) if config.position.ends else config
    model = noisy(Transformer(config)).double()
    got, expected = written(model, STEPS, sampling), by_the_model(model, STEPS, sampling)
    assert not torch.allclose(got[0].probs_BV, got[-1].probs_BV, rtol=1e-3), "it reads nothing"
    for mine, other in zip(got, expected, strict=True):
        assert torch.equal(mine.ids_B, other.ids_B)
        torch.testing.assert_close(mine.probs_BV.log(), other.probs_BV.log(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("config", BY_FORMULA.values(), ids=BY_FORMULA.keys())
def test_the_same_samples_and_probabilities_in_float64(config: TransformerConfig):
    agrees(config, SAMPLED)


@pytest.mark.parametrize("config", OTHERS.values(), ids=OTHERS.keys())
def test_greedily_too(config: TransformerConfig):
    agrees(config, GREEDY)


@pytest.mark.parametrize("position", [RoPE(), Learned()], ids=["RoPE", "learned"])
def test_in_bfloat16_as_close_as_rounding_lets_it(position: Any):
    model = noisy(Transformer(small(position=position, attention=GQA(), context=1000, vocab=50)))
    exact = written(model, 1)[0].probs_BV
    got, expected = (made(model.bfloat16(), 8)[-1].probs_BV for made in (written, by_the_model))
    assert got.dtype == exact.dtype == torch.float32
    torch.testing.assert_close(got, expected, rtol=0.05, atol=2e-3)


def test_it_knows_these_and_no_others():
    known = {"MHA", "GQA", "MQA"}, {"none", "sinusoidal", "learned", "RoPE"}, {"decoder-only"}, {"pre", "post"}
    product = {n for n in PRODUCT if all(kind in kinds for kind, kinds in zip(n.split(" "), known, strict=True))}
    extras = {"window", "qk_norm head", "biases", "gated biases", "parallel", "prefix", "own head dimension", "YaRN"}
    extras |= {"multipliers", "capped head", "norm of outputs", "norms on both sides", "window in some layers"}
    extras |= {"llama3", "partial interleaved RoPE", "transform head", "scaled tied head", "no norm", "no final norm"}
    assert product | extras | OTHERS.keys() == BY_FORMULA.keys()


class Another(RMSNorm):
    """A subclass may do anything."""


def hooked(model: Any) -> None:
    model.decoder.blocks[1].attention.out.register_forward_hook(lambda *_: None)


def replaced(model: Any) -> None:
    model.decoder.norm_final = Another(16)


UNKNOWN = {"hooks": hooked, "another module": replaced}


@pytest.mark.parametrize("change", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_a_model_that_was_changed_goes_its_own_way(change: Any):
    model = Transformer(small())
    assert knows(model)
    change(model)
    assert not knows(model)


@pytest.mark.parametrize("keep", [None, torch.tensor([[True] * PROMPT, [True] * PROMPT, [False, True, True, True]])])
def test_unequal_prompts_are_read_by_the_model(keep: Tensor | None, monkeypatch: pytest.MonkeyPatch):
    made, begin = [], Decoding.__init__
    monkeypatch.setattr(Decoding, "__init__", lambda self, *given: made.append(1) or begin(self, *given))
    written(Transformer(small()), 2, keep_BS=keep)
    assert len(made) == (keep is None)
