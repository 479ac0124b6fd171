"""What attentions keep while generating: pieces equal the whole, memory is used again, and no older cache changes."""

import random
from typing import Any

import pytest
import torch
from torch import Tensor

from models import Cache, Transformer, TransformerConfig
from models.attention import MHA, AttentionConfig, LinearAttention
from models.attention.cache import grown
from models.cost import cost
from tests.models.test_cost import numbers
from tests.models.variants import EXTRAS, PRODUCT, inputs, noisy, small

DECODERS = {n: c for n, c in PRODUCT.items() if c.topology != "encoder-only" and n.endswith("pre")}
DECODERS |= {n: c for n, c in EXTRAS.items() if c.topology != "encoder-only" and c.feed_forward.kind != "MoE"}


def pieces(model: Transformer, given: dict[str, Tensor], chunks: list[int], **more: Any) -> tuple[Tensor, Cache]:
    """Logits of a text read in chunks, and the last cache."""
    cache, now, found = Cache(), given, []
    for piece in given["ids_BT"].split(chunks, dim=1):
        output = model(**now | {"ids_BT": piece}, cache=cache, **more)
        assert output.cache is not None
        cache, now, found = output.cache, {}, [*found, output.logits_BTV]
    return torch.cat(found, 1), cache


def drawn(length: int, first: int, seed: int) -> list[int]:
    """A random cut of a length into chunks, the first not too short."""
    draw, chunks = random.Random(seed), [first]
    while sum(chunks) < length:
        chunks.append(draw.randint(1, min(4, length - sum(chunks))))
    return chunks


@torch.no_grad()
@pytest.mark.parametrize("config", DECODERS.values(), ids=DECODERS.keys())
def test_random_pieces_equal_the_whole_in_float64(config: TransformerConfig):
    model, given = noisy(Transformer(config)).double(), inputs(config, length=12)
    whole = model(**given).logits_BTV
    for seed in range(3):
        got, _ = pieces(model, given, drawn(12, 4, seed))
        torch.testing.assert_close(got, whole, rtol=1e-9, atol=1e-9)


def rows(*shape: int) -> tuple[Tensor, Tensor]:
    return torch.randn(shape), torch.randn(shape)


def test_rows_are_written_into_memory_with_room_and_copied_when_it_ends():
    (k, v), kept = grown(None, rows(2, 3, 5, 4))
    places, expected = set(), [k]
    for _ in range(40):
        new = rows(2, 3, 1, 4)
        (k, v), kept = grown(kept, new)
        places, expected = places | {k.untyped_storage().data_ptr()}, [*expected, new[0]]
    assert torch.equal(k, torch.cat(expected, -2))
    assert v.shape == k.shape
    assert len(places) <= 3  # 12, 26 and 54 rows, some of which may lie where others lay
    copies = sum(len(kept.memory) for kept in (kept, grown(kept, rows(2, 3, 1, 4))[1]))
    assert copies == 1  # what was continued has no room left to give


def test_a_window_bounds_what_is_kept_and_its_memory():
    kept, new = None, rows(1, 2, 300, 4)
    for i in range(300):
        (k, _), kept = grown(kept, tuple(t[..., i : i + 1, :].clone() for t in new), most=7)
        assert torch.equal(k, new[0][..., max(0, i - 7) : i + 1, :])
        assert kept.tensors[0].untyped_storage().nbytes() <= 4 * 2 * 4 * 2 * 8
    _, kept = grown(kept, new, most=7)
    assert kept.tensors[0].untyped_storage().nbytes() == 4 * 2 * 4 * 7


@torch.no_grad()
@pytest.mark.parametrize("attention", [MHA(), MHA(window=4), LinearAttention()], ids=["MHA", "window", "linear"])
def test_an_older_cache_stays_what_it_was(attention: AttentionConfig):
    model, ids_BT = noisy(Transformer(small(attention=attention))), inputs(small())["ids_BT"]
    cache = pieces(model, {"ids_BT": ids_BT[:, :6]}, [5, 1])[1]
    first = model(ids_BT[:, 6:7], cache=cache)
    other = model(ids_BT[:, 8:9], cache=cache)
    went = model(ids_BT[:, 7:8], cache=first.cache).logits_BTV
    assert torch.equal(model(ids_BT[:, 6:7], cache=cache).logits_BTV, first.logits_BTV)
    whole = model(ids_BT[:, :8]).logits_BTV
    torch.testing.assert_close(went[:, 0], whole[:, 7], rtol=1e-5, atol=1e-5)
    assert not torch.allclose(other.logits_BTV, first.logits_BTV, atol=1e-3)


def test_gradients_flow_through_a_cache_and_inference_may_go_on_outside():
    model, given = noisy(Transformer(small())), inputs(small())
    parts, _ = pieces(model, given, [4, 1, 1, 3])
    parts.logsumexp(-1).sum().backward()
    found = [p.grad for p in model.parameters()]
    model.zero_grad()
    whole = model(**given).logits_BTV
    whole.logsumexp(-1).sum().backward()
    for mine, p in zip(found, model.parameters(), strict=True):
        torch.testing.assert_close(mine, p.grad, rtol=1e-4, atol=1e-5)
    with torch.inference_mode():
        _, cache = pieces(model, {"ids_BT": given["ids_BT"][:, :6]}, [5, 1])
    with torch.no_grad():
        last = model(given["ids_BT"][:, 6:], cache=cache).logits_BTV
    torch.testing.assert_close(last, whole[:, 6:], rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_linear_attention_keeps_as_much_of_any_text_and_keys_only_where_somebody_looks():
    config = small(attention=LinearAttention(), context=600)
    model = noisy(Transformer(config))
    for length in (3, 500):
        given = inputs(config, batch=1, length=length)
        assert numbers(pieces(model, given, [length - 1, 1])[1].layers) == cost(config).state_elements
    cache = model(**given, cache=Cache()).cache
    with pytest.raises(ValueError, match="no single keys to look at"):
        model(given["ids_BT"][:, :1], cache=cache, record=True)
    given = inputs(config)
    whole = model(**given, record=True).decoder[0].self_attention_BHTS
    cache = model(given["ids_BT"][:, :4], cache=Cache(), record=True).cache
    cache = model(given["ids_BT"][:, 4:7], cache=cache).cache  # nobody looks, and the keys are kept on
    last = model(given["ids_BT"][:, 7:], cache=cache, record=True).decoder[0].self_attention_BHTS
    torch.testing.assert_close(last, whole[:, :, 7:], rtol=1e-5, atol=1e-6)


@torch.no_grad()
def test_each_layer_may_have_an_attention_of_its_own():
    config = small(layers=3, attention=MHA(window=3, pattern="LG"))
    model, given = noisy(Transformer(config)).double(), inputs(config, length=12)
    output = model(**given, record=True)
    far = [one.self_attention_BHTS[:, :, -1, 0].gt(0).all().item() for one in output.decoder]
    assert far == [False, True, False]
    got, cache = pieces(model, given, [4, 1, 1, 5, 1])
    torch.testing.assert_close(got, output.logits_BTV, rtol=1e-9, atol=1e-9)
    assert [one.own.tensors[0].shape[-2] for one in cache.layers] == [2, 12, 2]
    all_, none = (small(layers=3, attention=MHA(window=window)) for window in (3, None))
    share = (2 * cost(all_).flops_per_token + cost(none).flops_per_token) / 3
    assert cost(config).flops_per_token == share
