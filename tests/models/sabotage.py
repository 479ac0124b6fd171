"""Ways to break a built model: each takes one and spoils it in place. For the null checks of the properties."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from models.attention import Sight
from models.attention.base import Mixed
from models.records import KeyValues

Change = Callable[[Mixed, Tensor, dict[str, Any]], Mixed]
"""What attention reports, what it read and how it was called -> what it reports instead."""


class Spoiled(nn.Module):
    """Stands in for a module: calls it, and changes what it returns."""

    def __init__(self, inner: nn.Module, change: Callable[..., Any]):
        super().__init__()
        self.inner, self.change = inner, change

    def forward(self, x: Tensor, *given: Any, **named: Any) -> Any:
        return self.change(self.inner(x, *given, **named), x, named)


class Sightless(nn.Module):
    """Stands in for an attention: takes away what hides padding, and leaves what hides the future."""

    def __init__(self, inner: nn.Module, *, causal: bool):
        super().__init__()
        self.inner, self.causal = inner, causal

    def forward(self, x: Tensor, sight: Sight, **named: Any) -> Any:
        return self.inner(x, Sight(self.causal, None), **named)


def last_block(model: Any) -> Any:
    return (model.decoder or model.encoder).blocks[-1]


def attention(change: Change, part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention reports something else."""

    def spoil(model: Any) -> None:
        setattr(last_block(model), part, Spoiled(getattr(last_block(model), part), change))

    return spoil


def mixes(change: Callable[[Tensor, Tensor, dict[str, Any]], Tensor], part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention adds something else to the stream: (added, read, how it was called) -> added."""
    return attention(lambda m, x, named: m._replace(y_BTD=change(m.y_BTD, x, named)), part)


def weighs(change: Callable[[Tensor], Tensor], part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention records other weights."""

    def other(m: Mixed, x: Tensor, named: dict[str, Any]) -> Mixed:
        return m if m.weights_BHTS is None else m._replace(weights_BHTS=change(m.weights_BHTS))

    return attention(other, part)


def norms(change: Callable[[Tensor], Tensor]) -> Callable[[Any], None]:
    """The norm before the last feed-forward does something else."""

    def spoil(model: Any) -> None:
        norm = last_block(model).norm_feed_forward
        last_block(model).norm_feed_forward = Spoiled(norm, lambda y, x, named: change(y))

    return spoil


def moved(weights: Tensor, share: float) -> Tensor:
    """A small share of each row goes to the first row's last key: the sums stay what they were."""
    weights = weights.clone()
    weights[..., 0, 0] -= share
    weights[..., 0, -1] += share
    return weights


def forgets_the_oldest_key(m: Mixed, x: Tensor, named: dict[str, Any]) -> Mixed:
    oldest = torch.ones(m.own.k_BGSC.shape[-2], 1)
    oldest[0] = 0.0
    return m._replace(own=KeyValues(m.own.k_BGSC * oldest, m.own.v_BGSC))


def mute(model: Any) -> None:
    """Every token gets the same logits, whatever is read."""
    model.head.weight.data.zero_()


def deaf(model: Any) -> None:
    """No token reads another."""
    for stack in (s for s in (model.encoder, model.decoder) if s is not None):
        for block in stack.blocks:
            for name in ("attention", "cross_attention"):
                if getattr(block, name) is not None:
                    block.get_submodule(name).out.weight.data.zero_()


def looks_both_ways(model: Any) -> None:
    model.decoder.name = "encoder"


def widens(model: Any) -> None:
    model.decoder.window += 1


def narrows(model: Any) -> None:
    model.decoder.window -= 1


def blind_to_padding(model: Any) -> None:
    last_block(model).attention = Sightless(last_block(model).attention, causal=model.decoder is not None)


def blind_to_padding_of_the_source(model: Any) -> None:
    last_block(model).cross_attention = Sightless(last_block(model).cross_attention, causal=False)


def restarts_positions(model: Any) -> None:
    rotate = model.decoder.position.rotate
    model.decoder.position.rotate = lambda x_BHTC, start=0: rotate(x_BHTC, 0)


def adds_a_ramp(model: Any) -> None:
    """What is read first counts from the start of its text."""
    position = (model.encoder or model.decoder).position
    position.embed = lambda x, start=0: x + 0.1 * torch.arange(start, start + x.shape[1])[:, None]


def forgets_positions(model: Any) -> None:
    for stack in (s for s in (model.encoder, model.decoder) if s is not None):
        stack.position.embed = lambda x, start=0: x
        stack.position.bias = lambda queries, keys, start=0: None


def has_a_spare_parameter(model: Any) -> None:
    model.spare = nn.Parameter(torch.ones(3))


def detaches_queries(model: Any) -> None:
    def cut(y: Tensor, x: Tensor, named: dict[str, Any]) -> Tensor:
        return torch.cat((y[..., :16].detach(), y[..., 16:]), -1)

    last_block(model).attention.qkv = Spoiled(last_block(model).attention.qkv, cut)


def _returns(module: Any, change: Callable[..., Any]) -> None:
    """The module returns its (stream, record, cache) changed."""
    run = module.forward
    module.forward = lambda *given, **named: change(*run(*given, **named))


def loses_a_layer(model: Any) -> None:
    """The last block reports nothing of what it did."""
    nothing = {"self_attention_BHTS": None, "stream_BTD": None}
    _returns(last_block(model), lambda x, record, cache: (x, record._replace(**nothing), cache))


def forgets_the_padding_of_the_source(model: Any) -> None:
    _returns(model.decoder, lambda x, records, cache: (x, records, cache and cache._replace(source_keep_BS=None)))
