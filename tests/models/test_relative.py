"""Shaw's and Transformer-XL's relative positions against their direct forms, with a null check for each claim."""

from typing import Any

import pytest
import torch
from torch import Tensor

from models import Transformer
from models.attention import GQA, MHA, mask
from models.attention.grouped import DotProduct
from models.attention.softmax import attend
from models.position import NoPosition, PositionConfig, Room, Shaw, TransformerXL
from models.position.transformer_xl import shifted, sinusoid
from models.tap import Pass, Tap
from tests.models.variants import inputs, noisy, small

T, S, START = 4, 7, 3
ROOM = Room(width=12, heads=4, head_dim=6, context=9, bidirectional=False)
AHEAD = pytest.mark.parametrize("ahead", [False, True], ids=["causal", "both ways"])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def built(config: PositionConfig, room: Room = ROOM) -> tuple[Any, Any]:
    """What layers share, and one layer's part, every number drawn."""
    shared, own = config.build(room), config.relative(room)
    for seed, p in enumerate((*shared.parameters(), *own.parameters())):
        p.data = random(*p.shape, seed=seed)
    return shared, own


def test_shaws_scores_and_values_equal_tensors_of_every_query_and_key():
    shared, own = built(Shaw(clip=2))
    q, k, weights = random(2, 4, T, 6), random(2, 2, S, 6, seed=1), random(2, 4, T, S, seed=2).softmax(-1)
    row = (torch.arange(S)[None] - torch.arange(START, START + T)[:, None]).clamp(-2, 2) + 2
    keys_TSC, values_TSC = own.key_table[row], own.value_table[row]
    scores = own.scores(q, k, shared, START)
    torch.testing.assert_close(scores, torch.einsum("bhtc,tsc->bhts", q, keys_TSC))
    torch.testing.assert_close(own.values(weights, START), torch.einsum("bhts,tsc->bhtc", weights, values_TSC))
    assert torch.equal(scores[..., 3, 0], scores[..., 3, 3])  # distances 6 and 3 lie beyond the clip
    assert not torch.allclose(scores[..., 3, 4], scores[..., 3, 5])  # 2 and 1 do not
    assert not torch.allclose(scores[..., 0, 4], scores[..., 0, 2])  # a key after the query, and one before it


@AHEAD
@pytest.mark.parametrize("groups", [4, 2, 1])
def test_transformer_xls_scores_equal_the_four_terms_of_the_paper(ahead: bool, groups: int):
    shared, own = built(TransformerXL(), ROOM._replace(prefix=ahead))
    for start, keys in ((START, S), (START + 9, S + 9)):  # inside the table, and beyond it
        q, k = random(2, 4, T, 6), random(2, groups, keys, 6, seed=1)
        distance_TS = torch.arange(start, start + T)[:, None] - torch.arange(keys)[None]
        r_TSHC = own.project(sinusoid(distance_TS.flatten(), 12)).view(T, keys, 4, 6)
        every = k.repeat_interleave(4 // groups, 1)
        content = torch.einsum("hc,bhsc->bhs", shared.u_HC, every)[:, :, None]
        place = torch.einsum("bhtc,tshc->bhts", q, r_TSHC) + torch.einsum("hc,tshc->hts", shared.v_HC, r_TSHC)
        got, seen = own.scores(q, k, shared, start), (distance_TS >= 0) | ahead
        torch.testing.assert_close(got[..., seen], (content + place)[..., seen], rtol=1e-4, atol=1e-4)
    assert shared.rows(T, S).shape[0] == (S + T if ahead else S)


@pytest.mark.parametrize(("queries", "rows"), [(5, 5), (1, 5), (3, 7), (5, 10)])
def test_the_shift_is_a_gather(queries: int, rows: int):
    placed = random(2, 3, queries, rows)
    got = shifted(placed)
    for t in range(queries):
        moved = queries - 1 - t
        assert torch.equal(got[..., t, : rows - moved], placed[..., t, moved:])
    assert queries == 1 or not torch.equal(got[..., 0, :], placed[..., 0, :])


def test_transformer_xls_sinusoids_are_halves_and_know_the_side():
    got = sinusoid(torch.tensor([3, -3]), 8)
    expected = [0.14112, 0.29552, 0.029996, 0.003, -0.989992, 0.955336, 0.99955, 0.999996]
    torch.testing.assert_close(got[0], torch.tensor(expected), rtol=0, atol=1e-6)
    torch.testing.assert_close(got[1], torch.tensor([-x for x in expected[:4]] + expected[4:]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("config", [Shaw(clip=2), TransformerXL()], ids=lambda c: c.kind)
def test_scores_depend_on_the_distance_only(config: PositionConfig):
    shared, own = built(config, ROOM._replace(bidirectional=True))
    q, k = random(1, 4, 1, 6).expand(-1, -1, S, -1), random(1, 4, 1, 6, seed=1).expand(-1, -1, S, -1)
    scores = own.scores(q, k, shared, 0)
    torch.testing.assert_close(scores[..., 1:, 1:], scores[..., :-1, :-1], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(scores[..., 1:], scores[..., :-1], atol=1e-2)


def numbers(model: Transformer) -> list[Tensor]:
    words = ("relative", "u_HC", "v_HC")
    return [p for name, p in model.named_parameters() if any(word in name for word in words)]


@pytest.mark.parametrize("attention", [MHA(), GQA(scale=1.0)], ids=["MHA", "unscaled GQA"])
@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
@pytest.mark.parametrize("config", [Shaw(clip=2), TransformerXL()], ids=lambda c: c.kind)
def test_tables_of_zeros_leave_attention_as_it_is(config: PositionConfig, topology: Any, attention: DotProduct):
    vanilla, model = (
        noisy(Transformer(small(position=p, topology=topology, attention=attention))) for p in (NoPosition(), config)
    )
    missing = model.load_state_dict(vanilla.state_dict(), strict=False).missing_keys
    assert len(missing) == len(numbers(model)) > 0
    given = inputs(vanilla.config)
    assert not torch.allclose(model(**given).logits_BTV, vanilla(**given).logits_BTV, atol=1e-3)
    for p in numbers(model):
        p.data.zero_()
    torch.testing.assert_close(model(**given).logits_BTV, vanilla(**given).logits_BTV, rtol=1e-5, atol=2e-5)


def test_heads_share_shaws_tables_and_layers_do_not():
    model: Any = Transformer(small(position=Shaw(clip=3)))
    one, two = (block.relative for block in model.decoder.blocks)
    assert one.key_table.shape == one.value_table.shape == (7, 4)
    assert not torch.equal(one.key_table, two.key_table)
    assert float(one.key_table.detach().std()) == pytest.approx(4**-0.5, rel=0.4)


def test_layers_share_transformer_xls_biases_and_not_its_matrix():
    model: Any = Transformer(small(position=TransformerXL(), topology="encoder-decoder"))
    assert model.decoder.position.u_HC.shape == model.encoder.position.v_HC.shape == (4, 4)
    assert model.decoder.position.u_HC.abs().min() > 0
    one, two = (block.relative.project.weight for block in model.decoder.blocks)
    assert one.shape == (16, 16)
    assert not torch.equal(one, two)


@pytest.mark.parametrize("record", [False, True], ids=["fused", "recorded"])
@pytest.mark.parametrize("config", [Shaw(clip=2), TransformerXL()], ids=lambda c: c.kind)
def test_a_layer_computes_the_papers_sums(config: PositionConfig, record: bool):
    """Scores scaled together with q . k, values beside the values."""
    model: Any = noisy(Transformer(small(position=config, attention=MHA(softcap=None))))
    block, shared, x = model.decoder.blocks[0], model.decoder.position, random(2, 9, 16)
    attention = block.attention
    q, k, v = (part.unflatten(-1, (4, 4)).transpose(1, 2) for part in attention.qkv(x).chunk(3, -1))
    scores = (q @ k.mT + block.relative.scores(q, k, shared)) / 2
    weights = scores.masked_fill(~torch.ones(9, 9).tril().bool(), -torch.inf).softmax(-1)
    mixed = weights @ v + (block.relative.values(weights) if block.relative.mixes else 0.0)

    seen = mask(9, 9, device=x.device, causal=True)
    got, _ = attention(x, Pass(Tap(record=record), position=shared, relative=block.relative, mask=seen))
    torch.testing.assert_close(got, attention.out(mixed.transpose(1, 2).flatten(2)), rtol=1e-4, atol=1e-5)


def test_dropped_weights_carry_no_relative_value():
    model: Any = noisy(Transformer(small(position=Shaw(clip=2), dropout=0.9, layers=1)))
    block, v = model.decoder.blocks[0], torch.zeros(1, 4, 9, 4)

    seen, q = mask(9, 9, device=v.device, causal=True), random(1, 4, 9, 4)
    p = Pass(training=True, generator=torch.Generator().manual_seed(0))
    mixed = attend(q, q, v, seen, scale=0.5, rate=0.9, mixes=block.relative.values, p=p)
    assert (mixed == 0).all(-1).any()  # rows all of whose weights were dropped
    assert (mixed != 0).any()
