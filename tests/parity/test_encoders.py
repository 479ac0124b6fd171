"""A BERT without its head, as MiniLM is published: every layer, and the vectors of whole sentences."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf
from torch.nn import functional as F

from models.pretrained import load, save
from playground.measures.sentences import cosines, sentences
from tests.parity.families import ENCODER, Family, pair, published
from tests.parity.test_parity import EVERYTHING, ends, same, same_layers, tokens

SIZES: dict[str, dict[str, Any]] = {
    "as MiniLM": ENCODER | {"num_attention_heads": 12, "intermediate_size": 96},
    "one layer": ENCODER | {"num_hidden_layers": 1, "hidden_act": "gelu_new"},
    "one segment": ENCODER | {"type_vocab_size": 1, "layer_norm_eps": 1e-3},
}
ALONE = pytest.mark.parametrize(
    "family",
    [published(hf.BertModel, hf.BertConfig, sizes) for sizes in SIZES.values()],
    ids=SIZES,
)


@ALONE
@pytest.mark.parametrize("length", [1, 5, 33])
@pytest.mark.parametrize("left", [False, True], ids=["padded right", "padded left"])
def test_an_encoder_alone_equals_the_published_one(family: Family, length: int, left: bool, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, keep_BS = tokens(length), ends(length).flip(1) if left else ends(length)
    expected = theirs(ids_BT, attention_mask=keep_BS.long(), **EVERYTHING)
    got = ours(ids_BT, keep_BS=keep_BS, record=True)
    same_layers(got.encoder, expected.hidden_states, expected.attentions, keep_BS, None)
    # As Sentence Transformers pool: the mean over the attention mask, made as long as 1.
    mask_BT1 = keep_BS[..., None].float()
    pooled_BD = (expected.last_hidden_state * mask_BT1).sum(1) / mask_BT1.sum(1).clamp(min=1e-9)
    ours_BD = sentences(got.encoder[-1].stream_BTD, keep_BS)
    same(ours_BD, F.normalize(pooled_BD), 1e-5)
    expected_BB = F.cosine_similarity(pooled_BD[:, None], pooled_BD[None], dim=-1)
    torch.testing.assert_close(cosines(ours_BD), expected_BB, rtol=0, atol=1e-5)


@ALONE
def test_it_is_saved_so_that_they_load_it_again(family: Family, tmp_path: Path):
    there, back = tmp_path / "there", tmp_path / "back"
    theirs, ours, _ = pair(family, there)
    back.mkdir()
    save(ours, json.loads((there / "config.json").read_text()), back)
    again = hf.BertModel.from_pretrained(back, add_pooling_layer=False, attn_implementation="eager")
    ids_BT = tokens(7)
    assert torch.equal(again(ids_BT).last_hidden_state, theirs(ids_BT).last_hidden_state)
    again.save_pretrained(back)
    assert load(back).headless
    assert all(torch.equal(t, ours.state_dict()[name]) for name, t in load(back).model.state_dict().items())
