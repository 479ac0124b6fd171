"""What must hold of every model, each a function that raises AssertionError where it does not.

A property holds vacuously of a model that reads nothing, so each also asks that what it varies is read at all.
`tests/models/test_null_checks.py` shows every one of them a model that breaks it.
"""

import torch
from torch import Tensor

from models import Cache, Output, Transformer, TransformerConfig
from models.records import LayerRecord

Given = dict[str, Tensor]
"""Arguments of a forward pass."""


def close(got: Tensor, expected: Tensor, what: str) -> None:
    """Equal but for the order of summation."""
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=2e-5, msg=lambda found: f"{what}: {found}")


def layers(output: Output) -> tuple[LayerRecord, ...]:
    return output.encoder + output.decoder


def tensors(output: Output) -> list[Tensor]:
    """The logits and all that was recorded."""
    found = (output.logits_BTV, *(t for one in layers(output) for t in one))
    return [t for t in found if isinstance(t, Tensor)]


def changed(ids: Tensor, where: Tensor | slice, vocab: int) -> Tensor:
    """Other tokens there (in a slice of positions, or where a mask is True)."""
    other, at = ids.clone(), (slice(None), where) if isinstance(where, slice) else where
    other[at] = (other[at] + 1) % vocab
    return other


def reads(config: TransformerConfig) -> str:
    """The argument that padding belongs to."""
    return "source_BS" if config.topology == "encoder-decoder" else "ids_BT"


def holes(ids: Tensor) -> Tensor:
    """Padding at both ends and in the middle, elsewhere in each example."""
    keep = torch.ones_like(ids, dtype=torch.bool)
    keep[:, 0] = keep[:, -1] = keep[0, 2] = keep[1, 3] = False
    return keep


def recording_changes_nothing_else(model: Transformer, given: Given) -> None:
    for keep in ({}, {"keep_BS": holes(given[reads(model.config)])}):
        fast, slow = model(**given, **keep), model(**given, **keep, record=True)
        close(slow.logits_BTV, fast.logits_BTV, "recording changes the logits")
        assert len(tensors(fast)) == 1, "something is recorded unasked"
        assert all(one.stream_BTD is not None for one in layers(slow)), "the stream is missing"


def same(got: Tensor, expected: Tensor, config: TransformerConfig, what: str) -> None:
    """Equal to the bit; but for rounding where a mixture multiplies tokens in stretches of other lengths."""
    if config.feed_forward.kind == "MoE":
        close(got, expected, what)
    else:
        assert torch.equal(got, expected), what


def the_future_is_unseen(model: Transformer, given: Given) -> None:
    config, before = model.config, model(**given).logits_BTV
    for j in (5, 8) if config.prefix else (1, 5, 8):  # tokens of a prefix are no future
        other = changed(given["ids_BT"], slice(j, j + 1), config.vocab)
        after = model(**given | {"ids_BT": other}).logits_BTV
        same(after[:, :j], before[:, :j], config, f"token {j} is seen before it comes")
        read = (before != after).any(-1)[:, j:]
        assert read[:, 0].all(), f"token {j} is not read where it stands"
        if config.attention.query_heads() and j < 8:
            assert read[:, 1].all(), f"token {j} is not read by the next"


def padding_is_unseen(model: Transformer, given: Given) -> None:
    config, side = model.config, reads(model.config)
    ids, real = given[side], given[side].shape[1] - 2
    short = {k: v[:, :real] if k in (side, "segments_BT") else v for k, v in given.items()}
    keep = (torch.arange(ids.shape[1]) < real).expand_as(ids)
    alone, padded = model(**short).logits_BTV, model(**given, keep_BS=keep).logits_BTV
    close(padded[:, : alone.shape[1]], alone, "padding at the end is not as good as absent")
    keep = holes(ids)
    answers = keep if side == "ids_BT" else torch.ones_like(given["ids_BT"], dtype=torch.bool)
    other = {side: changed(ids, ~keep, config.vocab)}
    one, two = (model(**g, keep_BS=keep).logits_BTV[answers] for g in (given, given | other))
    same(two, one, config, "what padding holds is seen")
    if config.attention.query_heads():
        one, two = (model(**g).logits_BTV[answers] for g in (given, given | other))
        assert not torch.allclose(one, two, atol=1e-3), "the same tokens are not read when they are no padding"


def batch_mates_are_unseen(model: Transformer, given: Given) -> None:
    together = model(**given).logits_BTV
    for i, row in enumerate(together):
        alone = model(**{k: v[i : i + 1] for k, v in given.items()}).logits_BTV
        close(alone[0], row, "an example alone has other logits than in its batch")
    assert not torch.allclose(together[0], together[1]), "two examples have the same logits"


def every_parameter_gets_a_gradient(model: Transformer, given: Given) -> None:
    """And every row of the matrices of attention: queries, keys and values are rows of one."""
    model.zero_grad()
    generator = torch.Generator().manual_seed(0)  # as in training, where noise is trained
    model(**given, generator=generator).logits_BTV.log_softmax(-1)[..., 3].sum().backward()
    for name, p in model.named_parameters():
        grad = torch.zeros(1) if p.grad is None else p.grad
        assert grad.isfinite().all(), f"the gradient of {name} is not finite"
        rows = grad.flatten(1) if "attention." in name and grad.ndim > 1 else grad.flatten()[None]
        assert rows.any(-1).all(), f"{name} gets no gradient"


def a_cache_saves_only_time(model: Transformer, given: Given, chunks: tuple[int, ...] = (1, 4, 1, 3)) -> None:
    config = model.config
    if config.topology == "encoder-decoder":
        given = given | {"keep_BS": holes(given["source_BS"])}
    if config.prefix and chunks[0] < 4:
        chunks = (4, *(1 for _ in range(sum(chunks) - 4)))  # a prefix is read in one piece
    whole, cache, now, at = model(**given, record=True), Cache(), given, 0
    for length in chunks:
        here = slice(at, at + length)
        piece = {k: v[:, here] for k, v in given.items() if k in ("ids_BT", "segments_BT")}
        step = model(**now | piece, cache=cache, record=True)
        close(step.logits_BTV, whole.logits_BTV[:, here], f"tokens {at} to {at + length - 1} have other logits")
        for mine, all_ in zip(step.decoder, whole.decoder, strict=True):
            if all_.self_attention_BHTS is not None:
                rows, kept = all_.self_attention_BHTS[:, :, here, : at + length], mine.self_attention_BHTS.shape[-1]
                close(mine.self_attention_BHTS, rows[..., -kept:], "the weights differ")
                assert not rows[..., :-kept].any(), "keys that are still seen are no longer kept"
        now, cache, at = {}, step.cache, at + length
        assert cache.length == at, f"the cache says {cache.length} of {at} tokens"
    assert at == given["ids_BT"].shape[1]
