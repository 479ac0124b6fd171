"""Published checkpoints, from a folder and into one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError
from safetensors.torch import save_file

from models.architecture import TransformerConfig
from models.config import problems
from models.pretrained.base import Family, theirs
from models.pretrained.bert import BERT
from models.pretrained.deepseek import DEEPSEEK_V2, DEEPSEEK_V3
from models.pretrained.files import CONFIG, WHOLE, header, settings, shards
from models.pretrained.gpt2 import GPT2
from models.pretrained.gpt_neox import GPT_NEOX
from models.pretrained.granite import GRANITE, GRANITE_MOE
from models.pretrained.llama import LLAMA
from models.pretrained.matching import Matched, matched
from models.pretrained.mixtral import MIXED, MIXTRAL
from models.pretrained.roformer import ROFORMER
from models.pretrained.switch import SWITCH
from models.pretrained.t5 import T5
from models.transformer import Transformer

FAMILIES: dict[str, Family] = {
    "bert": BERT,
    "deepseek_v2": DEEPSEEK_V2,
    "deepseek_v3": DEEPSEEK_V3,
    "gpt2": GPT2,
    "gpt_neox": GPT_NEOX,
    "granite": GRANITE,
    "granitemoe": GRANITE_MOE,
    "llama": LLAMA,
    "mistral": LLAMA,
    "mixtral": MIXTRAL,
    "olmoe": MIXED,
    "qwen3": LLAMA,
    "qwen3_moe": MIXED,
    "roformer": ROFORMER,
    "switch_transformers": SWITCH,
    "t5": T5,
}
"""By the `model_type` of a config.json."""


class Checkpoint(NamedTuple):
    """A published model in this core."""

    model: Transformer
    """On the CPU. Whether it trains is said in each pass (`training`), whatever its mode."""
    config: TransformerConfig
    family: str
    """The key in `FAMILIES`."""
    ignored: dict[str, str]
    """Tensors of the files that are not used, by the name in the file, and why."""


def load(folder: str | Path, *, dtype: torch.dtype = torch.float32, most: int | None = None) -> Checkpoint:
    """The checkpoint in a folder: config.json, and model.safetensors or its shards.

    dtype: what the parameters are cast to. most: bytes that the model may take, and that its files may have; None is no
    bound. Names, shapes and sizes are checked before memory is taken; then the most that is held at once is the model
    and its largest tensor twice. Links within the folder are followed. Raises ValueError with a sentence for anything
    that is not a whole checkpoint of a known family.
    """
    folder = Path(folder)
    published = settings(folder)
    family, config = _understood(published)
    with torch.device("meta"):  # shapes without memory
        model = Transformer(config)
    tables = sum(table.nbytes for table in model.buffers())
    _bound("The model", tables + dtype.itemsize * sum(p.numel() for p in model.parameters()), most)
    files = shards(folder)
    _bound("The checkpoint's files", sum(file.stat().st_size for file in files), most)
    shapes = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    found = matched(family, config, shapes, [tensor for file in files for tensor in header(file)])
    _copies_are_equal(found)
    state, exact = {}, {name: buffer.dtype for name, buffer in model.named_buffers()}
    for entry in found.entries:
        joined = entry.join({name: found.used[name].read() for name in entry.theirs})
        kind = exact.get(entry.ours, dtype)
        state[entry.ours] = joined.to(dtype=kind, copy=True, memory_format=torch.contiguous_format)
    for stack in (model.encoder, model.decoder):
        if stack is not None:  # the tables of a position scheme are computed, not stored
            room = config.room("encoder" if stack is model.encoder else "decoder")
            stack.position = config.position.build(room)
    model.load_state_dict(state, assign=True)
    ignored = {tensor.name: rule.reason for tensor, rule in found.ignored.values()}
    return Checkpoint(model.eval(), config, published["model_type"], ignored)


def save(model: Transformer, published: Mapping[str, Any], folder: str | Path) -> None:
    """Write config.json as given, and the model's tensors under the published names.

    Raises ValueError if that config does not describe the model; dropout and initial values do not count.
    """
    family, config = _understood(published)
    if model.config.but(dropout=config.dropout, init=config.init) != config:
        raise ValueError("This config.json describes another model than the one to save.")
    folder = Path(folder)
    (folder / CONFIG).write_text(json.dumps(published, indent=2), encoding="utf-8")
    save_file(theirs(family, config, model.state_dict()), folder / WHOLE, metadata={"format": "pt"})


def _understood(published: Mapping[str, Any]) -> tuple[Family, TransformerConfig]:
    kind = published.get("model_type")
    family = FAMILIES.get(kind) if isinstance(kind, str) else None
    if family is None:
        raise ValueError(f"config.json: model_type is {kind!r:.40}, and this core loads {', '.join(FAMILIES)}.")
    if published.get("quantization_config"):
        raise ValueError(
            "config.json: the weights are quantised (quantization_config), as DeepSeek-V3's are in 8 bits, and this "
            "core reads them in 16, 32 or 64. Take a checkpoint in bfloat16."
        )
    try:
        return family, family.config(published)
    except ValidationError as error:
        found = problems(error, TransformerConfig)
        raise ValueError(f"config.json: {' '.join(found.values())}") from None


def _bound(what: str, size: int, most: int | None) -> None:
    if most is not None and size > most:
        raise ValueError(f"{what} would take {size / 1e6:,.0f} MB, and at most {most / 1e6:,.0f} MB are allowed.")


def _copies_are_equal(found: Matched) -> None:
    """A tied tensor may be stored all the same; if it differs, the config tells a lie."""
    for name, (tensor, rule) in found.ignored.items():
        if rule.same_as:
            copy, original = tensor.read(), found.used[rule.same_as].read()
            if copy.dtype != original.dtype or not torch.equal(copy, original):
                raise ValueError(f"{name} differs from {rule.same_as}, and config.json ties them.")
