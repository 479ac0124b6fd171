"""What positions must tell of every model, and what they must not; null checks are with those of `properties.py`."""

import torch
from torch import Tensor

from models import Transformer
from tests.models.properties import Given, close, reads

LATER = 3


def only_absolute_positions_tell_a_shift(model: Transformer, given: Given) -> None:
    """score(m + s, n + s) = score(m, n), seen from outside: a text that begins later, behind padding that is hidden,
    has the same logits. Of an encoder-decoder, the source begins later.
    """
    config, side, length = model.config, reads(model.config), given[reads(model.config)].shape[1]
    first = torch.zeros(len(given["ids_BT"]), LATER, dtype=torch.long)
    later = {k: torch.cat((first, v), 1) for k, v in given.items() if k in (side, "segments_BT")}
    later |= {"keep_BS": (torch.arange(length + LATER) >= LATER).expand(len(first), -1)}
    if "prefix_B" in given:
        later["prefix_B"] = given["prefix_B"] + LATER
    got, before = model(**given | later).logits_BTV, model(**given).logits_BTV
    _same(got[:, -before.shape[1] :], before, not config.position.absolute, "a later start", config.position.kind)


def only_positions_tell_an_order(model: Transformer, given: Given) -> None:
    """What is read from both sides and in another order is the same without positions, and with them is not."""
    side, kind = reads(model.config), model.config.position.kind
    order = torch.randperm(given[side].shape[1], generator=torch.Generator().manual_seed(1))
    other = {k: v[:, order] for k, v in given.items() if k in (side, "segments_BT")}
    got, before = model(**given | other).logits_BTV, model(**given).logits_BTV
    _same(got, before[:, order] if side == "ids_BT" else before, kind == "none", "another order", kind)


def _same(got: Tensor, before: Tensor, expected: bool, what: str, kind: str) -> None:
    if expected:
        close(got, before, f"{what} changes what is said under {kind}")
    else:
        assert not torch.allclose(got, before, atol=1e-3), f"{what} changes nothing under {kind}"
