"""Prompts of unequal length are continued together, padded on either side, as each is alone."""

from typing import Any

import pytest
import torch

from models import Cache, Transformer, TransformerConfig
from models.attention import MHA
from models.generate import generate
from models.position import POSITIONS, Learned
from tests.models.test_cache import DECODERS
from tests.models.variants import EXTRAS, inputs, noisy, small

LENGTHS, STEPS = (4, 1, 3), 5
RAGGED = DECODERS | {n: EXTRAS[n] for n in ("MoE top-k", "MoE DeepSeek-V3", "MoE noisy top-k")}
SIDES = {
    "left": [[False] * (4 - n) + [True] * n for n in LENGTHS],
    "right": [[True] * n + [False] * (4 - n) for n in LENGTHS],
}


def prompts(config: TransformerConfig, side: str) -> tuple[torch.Tensor, torch.Tensor, dict[str, Any]]:
    """Ids, which of them are real, and the source if there is one."""
    given = inputs(config, length=4)
    return given["ids_BT"], torch.tensor(SIDES[side]), {k: v for k, v in given.items() if k == "source_BS"}


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("config", RAGGED.values(), ids=RAGGED.keys())
def test_prompts_of_unequal_length_go_on_as_each_alone(config: TransformerConfig, side: str):
    config = config.but(context=8)  # shorter than the longest text with its padding, and than one where it can be
    config = config.but(context=12) if config.position.ends else config
    model = noisy(Transformer(config)).double()
    ids_BT, keep_BT, more = prompts(config, side)
    name = "keep_BT" if more else "keep_BS"
    together = list(generate(model, ids_BT, STEPS, **more, **{name: keep_BT}))
    for i in range(3):
        own = {k: v[i : i + 1] for k, v in more.items()}
        alone = list(generate(model, ids_BT[i, keep_BT[i]][None], STEPS, **own))
        for one, all_ in zip(alone, together, strict=True):
            torch.testing.assert_close(all_.probs_BV[i], one.probs_BV[0], rtol=1e-9, atol=1e-9)
            assert all_.ids_B[i] == one.ids_B[0]


def test_what_padding_holds_and_how_much_there_is_do_not_matter():
    model = noisy(Transformer(small()))
    ids_BT, keep_BT, _ = prompts(small(), "left")
    first = [t.probs_BV for t in generate(model, ids_BT, STEPS, keep_BS=keep_BT)]
    wide_BT = torch.cat((ids_BT[:, :2], ids_BT), 1)
    more_BT = torch.cat((torch.zeros(3, 2, dtype=torch.bool), keep_BT), 1).int()
    other = [t.probs_BV for t in generate(model, wide_BT.where(more_BT > 0, 7), STEPS, keep_BS=more_BT)]
    assert all(map(torch.equal, first, other))


def test_learned_positions_end_where_a_text_ends_and_not_its_padding():
    model = noisy(Transformer(small(position=Learned())))
    ids_BT = inputs(small(), length=14)["ids_BT"]
    begins_B = torch.tensor([4, 10, 12])
    assert model(ids_BT, cache=Cache(begins_B=begins_B)).logits_BTV.isfinite().all()
    with pytest.raises(ValueError, match="Learned positions end at 12: a sequence of 13"):
        model(ids_BT, cache=Cache(begins_B=begins_B - 3))


@pytest.mark.parametrize("kind", POSITIONS)
def test_pieces_of_texts_that_begin_at_different_columns(kind: str):
    config = small(position={"kind": kind}, attention=MHA(window=4))
    model, ids_BT = noisy(Transformer(config)).double(), inputs(config, length=11)["ids_BT"]
    begins_B, cache, found = torch.tensor([0, 5, 2]), Cache(begins_B=torch.tensor([0, 5, 2])), []
    for piece in ids_BT.split((1, 2, 3, 1, 4), dim=1):
        output = model(piece, cache=cache)
        cache, found = output.cache, [*found, output.logits_BTV]
    for i, begin in enumerate(begins_B.tolist()):
        alone = model(ids_BT[i : i + 1, begin:]).logits_BTV[0]
        torch.testing.assert_close(torch.cat(found, 1)[i, begin:], alone, rtol=1e-9, atol=1e-9)
