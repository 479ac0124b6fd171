"""Our core computes what the published implementations compute: logits, every layer, attention and gradients."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from models import Cache
from models.pretrained import load, save
from tests.models.checkpoints import same as same_files
from tests.parity.families import BERTS, LOADED, VOCAB, Family, Pair, pair
from tests.parity.families import DECODERS as DENSE
from tests.parity.families import T5S as PLAIN_T5S
from tests.parity.sparse import SPARSE, SWITCHES

DECODERS, T5S = DENSE | SPARSE, PLAIN_T5S | SWITCHES
SAVED = LOADED | SPARSE | SWITCHES
LENGTHS = pytest.mark.parametrize("length", [1, 5, 33])
EVERYTHING: dict[str, bool] = {"output_attentions": True, "output_hidden_states": True}


def tokens(length: int, batch: int = 3, seed: int = 0) -> Tensor:
    return torch.randint(VOCAB, (batch, length), generator=torch.Generator().manual_seed(seed))


def ends(length: int) -> Tensor:
    """keep_BS of three examples, two of them padded at their ends."""
    return torch.arange(length)[None] < torch.tensor([length, max(1, length - 2), max(1, length // 2)])[:, None]


def holes(length: int) -> Tensor:
    """keep_BS that leaves out keys which later queries would see: at the start, here and there, none."""
    at_S = torch.arange(length)
    return torch.stack((at_S >= length // 3, at_S % 3 != 1, at_S >= 0))


def same(got: Tensor, expected: Tensor, atol: float) -> None:
    torch.testing.assert_close(got, expected, rtol=0, atol=atol)
    assert got.numel() < 9 or expected.std() > 1e-3  # the null check: there is something to compare


def same_layers(records: Sequence[Any], hidden: Sequence[Tensor], attentions: Sequence[Tensor], keep_BT: Tensor, final):
    """`hidden` starts with the embeddings, and its last is normed. What a left out query does is nobody's concern."""
    assert len(records) == len(attentions) == len(hidden) - 1
    for i, (record, weights) in enumerate(zip(records, attentions, strict=True)):
        stream_BTD = final(record.stream_BTD) if final and record is records[-1] else record.stream_BTD
        same(stream_BTD[keep_BT], hidden[i + 1][keep_BT], 1e-4)
        rows, expected = (w.transpose(1, 2)[keep_BT] for w in (record.self_attention_BHTS, weights))
        torch.testing.assert_close(rows, expected, rtol=0, atol=1e-5)


def same_gradients(both: Pair, their_logits: Tensor, our_logits: Tensor) -> None:
    targets_BT, found = tokens(their_logits.shape[1], seed=1), []
    for model, logits_BTV in ((both.theirs, their_logits), (both.ours, our_logits)):
        named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        loss = cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten())
        found.append(
            dict(zip(named, torch.autograd.grad(loss, list(named.values()), materialize_grads=True), strict=True))
        )
    expected, got = both.renamed(found[0]), found[1]
    assert expected.keys() == got.keys()
    for name, gradient in got.items():
        assert gradient.norm() > 1e-3, name
        assert (gradient - expected[name]).norm() < 1e-4 * expected[name].norm(), name


@LENGTHS
@pytest.mark.parametrize("family", DECODERS.values(), ids=DECODERS.keys())
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "left out keys"])
def test_a_decoder_equals_the_published_one(family: Family, length: int, padded: bool, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, keep_BS = tokens(length), holes(length) if padded else torch.ones(3, length, dtype=torch.bool)
    expected = theirs(ids_BT, attention_mask=keep_BS.long() if padded else None, **EVERYTHING)
    given = {"keep_BS": keep_BS} if padded else {}
    got = ours(ids_BT, **given, record=True)
    same(got.logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    same(ours(ids_BT, **given).logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    same_layers(got.decoder, expected.hidden_states, expected.attentions, keep_BS, ours.decoder.norm_final)


@pytest.mark.parametrize("family", DECODERS.values(), ids=DECODERS.keys())
def test_a_decoders_gradients_equal_the_published_ones(family: Family, tmp_path: Path):
    both, ids_BT = pair(family, tmp_path), tokens(17)
    same_gradients(both, both.theirs(ids_BT).logits, both.ours(ids_BT).logits_BTV)


@LENGTHS
@pytest.mark.parametrize("family", BERTS.values(), ids=BERTS.keys())
def test_bert_with_padding_and_segments_equals_the_published_one(family: Family, length: int, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, keep_BS = tokens(length), ends(length)
    segments = tokens(length, seed=3) % 2 if ours.config.embedding.segments else None
    named = {} if segments is None else {"token_type_ids": segments}
    expected = theirs(ids_BT, attention_mask=keep_BS.long(), **named, **EVERYTHING)
    given = {"keep_BS": keep_BS, "segments_BT": segments}
    got = ours(ids_BT, **given, record=True)
    same(got.logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    same(ours(ids_BT, **given).logits_BTV[keep_BS], expected.logits[keep_BS], 1e-5)
    same_layers(got.encoder, expected.hidden_states, expected.attentions, keep_BS, None)


@pytest.mark.parametrize("family", BERTS.values(), ids=BERTS.keys())
def test_berts_gradients_equal_the_published_ones(family: Family, tmp_path: Path):
    both = pair(family, tmp_path)
    # Token 0 is the padding, whose embedding the published one trains as an output only.
    ids_BT, segments = tokens(17).clamp(min=1), tokens(17, seed=4) % 2 if both.ours.config.embedding.segments else None
    expected = both.theirs(ids_BT, **({} if segments is None else {"token_type_ids": segments})).logits
    same_gradients(both, expected, both.ours(ids_BT, segments_BT=segments).logits_BTV)


@pytest.mark.parametrize(("source", "target"), [(1, 4), (9, 1), (33, 21)])
@pytest.mark.parametrize("family", T5S.values(), ids=T5S.keys())
def test_t5_with_a_padded_source_equals_the_published_one(family: Family, source: int, target: int, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, source_BS, keep_BS = tokens(target), tokens(source, seed=1), ends(source)
    expected = theirs(source_BS, attention_mask=keep_BS.long(), decoder_input_ids=ids_BT, **EVERYTHING)
    given = {"source_BS": source_BS, "keep_BS": keep_BS}
    got = ours(ids_BT, **given, record=True)
    same(got.logits_BTV, expected.logits, 1e-5)
    same(ours(ids_BT, **given).logits_BTV, expected.logits, 1e-5)
    every_BT, final = torch.ones_like(ids_BT, dtype=torch.bool), ours.decoder.norm_final
    same_layers(got.decoder, expected.decoder_hidden_states, expected.decoder_attentions, every_BT, final)
    for record, weights in zip(got.decoder, expected.cross_attentions, strict=True):
        torch.testing.assert_close(record.cross_attention_BHTS, weights, rtol=0, atol=1e-5)
    encoder = expected.encoder_hidden_states, expected.encoder_attentions
    same_layers(got.encoder, *encoder, keep_BS, ours.encoder.norm_final)


@pytest.mark.parametrize("family", T5S.values(), ids=T5S.keys())
def test_t5s_gradients_equal_the_published_ones(family: Family, tmp_path: Path):
    both, ids_BT, source_BS = pair(family, tmp_path), tokens(17), tokens(21, seed=1)
    expected = both.theirs(source_BS, decoder_input_ids=ids_BT).logits
    same_gradients(both, expected, both.ours(ids_BT, source_BS=source_BS).logits_BTV)


@pytest.mark.parametrize("family", SAVED.values(), ids=SAVED.keys())
def test_what_is_saved_is_what_was_published(family: Family, tmp_path: Path):
    there, back = tmp_path / "there", tmp_path / "back"
    ours = pair(family, there).ours
    back.mkdir()
    save(ours, json.loads((there / "config.json").read_text()), back)
    assert same_files(there, back, load(there).ignored)


@pytest.mark.parametrize("family", DECODERS.values(), ids=DECODERS.keys())
def test_texts_padded_at_their_start_and_read_in_pieces_equal_the_published_ones(family: Family, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, begins_B = tokens(13), torch.tensor([0, 3, 6])
    keep_BS = torch.arange(13) >= begins_B[:, None]
    positions = (keep_BS.cumsum(1) - 1).clamp(min=0)  # as `generate` counts them
    expected = theirs(ids_BT, attention_mask=keep_BS.long(), position_ids=positions).logits
    cache, found = Cache(begins_B=begins_B), []
    for piece in ids_BT.split([7, 1, 1, 4], dim=1):
        step = ours(piece, cache=cache)
        cache, found = step.cache, [*found, step.logits_BTV]
    same(torch.cat(found, dim=1)[keep_BS], expected[keep_BS], 1e-5)
