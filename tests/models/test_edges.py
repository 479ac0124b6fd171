"""What holds at the edges: other precisions, padding, empty input, integer masks, settings of other models, threads."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import torch

from models import Ablate, Cache, Patch, Transformer, TransformerConfig
from models.attention import GQA, MHA, LinearAttention
from models.feedforward import Dense
from models.kernels.onednn import routed
from models.moe import ExpertChoice, Soft, Switch, TopK
from models.moe.top_k import TopKRouter
from models.position import T5, ALiBi, RoPE, Shaw, Sinusoidal, TransformerXL
from models.position.t5 import bucket
from tests.models.mixtures import batch, build, mixture, run, seeded
from tests.models.properties import changed, holes, reads
from tests.models.variants import inputs, mixed, noisy, small

MASKED: dict[str, TransformerConfig] = {
    "encoder": small(topology="encoder-only"),
    "encoder-decoder": small(topology="encoder-decoder"),
    "window": small(attention=MHA(window=3)),
    "prefix": small(prefix=True),
    "softcap, ALiBi": small(attention=GQA(softcap=2.0), position=ALiBi()),
    "Shaw": small(position=Shaw(clip=2)),
    "Transformer-XL": small(position=TransformerXL()),
    "linear": small(attention=LinearAttention()),
}
masked = pytest.mark.parametrize("config", MASKED.values(), ids=MASKED.keys())


def double(config: TransformerConfig, **keep: Any) -> tuple[Transformer, dict[str, Any]]:
    given = inputs(config)
    return noisy(Transformer(config)).double(), given | {"keep_BS": holes(given[reads(config)])} | keep


@masked
def test_recording_is_exact_in_float64_with_padding(config: TransformerConfig):
    model, given = double(config)
    plain, recorded = model(**given), model(**given, record=True)
    assert plain.logits_BTV.dtype == torch.float64
    torch.testing.assert_close(recorded.logits_BTV, plain.logits_BTV, rtol=1e-11, atol=1e-11)
    assert (recorded.decoder or recorded.encoder)[0].self_attention_BHTS.dtype == torch.float64


@pytest.mark.parametrize("config", [MASKED["window"], MASKED["softcap, ALiBi"], MASKED["linear"], MASKED["Shaw"]])
def test_chunks_after_a_cache_are_exact_in_float64(config: TransformerConfig):
    model, given = noisy(Transformer(config)).double(), inputs(config)
    whole, cache, found = model(**given).logits_BTV, Cache(), []
    for piece in given["ids_BT"].split((2, 3, 1, 3), dim=1):
        output = model(piece, cache=cache)
        cache, found = output.cache, [*found, output.logits_BTV]
    torch.testing.assert_close(torch.cat(found, 1), whole, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("position", [RoPE(), ALiBi(), Sinusoidal(), TransformerXL()], ids=lambda p: p.kind)
def test_a_model_cast_to_bfloat16_keeps_its_tables(position: Any):
    model = Transformer(small(position=position))
    before = dict(model.decoder.position.named_buffers())
    cast = dict(model.to(torch.bfloat16).decoder.position.named_buffers())
    assert before
    for name, table in before.items():
        assert torch.equal(cast[name], table), name
        assert cast[name].dtype == torch.float32
    assert model(**inputs(model.config)).logits_BTV.dtype == torch.bfloat16


@pytest.mark.parametrize("part", ["feed_forward", "self_attention"])
@pytest.mark.parametrize("topology", ["encoder-only", "encoder-decoder"])
def test_a_mean_leaves_padding_out(topology: Any, part: Any):
    config = small(topology=topology)
    model, given = noisy(Transformer(config)), inputs(config)
    side, edits = reads(config), [Ablate("encoder", 0, part, how="mean")]
    keep = holes(given[side])
    other = given | {side: changed(given[side], ~keep, config.vocab)}
    one, two = (model(**g, keep_BS=keep, edits=edits).logits_BTV for g in (given, other))
    shown = keep if topology == "encoder-only" else torch.ones(one.shape[:2], dtype=torch.bool)
    torch.testing.assert_close(one[shown], two[shown], rtol=0, atol=1e-6)


def test_padding_of_the_target_takes_no_part_in_a_decoders_mixture():
    config = small(topology="encoder-decoder", feed_forward=mixed(Switch(), stacks="decoder"))
    model, given = noisy(Transformer(config)), inputs(config)
    keep_BT = torch.arange(9)[None] < torch.tensor([3, 5, 9])[:, None]
    demand = model(**given, keep_BT=keep_BT).decoder[0].routing.demand_E
    assert int(demand.sum()) == 3 + 5 + 9
    assert int(model(**given).decoder[0].routing.demand_E.sum()) == 27
    other = given | {"ids_BT": changed(given["ids_BT"], ~keep_BT, config.vocab)}
    one, two = (model(**g, keep_BT=keep_BT).logits_BTV[keep_BT] for g in (given, other))
    torch.testing.assert_close(one, two, rtol=0, atol=1e-6)


def test_capacity_acts_in_training_as_it_is_said():
    config = small(feed_forward=mixed(TopK(), capacity={"factor": 0.25}))
    model, given = Transformer(config), inputs(config)
    capacities = [
        model(**given, **asked).decoder[0].routing.capacity
        for asked in ({}, {"training": True}, {"generator": seeded()}, {"training": False, "generator": seeded()})
    ]
    assert capacities == [None, 4, 4, None]
    with pytest.raises(ValueError, match="give a generator"):
        Transformer(config.but(dropout=0.1))(**given, training=True)


@torch.no_grad()
def test_gates_are_numbers_where_a_bias_selects_what_has_no_probability():
    layer = build(mixture(TopK(), experts=4), width=4)
    router: TopKRouter = layer.router  # type: ignore[assignment]
    router.router.weight.copy_(torch.diag(torch.tensor([200.0, 0, -200, -200])))
    router.bias_E.copy_(torch.tensor([0.0, 0, 5, 5]))
    x_BTD = torch.ones(1, 2, 4)
    assert run(layer, x_BTD)[1].weights_NK.isfinite().all()
    plain = run(build(mixture(TopK(), experts=4)), batch())[1]
    torch.testing.assert_close(plain.weights_NK.sum(1), torch.ones(30))


@pytest.mark.parametrize("shape", [(0, 5), (2, 0)])
@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("config", [small(), small(feed_forward=mixed(Soft())), small(attention=MHA(softcap=1.0))])
def test_empty_input_is_refused_alike(config: TransformerConfig, record: bool, shape: tuple[int, int]):
    with pytest.raises(ValueError, match="There is nothing to read"):
        Transformer(config)(torch.zeros(shape, dtype=torch.long), record=record)


def test_a_tokenizers_mask_is_as_good_as_booleans_and_other_numbers_are_none():
    config = small(topology="encoder-only")
    model, given = Transformer(config), inputs(config)
    keep = holes(given["ids_BT"])
    for kind in (torch.int64, torch.int32, torch.uint8):
        assert torch.equal(model(**given, keep_BS=keep.to(kind)).logits_BTV, model(**given, keep_BS=keep).logits_BTV)
    with pytest.raises(ValueError, match=r"give booleans, or integers of 0 and 1; got torch\.float32"):
        model(**given, keep_BS=keep.float())
    at = torch.zeros(3, 9, dtype=torch.int64)
    at[1:] = 1
    patch = Patch("encoder", 0, "layer", at)
    assert torch.equal(
        model(**given, edits=[patch]).logits_BTV, model(**given, edits=[patch._replace(at_BT=at.bool())]).logits_BTV
    )


def test_a_single_channel_cannot_rotate_and_is_told_what_can():
    with pytest.raises(ValueError, match=r"Use 2\."):
        small(attention=MHA(heads=16))


@pytest.mark.parametrize(
    ("change", "path"),
    [({"width": 32}, "width"), ({"attention": {"kind": "MQA"}}, r"attention\.kind"), ({"layers": 3}, "layers")],
)
def test_a_model_is_not_retuned_into_another(change: dict[str, Any], path: str):
    model = Transformer(small())
    with pytest.raises(ValueError, match=f"{path} is no live setting"):
        model.retune(small(**change))
    assert model.config == small()


def test_buckets_and_shares_need_no_float64(monkeypatch: Any):
    """As on MPS, which has none."""
    offsets = torch.arange(-200, 200)
    expected = bucket(offsets, bidirectional=True)
    layer, x_BTD = build(mixture(ExpertChoice(factor=1.1))), batch()
    taken = run(layer, x_BTD)[1].load_E

    def refuses(tensor: Any, *given: Any) -> Any:
        raise TypeError("no float64 here")

    monkeypatch.setattr(torch.Tensor, "double", refuses)
    assert torch.equal(bucket(offsets, bidirectional=True), expected)
    assert torch.equal(run(layer, x_BTD)[1].load_E, taken)


def test_expected_buckets_are_those_of_the_papers_formula():
    distance = torch.arange(1, 400)
    for buckets, furthest in ((32, 128), (8, 16), (64, 300)):
        config, exact = T5(buckets=buckets, furthest=furthest), buckets // 2
        far = exact + ((distance.double() / exact).log() / torch.tensor(furthest / exact).double().log() * exact).long()
        expected = torch.where(distance < exact, distance, far.clamp(max=buckets - 1))
        got = bucket(-distance, bidirectional=False, buckets=config.buckets, furthest=config.furthest)
        assert torch.equal(got, expected)


@pytest.fixture
def other_thread() -> Iterator[None]:
    """Another thread has its products computed by oneDNN meanwhile."""
    entered, leave = threading.Event(), threading.Event()

    def elsewhere() -> None:
        with routed():
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    entered.wait(60)
    yield
    leave.set()
    thread.join()


WIDE = small(width=64, feed_forward=Dense(hidden=384), vocab=97)


def wide(route: AbstractContextManager[object]) -> list[torch.Tensor]:
    """Logits and gradients of 96 tokens, within a route."""
    model, ids_BT = noisy(Transformer(WIDE)), torch.arange(96).view(8, 12) % 97
    with route:
        logits_BTV = model(ids_BT).logits_BTV
        return [logits_BTV, *torch.autograd.grad(logits_BTV.square().sum(), list(model.parameters()))]


PLAIN, ROUTED = wide(nullcontext()), wide(routed())


def switches() -> list[object]:
    """What the process lets oneDNN do."""
    backend: Any = torch.backends.mkldnn
    return [backend.enabled, backend.deterministic, backend.fp32_precision, backend.matmul.fp32_precision]


SWITCHES = switches()


def test_what_a_thread_computes_does_not_depend_on_others(other_thread: None):
    assert switches() == SWITCHES
    with routed():
        assert switches() == SWITCHES
    for alone, beside in ((PLAIN, wide(nullcontext())), (ROUTED, wide(routed()))):
        assert all(map(torch.equal, alone, beside))


def test_products_by_onednn_are_those_of_torch_to_rounding():
    assert not torch.equal(PLAIN[0], ROUTED[0]), "nothing was routed"
    for plain, other in zip(PLAIN, ROUTED, strict=True):
        torch.testing.assert_close(other, plain, rtol=1e-4, atol=1e-5 * plain.abs().max().item())


@pytest.mark.parametrize(("ids", "said"), [([0, 13], "go from 0 to 13."), ([-1, 2], "go from -1 to 2.")])
def test_an_id_that_no_token_has_is_told(ids: list[int], said: str):
    model = Transformer(small(topology="encoder-only", embedding={"segments": 2}))
    with pytest.raises(ValueError, match=r"^Token ids lie between 0 and 12; these ") as caught:
        model(torch.tensor([ids]))
    assert said in str(caught.value)
    with pytest.raises(ValueError, match=r"^Segments lie between 0 and 1; these "):
        model(torch.zeros(1, 2, dtype=torch.long), segments_BT=torch.tensor([ids]))
