"""The same sizes in other libraries, each with fused AdamW and in fp32 or under bfloat16 autocast."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
import transformers as hf
from torch import Tensor, nn
from torch.nn import functional as F

Maker = Callable[["Size"], tuple[nn.Module, Callable[..., Tensor]]]


class Size(NamedTuple):
    """Layers, width, heads, tokens, batch, vocabulary."""

    layers: int
    width: int
    heads: int
    tokens: int
    batch: int
    vocab: int


SIZES = {"tiny": Size(2, 64, 4, 64, 32, 96), "default": Size(4, 128, 4, 128, 16, 256)}


class TorchDecoder(nn.Module):
    """torch's own layers, pre-norm, GELU, learned positions; the encoder-only model looks both ways."""

    def __init__(self, size: Size, *, causal: bool):
        super().__init__()
        d = size.width
        self.tokens = nn.Embedding(size.vocab, d)
        self.places = nn.Parameter(torch.randn(size.tokens, d) * 0.02)
        layer = nn.TransformerEncoderLayer(d, size.heads, 4 * d, 0.0, "gelu", batch_first=True, norm_first=True)
        self.stack = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self.head = nn.Linear(d, size.vocab)
        mask = nn.Transformer.generate_square_subsequent_mask(size.tokens) if causal else None
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, ids_BT: Tensor) -> Tensor:
        x_BTD = self.tokens(ids_BT) + self.places
        return self.head(self.stack(x_BTD, mask=self.mask, is_causal=self.mask is not None))


class TorchBoth(nn.Module):
    """torch's encoder-decoder."""

    def __init__(self, size: Size):
        super().__init__()
        d = size.width
        self.tokens = nn.Embedding(size.vocab, d)
        self.places = nn.Parameter(torch.randn(size.tokens, d) * 0.02)
        depths = (size.layers, size.layers)
        self.stack = nn.Transformer(d, size.heads, *depths, 4 * d, 0.0, batch_first=True, norm_first=True)
        self.head = nn.Linear(d, size.vocab)
        mask = nn.Transformer.generate_square_subsequent_mask(size.tokens)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, ids_BT: Tensor) -> Tensor:
        x_BTD = self.tokens(ids_BT) + self.places
        return self.head(self.stack(x_BTD, x_BTD, tgt_mask=self.mask, tgt_is_causal=True))


def gpt2(size: Size, **extra: Any) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    shape: dict[str, Any] = {"n_layer": size.layers, "n_embd": size.width, "n_head": size.heads}
    off: dict[str, Any] = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    ends: dict[str, Any] = {"bos_token_id": None, "eos_token_id": None}
    shape |= {"n_positions": 4 * size.tokens, "vocab_size": size.vocab}
    model = hf.GPT2LMHeadModel(hf.GPT2Config(**shape, **off, **ends, **extra))
    return model, lambda ids_BT: model(input_ids=ids_BT, use_cache=False).logits


def llama(size: Size, **extra: Any) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    shape: dict[str, Any] = {"num_hidden_layers": size.layers, "hidden_size": size.width, "vocab_size": size.vocab}
    shape |= {"num_attention_heads": size.heads, "intermediate_size": size.width * 8 // 3}
    shape |= {"max_position_embeddings": 4 * size.tokens, "bos_token_id": None, "eos_token_id": None}
    model = hf.LlamaForCausalLM(hf.LlamaConfig(**shape, **extra))
    return model, lambda ids_BT: model(input_ids=ids_BT, use_cache=False).logits


def x_transformer(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    from x_transformers import Decoder, TransformerWrapper

    heads = {"heads": size.heads, "attn_dim_head": size.width // size.heads, "attn_flash": True}
    layers = Decoder(dim=size.width, depth=size.layers, **heads)
    model = TransformerWrapper(num_tokens=size.vocab, max_seq_len=size.tokens, attn_layers=layers)
    return model, model


def bert(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    shape: dict[str, Any] = {"num_hidden_layers": size.layers, "hidden_size": size.width, "vocab_size": size.vocab}
    shape |= {"num_attention_heads": size.heads, "intermediate_size": 4 * size.width}
    off: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = hf.BertForMaskedLM(hf.BertConfig(**shape, **off, max_position_embeddings=size.tokens))
    return model, lambda ids_BT: model(input_ids=ids_BT).logits


def t5(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    shape: dict[str, Any] = {"num_layers": size.layers, "num_decoder_layers": size.layers, "d_model": size.width}
    shape |= {"num_heads": size.heads, "d_kv": size.width // size.heads, "d_ff": 4 * size.width}
    model = hf.T5ForConditionalGeneration(hf.T5Config(**shape, vocab_size=size.vocab, dropout_rate=0.0))
    return model, lambda ids_BT: model(input_ids=ids_BT, decoder_input_ids=ids_BT, use_cache=False).logits


def torch_decoder(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    model = TorchDecoder(size, causal=True)
    return model, model


def torch_encoder(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    model = TorchDecoder(size, causal=False)
    return model, model


def torch_both(size: Size) -> tuple[nn.Module, Callable[[Tensor], Tensor]]:
    model = TorchBoth(size)
    return model, model


DECODERS: dict[str, Maker] = {
    "HF GPT-2": gpt2,
    "HF LLaMA": llama,
    "torch TransformerEncoder": torch_decoder,
    "x-transformers": x_transformer,
}
ENCODERS: dict[str, Maker] = {"HF BERT": bert, "torch TransformerEncoder": torch_encoder}
BOTH: dict[str, Maker] = {"HF T5": t5, "torch Transformer": torch_both}


def step(maker: Maker, size: Size, ids_BT: Tensor, *, bf16: bool, compiled: bool = False) -> Callable[[], object]:
    """One update where the tokens are: forward, loss, backward, fused AdamW."""
    model, logits = maker(size)
    model.to(ids_BT.device)
    if compiled:
        logits = torch.compile(logits, mode="reduce-overhead")
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

    def go() -> None:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast(ids_BT.device.type, torch.bfloat16) if bf16 else nullcontext():
            logits_BTV = logits(ids_BT)
        loss = F.cross_entropy(logits_BTV.float().flatten(0, 1), ids_BT.flatten())
        del logits_BTV
        loss.backward()
        optimizer.step()

    return go
