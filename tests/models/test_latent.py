"""Latent attention: absorbed decoding equals keys and values written out, and with a cache single heads are edited."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import PUBLISHED, Ablate, Cache, Output, Transformer, TransformerConfig
from models.attention import MHA, MLA, Where, mask
from models.config import Refused
from models.cost import cost
from models.position import T5, ALiBi, NoPosition, RoPE, Scaling, Shaw
from models.tap import Pass, Tap
from tests.models.variants import SIZES, inputs, noisy, small

SHARP = Scaling(way="YaRN", trained=32, fast=8.0, factor=4.0)
MODELS: dict[str, TransformerConfig] = {
    "RoPE": small(attention=MLA()),
    "its own sizes": small(attention=MLA(heads=3, **SIZES)),
    "YaRN": small(attention=MLA(), position=RoPE(base=100.0, scaling=SHARP)),
    "ALiBi": small(attention=MLA(), position=ALiBi()),
    "T5": small(attention=MLA(value_dim=3), position=T5(buckets=8, furthest=16)),
    "no positions": small(attention=MLA(), position=NoPosition()),
    "encoder-decoder": small(attention=MLA(query_latent=3), topology="encoder-decoder"),
    "prefix": small(attention=MLA(), prefix=True),
}


def read(model: Transformer, given: dict[str, Tensor], chunks: tuple[int, ...], **more: Any) -> list[Output]:
    """The text with a cache, so many tokens at a time; of an encoder-decoder the source once."""
    outputs: list[Output] = []
    cache, at = Cache(), 0
    for length in chunks:
        now = given if at == 0 else {}
        outputs.append(model(**now | {"ids_BT": given["ids_BT"][:, at : at + length]}, cache=cache, **more))
        cache, at = outputs[-1].cache, at + length
    return outputs


@pytest.mark.parametrize("config", MODELS.values(), ids=MODELS.keys())
@torch.no_grad()
def test_absorbed_decoding_equals_keys_and_values_written_out(config: TransformerConfig, monkeypatch: Any):
    model, given = noisy(Transformer(config)).double(), inputs(config)
    whole, absorbed = model(**given, record=["*.pattern", "*.z", "*.q.rotated"]), []
    for block in model.decoder.blocks:
        for attention in filter(None, (block.attention, block.cross_attention)):
            plain = attention._absorbed
            monkeypatch.setattr(attention, "_absorbed", lambda *a, plain=plain: absorbed.append(1) or plain(*a))
    for kept in ({}, {"record": ["*.pattern", "*.z", "*.q.rotated"]}):
        absorbed.clear()
        steps = read(model, given, (4, 1, 1, 3), **kept)
        assert len(absorbed) == 3 * 2 * (1 + (config.topology == "encoder-decoder"))
        got = torch.cat([step.logits_BTV for step in steps], 1)
        torch.testing.assert_close(got, whole.logits_BTV, rtol=0, atol=1e-9)
        for name, last in steps[-1].places.items():
            then = whole.places[name]
            if not name.startswith("encoder"):
                torch.testing.assert_close(last, then[..., -3:, :], rtol=0, atol=1e-9, msg=name)


@torch.no_grad()
def test_what_needs_each_heads_keys_has_them_with_a_cache_too():
    config = small(attention=MLA(), position=Shaw(clip=2))
    model, given = noisy(Transformer(config)).double(), inputs(config)
    got = torch.cat([step.logits_BTV for step in read(model, given, (4, 1, 1, 3))], 1)
    torch.testing.assert_close(got, model(**given).logits_BTV, rtol=0, atol=1e-9)


@pytest.mark.parametrize("part", ["k", "v", "k.rotated", "q", "scores", "pattern", "z"])
@pytest.mark.parametrize("topology", ["decoder-only", "encoder-decoder"])
@torch.no_grad()
def test_an_edited_head_stays_edited_in_the_cache(part: str, topology: Any):
    model = noisy(Transformer(small(attention=MLA(), topology=topology))).double()
    given = inputs(model.config)
    edits = [Ablate("decoder", 1, f"attention.{part}", head=2)]
    if topology == "encoder-decoder" and part != "k.rotated":
        edits.append(Ablate("decoder", 0, f"cross_attention.{part}", head=1))
    whole, plain = model(**given, edits=edits).logits_BTV, model(**given).logits_BTV
    got = torch.cat([step.logits_BTV for step in read(model, given, (4, 1, 1, 3), edits=edits)], 1)
    torch.testing.assert_close(got, whole, rtol=0, atol=1e-9)
    assert not torch.allclose(whole, plain, atol=1e-4)


@torch.no_grad()
def test_looking_at_keys_in_between_changes_nothing():
    model = noisy(Transformer(small(attention=MLA()))).double()
    given = inputs(model.config)
    ids, cache, outs = given["ids_BT"], Cache(), []
    for t in range(9):
        look: dict[str, Any] = {"record": ["decoder.0.attention.k", "decoder.1.attention.v"]} if t in (0, 4) else {}
        step = model(ids_BT=ids[:, t : t + 1], cache=cache, **look)
        cache = step.cache
        outs.append(step.logits_BTV)
        assert all(t.shape[-2] == 1 for t in step.places.values())  # keys of this pass
    torch.testing.assert_close(torch.cat(outs, 1), model(**given).logits_BTV, rtol=0, atol=1e-9)


@torch.no_grad()
def test_the_turning_part_of_a_key_is_one_for_all_heads_and_alone_tells_positions():
    attention: Any = MLA(heads=3, head_dim=4, rope_dim=2).build(12, Where())
    for p in attention.parameters():
        p.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(p.numel()))
    config = small(width=12, attention=MLA(heads=3, head_dim=4, rope_dim=2))
    rotary, x_BTD = config.position.build(config.room("decoder")), torch.ones(1, 5, 12)  # the same token five times
    tap = Tap(record=["*"])
    attention(x_BTD, Pass(tap, mask=mask(5, 5, device=x_BTD.device), position=rotary, tables=rotary.tables(0, 5)))
    k_BHSC, turned_BHSC = (tap.kept[f"decoder.0.attention.{name}"] for name in ("k", "k.rotated"))
    assert k_BHSC.shape == turned_BHSC.shape == (1, 3, 5, 6)
    for k in (k_BHSC, turned_BHSC):
        assert torch.equal(k[:, 0, :, :2], k[:, 1, :, :2])
        assert not torch.allclose(k[:, 0, :, 2:], k[:, 1, :, 2:], atol=1e-2)
    assert torch.equal(turned_BHSC[..., 2:], k_BHSC[..., 2:])
    assert not torch.allclose(turned_BHSC[:, :, 1:, :2], k_BHSC[:, :, 1:, :2], atol=1e-2)


@pytest.mark.parametrize("fraction", [1.0, 0.5])
@torch.no_grad()
def test_yarn_sharpens_whole_scores(fraction: float):
    """At position 0, where nothing turns."""
    given = {"ids_BT": torch.tensor([[3]]), "record": ["decoder.0.attention.scores"]}
    attention = MLA(head_dim=8, rope_dim=4)
    plain, sharp = (
        noisy(Transformer(small(attention=attention, position=RoPE(base=100.0, fraction=fraction, scaling=scaling))))
        for scaling in (Scaling(), SHARP)
    )
    one, two = (model(**given).places["decoder.0.attention.scores"] for model in (plain, sharp))
    torch.testing.assert_close(two, one * SHARP.amplitude() ** 2)


def test_the_scale_of_scores_is_that_of_deepseek():
    for sharpness, expected in ((0.1 * 0.707 * 3.6888794541 + 1, 0.1147214), (None, 0.1352338)):  # V2-Lite, V3
        scaling = Scaling(way="YaRN", factor=40.0, trained=4096, sharpness=sharpness)
        attention: Any = PUBLISHED["deepseek-v2-lite"].attention.build(32)
        assert attention.scale * scaling.amplitude() ** 2 == pytest.approx(expected, abs=1e-7)


def test_empty_settings_are_the_proportions_of_v2_lite_and_an_odd_rotary_dimension_is_refused():
    published, auto = PUBLISHED["deepseek-v2-lite"].attention, MLA(heads=16)
    assert (published.head_dim, published.rope_dim, published.value_dim, published.latent) == (128, 64, 128, 512)
    assert published.query_latent is None
    for count in ("channels", "rope_channels", "value_channels", "latents", "parameters", "cache_elements"):
        assert getattr(auto, count)(2048) == getattr(published, count)(2048), count
    with pytest.raises(Refused, match="A rotary dimension of 3 is odd") as found:
        MLA(rope_dim=3).check(16)
    assert found.value.field == "rope_dim"
    with pytest.raises(Refused, match="4 heads do not divide width 18 evenly"):
        MLA().check(18)


def test_the_cache_is_as_small_as_that_of_two_and_a_quarter_key_heads():
    """Table 1 of the paper, with the latent four times and the rotary dimension half of the head dimension."""
    latent, multi = (
        small(width=2048, attention=kind(heads=16, head_dim=128)).attention.cache_elements(2048) for kind in (MLA, MHA)
    )
    assert latent / (2 * 128) == 2.25
    assert multi / (2 * 128) == 16
    assert cost(PUBLISHED["deepseek-v2-lite"]).kv_cache_elements_per_token == 15_552
