"""Which arguments a pass can take: what does not fit the topology is refused before anything is computed."""

from __future__ import annotations

import torch
from torch import Tensor

from models.architecture import TransformerConfig
from models.records import Cache


def checked(
    config: TransformerConfig,
    ids_BT: Tensor,
    source_BS: Tensor | None,
    keep_BS: Tensor | None,
    keep_BT: Tensor | None,
    prefix_B: Tensor | None,
    segments_BT: Tensor | None,
    cache: Cache | None,
) -> tuple[Tensor | None, Tensor | None]:
    """keep_BS and keep_BT as booleans. Raises ValueError for what `Transformer.forward` cannot read."""
    keep_BS, keep_BT = mask_of("keep_BS", keep_BS), mask_of("keep_BT", keep_BT)
    topology, filled = config.topology, cache is not None and bool(cache.layers)
    if filled and not (source_BS is None and keep_BS is None and prefix_B is None):
        raise ValueError("The cache holds what was read of source_BS, keep_BS and prefix_B: give them only once.")
    if segments_BT is not None and filled and topology == "encoder-decoder":
        raise ValueError("segments_BT belong to the source, which the cache holds: give them only once.")
    if (source_BS is not None) != (topology == "encoder-decoder") and not filled:
        raise ValueError(f"source_BS is {'missing' if source_BS is None else 'given'}, and the model is {topology}.")
    if prefix_B is not None and not config.prefix:
        raise ValueError("prefix_B is given, and the model is no prefix-LM (prefix=False).")
    if config.prefix and prefix_B is None and not filled:
        raise ValueError("A prefix-LM needs prefix_B, the length of each example's prefix.")
    if keep_BT is not None and (topology != "encoder-decoder" or cache is not None):
        raise ValueError("keep_BT marks the target tokens of an encoder-decoder, read without a cache.")
    if cache is not None:
        _check_cache(config, cache, ids_BT, keep_BS, prefix_B)
    reads = ids_BT if source_BS is None else source_BS
    for name, ids in (("ids_BT", ids_BT), ("source_BS", reads)):
        if ids.numel() == 0:
            raise ValueError(f"There is nothing to read: {name} has the shape {tuple(ids.shape)}.")
    for name, keep, ids in (("keep_BS", keep_BS, reads), ("keep_BT", keep_BT, ids_BT)):
        if keep is not None and keep.shape != ids.shape:
            raise ValueError(
                f"{name} must have the shape of the tokens it marks, {tuple(ids.shape)}; got {tuple(keep.shape)}."
            )
    return keep_BS, keep_BT


def _check_cache(
    config: TransformerConfig, cache: Cache, ids_BT: Tensor, keep_BS: Tensor | None, prefix_B: Tensor | None
) -> None:
    """Raise ValueError where the tokens are none that can follow those of the cache."""
    begins, topology = cache.begins_B, config.topology
    if begins is not None and begins.shape != ids_BT.shape[:1]:
        raise ValueError(f"begins_B says of {tuple(begins.shape)} texts where they begin; there are {len(ids_BT)}.")
    longest = 0 if prefix_B is None else int((prefix_B if begins is None else prefix_B + begins).max())
    if longest > ids_BT.shape[1]:
        raise ValueError(f"A prefix is read at once: the first {ids_BT.shape[1]} tokens do not hold one of {longest}.")
    if topology == "encoder-only" or (topology == "decoder-only" and keep_BS is not None):
        raise ValueError(
            "A cache goes with a decoder and unpadded ids, or with Cache(begins_B=...) where texts begin behind "
            f"padding; the model is {topology}."
        )


def mask_of(name: str, keep: Tensor | None) -> Tensor | None:
    """Booleans; integers as tokenizers give them are True where they are not 0. Raises ValueError for other types."""
    if keep is None or keep.dtype == torch.bool:
        return keep
    if keep.is_floating_point() or keep.is_complex():
        raise ValueError(f"{name} says which tokens are real: give booleans, or integers of 0 and 1; got {keep.dtype}.")
    return keep != 0
