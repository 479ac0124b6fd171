"""The rows of attention: distributions over exactly the keys that a query may look at, said once more in booleans."""

import torch
from torch import Tensor

from models import Transformer, TransformerConfig
from tests.models.properties import Given, close, holes, layers, reads


def visible(config: TransformerConfig, given: Given, stack: str, layer: int, length: int) -> Tensor:
    """(B, T, S): which key each query of a layer may look at."""
    t, s = torch.arange(length)[:, None], torch.arange(length)[None]
    near = config.attentions()[stack][layer].sees() or length
    seen = ((s <= t) | (stack == "encoder")) & ((t - s).abs() < near)
    seen = seen.expand(len(given["ids_BT"]), -1, -1)
    if "prefix_B" in given:
        seen = seen | (s < given["prefix_B"][:, None, None])
    if "keep_BS" in given and (stack == "encoder" or config.topology == "decoder-only"):
        seen = seen & given["keep_BS"][:, None]
    return seen | (s == t)


def rows_are_distributions_over_what_is_visible(model: Transformer, given: Given) -> None:
    """With and without padding; every attention of every layer reports its rows, and no other.

    Rows of attention that says so (`AttentionConfig.rows`) are no probability distributions: what is hidden from them
    is asked all the same.
    """
    config, source = model.config, given[reads(model.config)]
    turned, linear = config.position.kind == "RoPE", config.attention.kind == "linear"  # its numerator alone is rotated
    own = _distribution if not config.attention.rows or (linear and not turned) else _hidden
    cross = _distribution if not config.attention.rows or linear else _hidden
    own, cross = (_unseen, _unseen) if config.attention.kind == "ReLU" else (own, cross)
    for padded in (given, given | {"keep_BS": holes(source)}):
        output, found = model(**padded, record=True), 0
        keep = padded.get("keep_BS", torch.ones_like(source, dtype=torch.bool))
        for stack, records in (("encoder", output.encoder), ("decoder", output.decoder)):
            assert len(records) == config.depths().get(stack, 0), f"{len(records)} layers of the {stack} are reported"
            for i, one in enumerate(records):
                if one.self_attention_BHTS is not None:
                    seen_BTS = visible(config, padded, stack, i, one.self_attention_BHTS.shape[-1])
                    own(one.self_attention_BHTS, seen_BTS)
                if one.cross_attention_BHTS is not None:
                    cross(one.cross_attention_BHTS, keep[:, None].expand(-1, given["ids_BT"].shape[1], -1))
                found += (one.self_attention_BHTS is not None) + (one.cross_attention_BHTS is not None)
        crosses = len(output.decoder) if config.topology == "encoder-decoder" else 0
        expected = len(layers(output)) * (config.attention.query_heads() > 0) + crosses
        assert found == expected, f"{found} of {expected} attentions are reported"


def _unseen(weights_BHTS: Tensor, seen_BTS: Tensor) -> None:
    assert (weights_BHTS[~seen_BTS[:, None].expand_as(weights_BHTS)] == 0).all(), "a hidden key has a weight"


def _hidden(weights_BHTS: Tensor, seen_BTS: Tensor) -> None:
    _unseen(weights_BHTS, seen_BTS)
    seen = seen_BTS[:, None].expand_as(weights_BHTS)
    assert (weights_BHTS[seen] != 0).all(), "a visible key has none"


def _distribution(weights_BHTS: Tensor, seen_BTS: Tensor) -> None:
    _hidden(weights_BHTS, seen_BTS)
    seen = seen_BTS[:, None].expand_as(weights_BHTS)
    assert (weights_BHTS[seen] > 0).all(), "a visible key has none, or a negative one"
    close(weights_BHTS.sum(-1), torch.ones(weights_BHTS.shape[:-1]), "a row does not sum to 1")
