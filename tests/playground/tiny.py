"""Tiny random checkpoints with a tokenizer of words, as folders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from models import Transformer
from models.pretrained import FAMILIES, save
from playground.checkpoints.passage import PASSAGE

SPECIAL = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, *sorted({*PASSAGE.split(), *["The", "capital", "of", "France", "is", "Rome", "the", "Italy"]})]
SIZE: dict[str, Any] = {
    "vocab_size": len(WORDS),
    "hidden_size": 24,
    "intermediate_size": 40,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
}
LLAMA: dict[str, Any] = SIZE | {"model_type": "llama", "num_key_value_heads": 2, "tie_word_embeddings": True}
BERT: dict[str, Any] = SIZE | {"model_type": "bert", "type_vocab_size": 2}
T5: dict[str, Any] = {
    "model_type": "t5",
    "vocab_size": len(WORDS),
    "d_model": 24,
    "d_kv": 6,
    "d_ff": 40,
    "num_layers": 2,
    "num_heads": 4,
    "decoder_start_token_id": 1,
}


def checkpoint(folder: Path, published: dict[str, Any] = LLAMA) -> Path:
    """Random weights of a published family, and a tokenizer.json: words, and for BERT [CLS] and [SEP] around them."""
    folder.mkdir(parents=True, exist_ok=True)
    config = FAMILIES[published["model_type"]].config(published)
    model = Transformer(config, seed=0)
    with torch.no_grad():
        model.embedding.tokens.mul_(20)  # so that its predictions differ
    save(model, published, folder)
    known = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    known.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    known.decoder = decoders.WordPiece()
    known.add_special_tokens(SPECIAL)
    if published["model_type"] == "bert":
        ends = [(name, WORDS.index(name)) for name in ("[CLS]", "[SEP]")]
        known.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    known.save(str(folder / "tokenizer.json"))
    return folder
