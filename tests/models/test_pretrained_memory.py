"""Loading takes the memory of the model and hardly more: a process that loads 200 MB grows by less than 1.15 x that."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from models import Transformer
from models.pretrained import FAMILIES
from tests.models.checkpoints import PUBLISHED, write, write_header

LARGE = PUBLISHED["llama, tied"] | {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 11}
LARGE |= {"vocab_size": 8192, "max_position_embeddings": 2048}
CHILD = """
import sys
from pathlib import Path
from models.pretrained import load
def peak():  # ru_maxrss would begin with that of the process which started this one
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
before = peak()
load(sys.argv[1])
print(peak() - before)
"""


def test_loading_takes_hardly_more_memory_than_the_model(tmp_path: Path):
    family = FAMILIES["llama"]
    with torch.device("meta"):
        shapes = {name: tuple(p.shape) for name, p in Transformer(family.config(LARGE)).named_parameters()}
    header, end = {}, 0
    for entry in family.entries(family.config(LARGE)):
        for name, shape in entry.shapes(shapes[entry.ours]).items():
            begin, end = end, end + 4 * torch.Size(shape).numel()
            header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    write(tmp_path, LARGE, {})
    write_header(tmp_path, header, end)
    given: Any = [sys.executable, "-c", CHILD, str(tmp_path)]
    grown = int(subprocess.run(given, capture_output=True, text=True, check=True, timeout=120).stdout)
    assert end > 190e6
    assert end / 2 < grown < 1.15 * end  # what was imported before counts as room
