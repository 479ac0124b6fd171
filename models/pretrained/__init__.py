"""Published checkpoints as models of this core: their config and tensors -> ours, and back. A family is one file plus
one line in `checkpoint.py`."""

from models.pretrained.checkpoint import FAMILIES, Checkpoint, load, save, understood
from models.pretrained.publish import publish

__all__ = ["FAMILIES", "Checkpoint", "load", "publish", "save", "understood"]
