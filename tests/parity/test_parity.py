"""Our core computes what the published implementations compute: logits, every layer, attention and gradients."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from tests.parity.families import BERT, DECODERS, T5S, VOCAB, Family, pair

LENGTHS = pytest.mark.parametrize("length", [1, 5, 33])


def tokens(length: int, batch: int = 3, seed: int = 0) -> Tensor:
    return torch.randint(VOCAB, (batch, length), generator=torch.Generator().manual_seed(seed))


def same(got: Tensor, expected: Tensor, atol: float) -> None:
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=atol)
    assert got.numel() < 9 or expected.std() > 1e-3  # the null check: there is something to compare


def same_layers(records: tuple[Any, ...], hidden, attentions, final: nn.Module) -> None:
    """`hidden` starts with the embeddings, and its last is normed."""
    assert len(records) == len(attentions) == len(hidden) - 1
    for i, (record, weights) in enumerate(zip(records, attentions, strict=True)):
        stream = record.stream_BTD if i < len(records) - 1 else final(record.stream_BTD)
        same(stream, hidden[i + 1], 1e-4)
        torch.testing.assert_close(record.self_attention_BHTS, weights, rtol=0, atol=1e-4)


def same_gradients(family: Family, theirs: Any, ours: Any) -> None:
    expected = family.renamed({name: p.grad for name, p in theirs.named_parameters()})
    named = dict(ours.named_parameters())
    assert expected.keys() == named.keys()
    for name, p in named.items():
        assert p.grad is not None
        torch.testing.assert_close(
            p.grad, expected[name], rtol=1e-3, atol=1e-4, msg=lambda m, name=name: f"{name}: {m}"
        )
        assert p.grad.abs().max() > 1e-3, name


@LENGTHS
@pytest.mark.parametrize("family", DECODERS.values(), ids=DECODERS.keys())
def test_a_decoder_equals_the_published_one(family: Family, length: int):
    theirs, ours = pair(family)
    ids_BT = tokens(length)
    expected = theirs(ids_BT, output_attentions=True, output_hidden_states=True)
    got = ours(ids_BT, record=True)
    same(got.logits_BTV, expected.logits, 1e-5)
    same(ours(ids_BT).logits_BTV, expected.logits, 1e-5)
    same_layers(got.decoder, expected.hidden_states, expected.attentions, ours.decoder.norm_final)


@pytest.mark.parametrize("family", DECODERS.values(), ids=DECODERS.keys())
def test_a_decoders_gradients_equal_the_published_ones(family: Family):
    theirs, ours = pair(family)
    ids_BT, targets_BT = tokens(17), tokens(17, seed=1)
    cross_entropy(theirs(ids_BT).logits.flatten(0, 1), targets_BT.flatten()).backward()
    cross_entropy(ours(ids_BT).logits_BTV.flatten(0, 1), targets_BT.flatten()).backward()
    same_gradients(family, theirs, ours)


@LENGTHS
def test_bert_with_padding_and_segments_equals_the_published_one(length: int):
    theirs, ours = pair(BERT)
    ids_BT, generator = tokens(length), torch.Generator().manual_seed(3)
    keep_BS = torch.arange(length)[None] < torch.tensor([length, max(1, length - 2), max(1, length // 2)])[:, None]
    segments_BT = torch.randint(2, (3, length), generator=generator)
    expected = theirs(
        ids_BT,
        attention_mask=keep_BS.long(),
        token_type_ids=segments_BT,
        output_attentions=True,
        output_hidden_states=True,
    )
    got = ours(ids_BT, keep_BS=keep_BS, segments_BT=segments_BT, record=True)
    same(got.logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    fused = ours(ids_BT, keep_BS=keep_BS, segments_BT=segments_BT)
    same(fused.logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    for i, record in enumerate(got.encoder):  # what a padded query sees is nobody's concern
        same(record.stream_BTD[keep_BS], expected.hidden_states[i + 1][keep_BS], 1e-4)
        rows, expected_rows = (w.transpose(1, 2)[keep_BS] for w in (record.self_attention_BHTS, expected.attentions[i]))
        torch.testing.assert_close(rows, expected_rows, rtol=0, atol=1e-4)


def test_berts_gradients_equal_the_published_ones():
    theirs, ours = pair(BERT)
    ids_BT, segments_BT, targets_BT = tokens(17).clamp(min=1), tokens(17, seed=4) % 2, tokens(17, seed=1)
    # Token 0 is the padding, whose embedding the published one trains as an output only.
    expected = theirs(ids_BT, token_type_ids=segments_BT).logits
    cross_entropy(expected.flatten(0, 1), targets_BT.flatten()).backward()
    cross_entropy(ours(ids_BT, segments_BT=segments_BT).logits_BTV.flatten(0, 1), targets_BT.flatten()).backward()
    same_gradients(BERT, theirs, ours)


@pytest.mark.parametrize(("source", "target"), [(1, 4), (9, 1), (33, 21)])
@pytest.mark.parametrize("family", T5S.values(), ids=T5S.keys())
def test_t5_with_a_padded_source_equals_the_published_one(family: Family, source: int, target: int):
    theirs, ours = pair(family)
    ids_BT, source_BS = tokens(target), tokens(source, seed=1)
    keep_BS = torch.arange(source)[None] < torch.tensor([source, max(1, source - 2), max(1, source // 2)])[:, None]
    expected = theirs(
        source_BS,
        attention_mask=keep_BS.long(),
        decoder_input_ids=ids_BT,
        output_attentions=True,
        output_hidden_states=True,
    )
    given = {"source_BS": source_BS, "keep_BS": keep_BS}
    got = ours(ids_BT, **given, record=True)
    same(got.logits_BTV, expected.logits, 1e-5)
    same(ours(ids_BT, **given).logits_BTV, expected.logits, 1e-5)
    same_layers(got.decoder, expected.decoder_hidden_states, expected.decoder_attentions, ours.decoder.norm_final)
    for record, weights in zip(got.decoder, expected.cross_attentions, strict=True):
        torch.testing.assert_close(record.cross_attention_BHTS, weights, rtol=0, atol=1e-4)
    stream = ours.encoder.norm_final(got.encoder[-1].stream_BTD)
    same(stream[keep_BS], expected.encoder_last_hidden_state[keep_BS], 1e-4)


@pytest.mark.parametrize("family", T5S.values(), ids=T5S.keys())
def test_t5s_gradients_equal_the_published_ones(family: Family):
    theirs, ours = pair(family)
    ids_BT, source_BS, targets_BT = tokens(17), tokens(21, seed=1), tokens(17, seed=2)
    cross_entropy(theirs(source_BS, decoder_input_ids=ids_BT).logits.flatten(0, 1), targets_BT.flatten()).backward()
    cross_entropy(ours(ids_BT, source_BS=source_BS).logits_BTV.flatten(0, 1), targets_BT.flatten()).backward()
    same_gradients(family, theirs, ours)
