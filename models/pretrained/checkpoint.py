"""Published checkpoints, from a folder and into one.

It is long because it lists every family, and loading checks everything before it takes memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import Tensor

from models.architecture import TransformerConfig
from models.attention import GQA, MHA
from models.config import problems
from models.pretrained import gguf_files
from models.pretrained.base import Family, encoder_alone, theirs
from models.pretrained.bert import BERT
from models.pretrained.deepseek import DEEPSEEK_V2, DEEPSEEK_V3
from models.pretrained.files import CONFIG, WHOLE, Stored, header, settings, shards
from models.pretrained.gemma import GEMMA
from models.pretrained.gpt2 import GPT2
from models.pretrained.gpt_neo import GPT_NEO
from models.pretrained.gpt_neox import GPT_NEOX
from models.pretrained.granite import GRANITE, GRANITE_MOE
from models.pretrained.llama import LLAMA
from models.pretrained.llama2c import LLAMA2C
from models.pretrained.matching import Matched, lacks_its_head, matched
from models.pretrained.mixtral import MIXED, MIXTRAL
from models.pretrained.nanogpt import NANOGPT
from models.pretrained.olmo2 import OLMO2
from models.pretrained.own import KIND, OWN
from models.pretrained.roformer import ROFORMER
from models.pretrained.switch import SWITCH
from models.pretrained.t5 import T5
from models.transformer import Transformer

FAMILIES: dict[str, Family] = {
    "bert": BERT,
    "deepseek_v2": DEEPSEEK_V2,
    "deepseek_v3": DEEPSEEK_V3,
    "gemma": GEMMA,
    "gemma2": GEMMA,
    "gemma3_text": GEMMA,
    "gpt2": GPT2,
    "gpt_neo": GPT_NEO,
    "gpt_neox": GPT_NEOX,
    "granite": GRANITE,
    "granitemoe": GRANITE_MOE,
    "llama": LLAMA,
    "llama2c": LLAMA2C,
    "ministral": LLAMA,
    "mistral": LLAMA,
    "mixtral": MIXTRAL,
    "nanogpt": NANOGPT,
    "olmo2": OLMO2,
    "olmoe": MIXED,
    "qwen2": LLAMA,
    "qwen3": LLAMA,
    "qwen3_moe": MIXED,
    "roformer": ROFORMER,
    "switch_transformers": SWITCH,
    "t5": T5,
    KIND: OWN,
}
"""By the `model_type` of a config.json."""
UNNAMED = {"nanogpt": {"block_size", "n_embd"}, "llama2c": {"dim", "n_layers"}}
"""Families whose own config has no `model_type`: it is known by these keys."""


class Checkpoint(NamedTuple):
    """A published model in this core."""

    model: Transformer
    """On the CPU. Whether it trains is said in each pass (`training`), whatever its mode."""
    config: TransformerConfig
    family: str
    """The key in `FAMILIES`."""
    ignored: dict[str, str]
    """Tensors of the files that are not used, by the name in the file, and why."""
    headless: bool
    """Whether it is an encoder alone: its vectors are trained, its logits are not."""


def load(folder: str | Path, *, dtype: torch.dtype = torch.float32, most: int | None = None) -> Checkpoint:
    """The checkpoint in a folder: config.json, and model.safetensors or its shards; or one GGUF file.

    dtype: what the parameters are cast to. most: bytes that the model may take, and that its files may have; None is no
    bound. Names, shapes and sizes are checked before memory is taken; then the most that is held at once is the model
    and one of its tensors, or at first its largest twice. Links within the folder are followed. Raises ValueError with
    a sentence for anything that is not a whole checkpoint of a known family.
    """
    folder = Path(folder)
    one = _gguf(folder)
    published, stored = gguf_files.contents(one) if one else (settings(folder), [])
    kind, family, config = understood(published)
    stored = stored or [tensor for file in shards(folder) for tensor in header(file)]
    files = {tensor.file for tensor in stored}
    headless = lacks_its_head(family, config, stored)
    config = encoder_alone(config) if headless else config
    with torch.device("meta"):  # shapes without memory
        model = Transformer(config)
    tables = sum(table.nbytes for table in model.buffers())
    _bound("The model", tables + dtype.itemsize * sum(p.numel() for p in model.parameters()), most)
    _bound("The checkpoint's files", sum(file.stat().st_size for file in files), most)
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = matched(family, config, shapes, stored)
    _ignored_say_the_same(found, config)
    state, exact = {}, {name: buffer.dtype for name, buffer in model.named_buffers()}
    for entry in found.entries:
        joined = entry.join({name: found.used[name].read() for name in entry.theirs})
        mapped = len(entry.theirs) == 1  # from the file; what was joined is a copy
        kept = exact.get(entry.ours, dtype)
        state[entry.ours] = joined.to(dtype=kept, copy=mapped, memory_format=torch.contiguous_format)
    for stack in (model.encoder, model.decoder):
        if stack is not None:  # the tables of a position scheme are computed, not stored
            room = config.room("encoder" if stack is model.encoder else "decoder")
            stack.position = config.position.build(room)
    model.load_state_dict(state, assign=True)
    ignored = {tensor.name: rule.reason for tensor, rule in found.ignored.values()}
    return Checkpoint(model.eval(), config, kind, ignored, headless)


def save(model: Transformer, published: Mapping[str, Any], folder: str | Path) -> None:
    """Write config.json as given, and the model's tensors under the published names.

    Raises ValueError if that config does not describe the model; dropout and initial values do not count.
    """
    _, family, config = understood(published)
    config = encoder_alone(config) if model.config.head == encoder_alone(config).head else config
    if not alike(model.config, config):
        raise ValueError("This config.json describes another model than the one to save.")
    folder = Path(folder)
    (folder / CONFIG).write_text(json.dumps(published, indent=2), encoding="utf-8")
    save_file(theirs(family, config, model.state_dict()), folder / WHOLE, metadata={"format": "pt"})


def alike(one: TransformerConfig, other: TransformerConfig) -> bool:
    """Whether two configs are one architecture; dropout and initial values do not count, and a head's width is the same
    stated or left to the model's."""
    return _stated(one.but(dropout=other.dropout, init=other.init)) == _stated(other)


def _stated(config: TransformerConfig) -> TransformerConfig:
    attention = config.attention
    if not isinstance(attention, MHA | GQA):
        return config
    return config.but(attention=attention.but(head_dim=attention.channels(config.width)))


def _gguf(folder: Path) -> Path | None:
    """The GGUF file, which has the settings and the tensors, where there is no config.json."""
    found = [] if (folder / CONFIG).is_file() else sorted(folder.glob("*.gguf"))
    if len(found) > 1:
        raise ValueError(f"There are {len(found)} GGUF files in {folder.name}: leave one.")
    return found[0] if found else None


def understood(published: Mapping[str, Any]) -> tuple[str, Family, TransformerConfig]:
    """What a config.json says: the name of its family, the family, and its architecture in this core. Raises ValueError
    with a sentence.
    """
    kind = published.get("model_type", next((name for name, keys in UNNAMED.items() if keys <= published.keys()), None))
    family = FAMILIES.get(kind) if isinstance(kind, str) else None
    if family is None:
        raise ValueError(f"config.json: model_type is {kind!r:.40}, and this core loads {', '.join(FAMILIES)}.")
    if published.get("quantization_config"):
        raise ValueError(
            "config.json: the weights are quantised (quantization_config), as DeepSeek-V3's are in 8 bits, and this "
            "core reads them in 16, 32 or 64. Take a checkpoint in bfloat16."
        )
    try:
        return kind, family, family.config({**published, "model_type": kind})
    except ValidationError as error:
        found = problems(error, TransformerConfig)
        raise ValueError(f"config.json: {' '.join(found.values())}") from None


def _bound(what: str, size: int, most: int | None) -> None:
    if most is not None and size > most:
        raise ValueError(f"{what} would take {size / 1e6:,.0f} MB, and at most {most / 1e6:,.0f} MB are allowed.")


def _ignored_say_the_same(found: Matched, config: TransformerConfig) -> None:
    """A tied tensor may be stored all the same, and a table of positions; if it differs, the config tells a lie."""
    for name, (tensor, rule) in found.ignored.items():
        if rule.table and not _agree(tensor, rule.table(config)):
            raise ValueError(f"{name} holds other positions than config.json makes: the model was trained with others.")
        if rule.same_as:
            copy, original = tensor.read(), found.used[rule.same_as].read()
            if copy.dtype != original.dtype or not torch.equal(copy, original):
                raise ValueError(f"{name} differs from {rule.same_as}, and config.json ties them.")


def _agree(tensor: Stored, table: Tensor) -> bool:
    """Whether a stored table of positions is this one, but for the rounding of its type."""
    if tensor.shape not in (tuple(table.shape), (1, *table.shape)):
        return False
    stored = tensor.read()
    if not stored.is_floating_point():
        return torch.equal(stored.view(table.shape), table.to(stored.dtype))
    rounding, least = 4 * torch.finfo(stored.dtype).eps, torch.finfo(stored.dtype).tiny
    expected = table.to(stored.dtype).double()
    return torch.allclose(stored.double().view(table.shape), expected, rtol=max(rounding, 1e-5), atol=max(least, 1e-9))
