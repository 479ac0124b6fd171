"""A mixture routes as the published one, reads its experts however they are stored, and is read again by theirs."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from models import Transformer
from models.pretrained import load, save
from models.records import Cache
from tests.models.checkpoints import write_shards
from tests.parity.families import Family, pair
from tests.parity.sparse import SPARSE, SWITCHES
from tests.parity.test_parity import holes, same, tokens

EVERY = pytest.mark.parametrize("family", SPARSE.values(), ids=SPARSE.keys())
LENGTH = 19


class Gates(NamedTuple):
    """What one router decided for all tokens: its scores, and each expert's gate, 0 where it was not chosen."""

    logits_NE: Tensor
    gates_NE: Tensor


def routed(theirs: Any, *args: Any, **given: Any) -> list[Gates]:
    """The decisions of their routers in one forward pass, in order."""
    found: list[Gates] = []

    def note(module: Any, inputs: Any, out: Any) -> None:
        if type(module).__name__.startswith("Switch"):
            kept_BTE, probs_BT1, logits_BTE = out
            found.append(Gates(logits_BTE.flatten(0, 1), (kept_BTE * probs_BT1).flatten(0, 1)))
        else:
            logits_NE, weights_NK, experts_NK = out
            found.append(Gates(logits_NE, torch.zeros_like(logits_NE).scatter(1, experts_NK, weights_NK)))

    hooks = [m.register_forward_hook(note) for m in theirs.modules() if type(m).__name__.endswith("Router")]
    theirs(*args, **given)
    for hook in hooks:
        hook.remove()
    return found


def our_gates(routing: Any) -> Gates:
    spread_NE = torch.zeros_like(routing.logits_NE).scatter(1, routing.experts_NK, routing.weights_NK * routing.kept_NK)
    return Gates(routing.logits_NE, spread_NE)


@EVERY
@pytest.mark.parametrize("padded", [False, True], ids=["whole", "left out keys"])
def test_the_same_experts_are_chosen_with_the_same_gates(family: Family, padded: bool, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, keep_BT = tokens(LENGTH), holes(LENGTH) if padded else torch.ones(3, LENGTH, dtype=torch.bool)
    expected = routed(theirs, ids_BT, attention_mask=keep_BT.long())
    got = [r.routing for r in ours(ids_BT, **({"keep_BS": keep_BT} if padded else {})).decoder if r.routing]
    assert len(got) == len(expected) > 0
    keep_N = keep_BT.flatten()
    for routing, (logits_NE, gates_NE) in zip(got, expected, strict=True):
        mine = our_gates(routing)
        same(mine.logits_NE[keep_N], logits_NE[keep_N], 1e-5)
        assert torch.equal(mine.gates_NE[keep_N] > 0, gates_NE[keep_N] > 0)
        same(mine.gates_NE[keep_N], gates_NE[keep_N], 1e-5)


@EVERY
@torch.no_grad()
def test_decoding_with_a_cache_says_what_the_whole_text_does(family: Family, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    ids_BT, cache, found = tokens(LENGTH), Cache(), []
    for part_BT in ids_BT.split([7, 1, 1, 5, 5], dim=1):
        out = ours(part_BT, cache=cache)
        found.append(out.logits_BTV)
        cache = out.cache
    same(torch.cat(found, dim=1), theirs(ids_BT).logits, 1e-5)


@pytest.mark.parametrize("family", SWITCHES.values(), ids=SWITCHES.keys())
@torch.no_grad()
def test_a_switch_drops_what_theirs_drops_and_nothing_without_a_largest_capacity(family: Family, tmp_path: Path):
    theirs, ours, _ = pair(family, tmp_path)
    source_BS, ids_BT = tokens(33, seed=1), tokens(LENGTH)
    expected = routed(theirs, source_BS, decoder_input_ids=ids_BT)
    found = ours(ids_BT, source_BS=source_BS)
    got = [r.routing for r in (*found.encoder, *found.decoder) if r.routing]
    assert len(got) == len(expected) > 0
    for routing, (logits_NE, gates_NE) in zip(got, expected, strict=True):
        mine = our_gates(routing)
        same(mine.logits_NE, logits_NE, 1e-5)
        same(mine.gates_NE, gates_NE, 1e-5)
    dropped = sum(int((r.demand_E - r.load_E).sum()) for r in got)
    few = theirs.config.expert_capacity < 33
    assert (dropped > 0) == few
    moe = ours.config.feed_forward
    ours.retune(ours.config.but(feed_forward=moe.but(capacity=moe.capacity.but(maximum=None))))
    free = ours(ids_BT, source_BS=source_BS)
    assert all(r.routing.capacity is None for r in (*free.encoder, *free.decoder) if r.routing)
    assert torch.equal(free.logits_BTV, found.logits_BTV) != few


@pytest.mark.parametrize("family", (SPARSE | SWITCHES).values(), ids=(SPARSE | SWITCHES).keys())
@torch.no_grad()
def test_theirs_reads_what_ours_writes(family: Family, tmp_path: Path):
    there, back = tmp_path / "there", tmp_path / "back"
    theirs, ours, _ = pair(family, there)
    back.mkdir()
    save(ours, json.loads((there / "config.json").read_text()), back)
    again = type(theirs).from_pretrained(back, attn_implementation="eager").eval()
    more = {"decoder_input_ids": tokens(7)} if theirs.config.is_encoder_decoder else {}
    same(again(tokens(LENGTH), **more).logits, theirs(tokens(LENGTH), **more).logits, 1e-5)


def in_memory(theirs: Any) -> dict[str, Tensor]:
    """All tensors as their modules call them, experts of one layer in one; copies of tied ones left out."""
    tied = {"lm_head.weight"} if theirs.config.tie_word_embeddings else set()
    return {name: t.clone().contiguous() for name, t in theirs.state_dict().items() if name not in tied}


def equal(a: Transformer, b: Transformer) -> bool:
    left, right = a.state_dict(), b.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@EVERY
def test_experts_are_read_one_by_one_and_in_one_tensor_and_from_shards(family: Family, tmp_path: Path):
    files, fused, shards = (tmp_path / name for name in ("files", "fused", "shards"))
    theirs, ours, _ = pair(family, files)
    published, stored = json.loads((files / "config.json").read_text()), load_file(files / "model.safetensors")
    for folder in (fused, shards):
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(published))
    together = in_memory(theirs)
    assert together.keys() != stored.keys()
    save_file(together, fused / "model.safetensors")
    assert equal(load(fused).model, ours)
    names = sorted(stored)
    parts = [{name: stored[name] for name in names[i::3]} for i in range(3)]
    assert equal(load(write_shards(shards, published, parts)).model, ours)
    some = next(name for name in names if name not in together)
    save_file({**together, some: stored[some]}, fused / "model.safetensors")
    with pytest.raises(ValueError, match=r"holds (what this family does not have: .*experts|one tensor twice: )"):
        load(fused)


def test_a_bias_that_has_no_place_is_not_lost_in_silence(tmp_path: Path):
    theirs = tmp_path / "there"
    ours = pair(SPARSE["Mixtral"], theirs).ours
    ours.decoder.blocks[0].feed_forward.router.bias_E += 0.1
    with pytest.raises(ValueError, match=r"^decoder\.blocks\.0\.feed_forward\.router\.bias_E is not 0, and the pub"):
        save(ours, json.loads((theirs / "config.json").read_text()), tmp_path)
