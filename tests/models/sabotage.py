"""Ways to break a built model: each takes one and spoils it in place. For the null checks of the properties."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from models.attention import Mask
from models.attention.cache import Kept
from models.tap import IDLE, Pass

Change = Callable[[Any, Tensor, Pass], Any]
"""What a sublayer returns (what it adds, what it keeps), what it read and the pass -> what it returns instead."""


class Spoiled(nn.Module):
    """Stands in for a module: calls it, and changes what it returns."""

    def __init__(self, inner: nn.Module, change: Callable[..., Any]):
        super().__init__()
        self.inner, self.change = inner, change

    def forward(self, x: Tensor, p: Pass = IDLE, cached: Any = None) -> Any:
        more = () if cached is None else (cached,)
        return self.change(self.inner(x, *((p,) if p is not IDLE else ()), *more), x, p)

    def scored(self, *given: Any) -> Any:
        return self.inner.scored(*given)


class Maskless(nn.Module):
    """Stands in for an attention: takes away what hides padding, and leaves what hides the future."""

    def __init__(self, inner: nn.Module, *, causal: bool):
        super().__init__()
        self.inner, self.causal = inner, causal

    def forward(self, x: Tensor, p: Pass, cached: Any = None) -> Any:
        return self.inner(x, p._replace(mask=Mask(causal=self.causal), source_mask=Mask()), cached)

    def scored(self, *given: Any) -> Any:
        return self.inner.scored(*given)


def last_block(model: Any) -> Any:
    return (model.decoder or model.encoder).blocks[-1]


def attention(change: Change, part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention reports something else."""

    def spoil(model: Any) -> None:
        setattr(last_block(model), part, Spoiled(getattr(last_block(model), part), change))

    return spoil


def mixes(change: Callable[[Tensor, Tensor, Pass], Tensor], part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention adds something else to the stream: (added, read, the pass) -> added."""
    return attention(lambda found, x, p: (change(found[0], x, p), found[1]), part)


def weighs(change: Callable[[Tensor], Tensor], part: str = "attention") -> Callable[[Any], None]:
    """The last block's attention records other weights."""

    def other(found: Any, x: Tensor, p: Pass) -> Any:
        last = [name for name in p.tap.kept if name.endswith(f".{part}.pattern")][-1:]
        p.tap.kept.update({name: change(p.tap.kept[name]) for name in last})
        return found

    return attention(other, part)


def norms(change: Callable[[Tensor], Tensor]) -> Callable[[Any], None]:
    """The norm before the last feed-forward does something else."""

    def spoil(model: Any) -> None:
        norm = last_block(model).norm_feed_forward
        last_block(model).norm_feed_forward = Spoiled(norm, lambda y, x, p: change(y))

    return spoil


def moved(weights: Tensor, share: float) -> Tensor:
    """A small share of each row goes to the first row's last key: the sums stay what they were."""
    weights = weights.clone()
    weights[..., 0, 0] -= share
    weights[..., 0, -1] += share
    return weights


def forgets_the_oldest_key(found: Any, x: Tensor, p: Pass) -> Any:
    y, kept = found
    if kept is None:  # nobody passes a cache on
        return found
    k_BGSC, v_BGSC = kept.tensors
    oldest = torch.ones(k_BGSC.shape[-2], 1)
    oldest[0] = 0.0
    return y, Kept((k_BGSC * oldest, v_BGSC), [])


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
    model.decoder.windows = [window + 1 for window in model.decoder.windows]


def narrows(model: Any) -> None:
    model.decoder.windows = [window - 1 for window in model.decoder.windows]


def blind_to_padding(model: Any) -> None:
    last_block(model).attention = Maskless(last_block(model).attention, causal=model.decoder is not None)


def blind_to_padding_of_the_source(model: Any) -> None:
    last_block(model).cross_attention = Maskless(last_block(model).cross_attention, causal=False)


def restarts_positions(model: Any) -> None:
    tables = model.decoder.position.tables
    model.decoder.position.tables = lambda start, length: tables(0, length)


def adds_a_ramp(model: Any) -> None:
    """What is read first counts from the start of its text."""
    position = (model.encoder or model.decoder).position
    position.acts |= {"embed"}
    position.embed = lambda x, start=0: x + 0.1 * torch.arange(start, start + x.shape[1])[:, None]


def forgets_positions(model: Any) -> None:
    for stack in (s for s in (model.encoder, model.decoder) if s is not None):
        stack.position.embed = lambda x, start=0: x
        stack.position.bias = lambda queries, keys, start=0: None


def has_a_spare_parameter(model: Any) -> None:
    model.spare = nn.Parameter(torch.ones(3))


def detaches_queries(model: Any) -> None:
    def cut(y: Tensor, x: Tensor, p: Pass) -> Tensor:
        return torch.cat((y[..., :16].detach(), y[..., 16:]), -1)

    last_block(model).attention.qkv = Spoiled(last_block(model).attention.qkv, cut)


def _returns(module: Any, change: Callable[..., Any]) -> None:
    """The module returns its (stream, record, cache) changed."""
    run = module.forward
    module.forward = lambda *given, **named: change(*run(*given, **named))


def loses_a_layer(model: Any) -> None:
    """Nothing is kept of what the last block did."""

    def forgets(found: Any, x: Tensor, p: Pass) -> Any:
        for name in ("attention.pattern", "residual.after"):
            p.tap.kept.pop(f"{block.place}.{name}", None)
        return found

    block, run = last_block(model), last_block(model).forward
    block.forward = lambda x, p, *cached: forgets(run(x, p, *cached), x, p)


def forgets_the_padding_of_the_source(model: Any) -> None:
    _returns(model.decoder, lambda x, records, cache: (x, records, cache and cache._replace(source_keep_BS=None)))
