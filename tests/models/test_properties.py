"""What must hold for every variant: of each attention, position, topology and norm placement, and of each option."""

import pytest
import torch

from models import Output, Transformer, TransformerConfig
from tests.models.variants import REGISTRIES, SOURCE, VARIANTS, inputs, noisy, small

every = pytest.mark.parametrize("config", VARIANTS.values(), ids=VARIANTS.keys())


def layers(output: Output):
    return output.encoder + output.decoder


def test_the_registries_are_multiplied_out():
    assert len(REGISTRIES) == 3 * 6 * 3 * 2 + 3 * 2 * 2  # softmax variants, and "none" where it is legal


@every
def test_recording_changes_nothing_else(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    fast, slow = model(**given), model(**given, record=True)
    torch.testing.assert_close(fast.logits_BTV, slow.logits_BTV, rtol=1e-5, atol=2e-5)  # two orders of summation
    assert all(one.stream_BTD is None and one.self_attention_BHTS is None for one in layers(fast))
    assert all(one.stream_BTD is not None for one in layers(slow))


@every
def test_attention_rows_are_distributions(config: TransformerConfig):
    output = noisy(Transformer(config))(**inputs(config), record=True)
    assert len(output.decoder) == config.depths().get("decoder", 0)
    assert len(output.encoder) == config.depths().get("encoder", 0)
    for one in layers(output):
        assert (one.self_attention_BHTS is None) == (config.attention.kind == "none")
    crosses = config.topology == "encoder-decoder"
    assert all((one.cross_attention_BHTS is not None) == crosses for one in output.decoder)
    for weights_BHTS in (w for one in layers(output) for w in one[:2] if w is not None):
        assert (weights_BHTS >= 0).all()
        torch.testing.assert_close(weights_BHTS.sum(-1), torch.ones(weights_BHTS.shape[:-1]))
    for one in output.decoder:
        if one.self_attention_BHTS is not None and not config.prefix:
            assert (one.self_attention_BHTS.triu(1) == 0).all()


causal = {name: c for name, c in VARIANTS.items() if c.topology != "encoder-only"}


@pytest.mark.parametrize("config", causal.values(), ids=causal.keys())
def test_the_future_cannot_be_seen(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    before = model(**given).logits_BTV
    for j in (5, 8) if config.prefix else (1, 5, 8):  # tokens of a prefix are no future
        other = given["ids_BT"].clone()
        other[:, j] = (other[:, j] + 1) % config.vocab
        after = model(**given | {"ids_BT": other}).logits_BTV
        assert torch.equal(before[:, :j], after[:, :j])
        changed = (before != after).any(-1)[:, j:]
        assert changed[:, 0].all()
        if config.attention.kind != "none" and j < 8:
            assert changed[:, 1].all()  # the null check: the token is read at all


def test_a_prefix_is_seen_from_both_sides_and_nothing_after_it():
    config = small(prefix=True)
    output = Transformer(config)(**inputs(config), record=True)
    weights_BHTS = output.decoder[0].self_attention_BHTS
    for row, prefix in zip(weights_BHTS, (2, 3, 4), strict=True):
        assert (row[:, :prefix, :prefix] > 0).all()
        assert (row[:, :, prefix:].triu(1 - prefix) == 0).all()


@every
def test_padding_and_what_it_holds_do_not_matter(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    side = "source_BS" if config.topology == "encoder-decoder" else "ids_BT"
    real = SOURCE - 2 if side == "source_BS" else 6
    short = {k: v[:, :real] if k in (side, "segments_BT") else v for k, v in given.items()}
    keep_BS = torch.ones_like(given[side], dtype=torch.bool)
    keep_BS[:, real:] = False
    alone, padded = model(**short).logits_BTV, model(**given, keep_BS=keep_BS).logits_BTV
    if side == "ids_BT":
        padded = padded[:, :real]
    torch.testing.assert_close(padded, alone, rtol=1e-5, atol=2e-5)
    other = given[side].clone()
    other[:, real:] = (other[:, real:] + 1) % config.vocab
    again = model(**given | {side: other}, keep_BS=keep_BS).logits_BTV
    assert torch.equal(again[:, : padded.shape[1]], padded)
    if config.topology != "decoder-only" and config.attention.kind != "none":  # the null check: unmarked, it is read
        assert not torch.allclose(model(**given).logits_BTV[:, : alone.shape[1]], alone, atol=1e-3)


@every
def test_batch_mates_do_not_matter(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    together = model(**given).logits_BTV
    for i in range(3):
        alone = model(**{k: v[i : i + 1] for k, v in given.items()}).logits_BTV
        torch.testing.assert_close(alone[0], together[i], rtol=1e-5, atol=2e-5)
    assert not torch.allclose(together[0], together[1])


@every
def test_every_parameter_gets_a_gradient(config: TransformerConfig):
    model, given = noisy(Transformer(config)), inputs(config)
    model(**given).logits_BTV.log_softmax(-1)[..., 3].sum().backward()
    still = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any() or p.grad.isnan().any()]
    assert still == []


@every
def test_a_config_survives_json_and_is_frozen(config: TransformerConfig):
    assert TransformerConfig.model_validate_json(config.model_dump_json()) == config
    with pytest.raises(ValueError, match="frozen"):
        config.width = 8  # type: ignore[misc]
