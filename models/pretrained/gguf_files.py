"""GGUF, the format of llama.cpp: one file with its own settings, whose numbers are dequantised by the `gguf` package.

Its header is read here, with a bound on everything: the package's reader believes what a file says of itself.
"""

from __future__ import annotations

import math
import re
import struct
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from models.pretrained.files import Stored

SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
STRING, ARRAY, MOST = 8, 9, 100_000
SETTINGS = {
    "block_count": "num_hidden_layers",
    "embedding_length": "hidden_size",
    "feed_forward_length": "intermediate_size",
    "context_length": "max_position_embeddings",
    "attention.head_count": "num_attention_heads",
    "attention.head_count_kv": "num_key_value_heads",
    "attention.key_length": "head_dim",
    "attention.layer_norm_rms_epsilon": "rms_norm_eps",
    "rope.freq_base": "rope_theta",
}
NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


class _Info(NamedTuple):
    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


def contents(path: Path) -> tuple[dict[str, Any], list[Stored]]:
    """What its config.json would say, and its tensors under the names of transformers.

    Raises ValueError for what is no GGUF of a LLaMA-shaped model (llama, qwen2, qwen3).
    """
    try:
        values, infos, start = _header(path)
    except (struct.error, UnicodeDecodeError, OverflowError):
        raise ValueError(f"{path.name} is no GGUF file, or is cut short.") from None
    kind = values.get("general.architecture")
    if kind not in ("llama", "qwen2", "qwen3"):
        raise ValueError(
            f"{path.name} holds a model of kind {kind!r:.40}; of GGUF files llama, qwen2 and qwen3 are read."
        )
    given: dict[str, Any] = {theirs: values[f"{kind}.{n}"] for n, theirs in SETTINGS.items() if f"{kind}.{n}" in values}
    names = {info.name for info in infos}
    given |= {"model_type": kind, "tie_word_embeddings": "output.weight" not in names}
    given["vocab_size"] = next((info.shape[0] for info in infos if info.name == "token_embd.weight"), None)
    given["attention_bias"] = kind != "qwen2" and "blk.0.attn_q.bias" in names
    unknown = {name for name in values if name.startswith(f"{kind}.rope.scaling.")}
    if unknown and values.get(f"{kind}.rope.scaling.type") != "none":
        raise ValueError(f"{path.name}: the angles of RoPE are scaled, which is not read from GGUF files.")
    heads = given.get("num_attention_heads")
    turned = {"attn_q": heads, "attn_k": given.get("num_key_value_heads", heads)} if kind == "llama" else {}
    stored = []
    for info in infos:
        read = partial(_values, path, info, start, turned.get(info.name.split(".")[-2] if "." in info.name else ""))
        stored.append(Stored(path, _called(info.name), info.shape, "F32", read))
    return given, stored


def _called(name: str) -> str:
    """blk.3.attn_q.weight -> model.layers.3.self_attn.q_proj.weight."""
    found = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)", name)
    if found is None or found[2] not in NAMES:
        return name
    return f"{'' if found[1] is None else f'model.layers.{found[1]}.'}{NAMES[found[2]]}.{found[3]}"


def _values(path: Path, info: _Info, start: int, heads: int | None) -> Tensor:
    """float32, in rows as transformers has them: llama.cpp stores the two channels of a pair that turns side by side
    in the queries and keys of the family llama, whose `heads` are given here.
    """
    import gguf  # with all that it imports, for those who have such a file

    size, begin = path.stat().st_size, start + info.offset
    try:
        kind = {int(one): one for one in gguf.GGMLQuantizationType}[info.kind]
        rows = gguf.quants.quant_shape_to_byte_shape(info.shape, kind)
        end = begin + math.prod(rows)
        if end > size:
            raise ValueError(f"{path.name} is damaged: {info.name:.80} ends behind its end.")
        raw = torch.from_file(str(path), size=size, dtype=torch.uint8)[begin:end].view(rows)
        values = torch.from_numpy(gguf.dequantize(raw.numpy(), kind))
    except (KeyError, NotImplementedError) as error:
        raise ValueError(f"{path.name}: {info.name:.80} is in a format that is not read: {error!s:.60}.") from None
    return values if heads is None else values.unflatten(0, (heads, -1, 2)).transpose(1, 2).flatten(0, 2)


def _header(path: Path) -> tuple[dict[str, Any], list[_Info], int]:
    """Settings (of lists, nothing), what each tensor is, and where their numbers begin."""
    with path.open("rb") as file:
        magic, version, tensors, settings = struct.unpack("<4sIQQ", file.read(24))
        if magic != b"GGUF" or version not in (2, 3) or max(tensors, settings) > MOST:
            raise struct.error
        values = {}
        for _ in range(settings):
            name = _text(file)
            values[name] = _value(file, _number(file, "I"))
        infos = []
        for _ in range(tensors):
            name, dimensions = _text(file), _number(file, "I")
            if not 1 <= dimensions <= 4:
                raise struct.error
            shape = tuple(_number(file, "Q") for _ in range(dimensions))[::-1]
            infos.append(_Info(name, shape, _number(file, "I"), _number(file, "Q")))
        step = values.get("general.alignment", 32)
        if not isinstance(step, int) or step < 1:
            raise struct.error
        return values, infos, -(-file.tell() // step) * step


def _number(file: BufferedReader, kind: str) -> Any:
    return struct.unpack(f"<{kind}", file.read(struct.calcsize(f"<{kind}")))[0]


def _text(file: BufferedReader) -> str:
    length = _number(file, "Q")
    if length > 2**20:
        raise struct.error
    text = file.read(length)
    if len(text) < length:
        raise struct.error
    return text.decode()


def _value(file: BufferedReader, kind: int) -> Any:
    """A number or a text; a list is passed over."""
    if kind in SCALARS:
        return _number(file, SCALARS[kind])
    if kind == STRING:
        return _text(file)
    if kind != ARRAY:
        raise struct.error
    inner, count = _number(file, "I"), _number(file, "Q")
    if inner in SCALARS:
        file.seek(count * struct.calcsize(SCALARS[inner]), 1)
    elif inner == STRING:
        for _ in range(count):  # ends with the file
            _text(file)
    else:
        raise struct.error
    return None
