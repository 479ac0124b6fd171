"""What holds for every task, in every topology."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from pydantic import ValidationError
from torch.utils._python_dispatch import TorchDispatchMode

from models.config import Config, Refused, extra
from playground.tasks import IGNORE, TASKS, TOPOLOGIES, AnyTask, Batch, Copy, Induction, ModularAddition, Sort
from playground.tasks.base import PROBE_SEED
from playground.tasks.split import held_out

kinds = pytest.mark.parametrize("kind", TASKS)
topologies = pytest.mark.parametrize("topology", TOPOLOGIES)
splits = pytest.mark.parametrize("split", ["train", "validation"])


class Holder(Config):
    task: AnyTask = Copy()


def task(kind):
    return TASKS[kind]().build()


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def same(one: Batch, two: Batch) -> bool:
    return all(
        a is b is None or (a is not None and b is not None and a.equal(b)) for a, b in zip(one, two, strict=True)
    )


@kinds
@topologies
@splits
def test_the_same_seed_gives_the_same_batch_and_another_seed_another(kind, topology, split):
    first, again, other = (task(kind).batch(64, seeded(s), topology, split=split) for s in (3, 3, 4))
    assert same(first, again)
    assert not same(first, other)


@kinds
def test_a_generator_moves_on_from_batch_to_batch(kind):
    made, generator = task(kind), seeded()
    assert not same(made.batch(64, generator, "decoder-only"), made.batch(64, generator, "decoder-only"))


@kinds
@topologies
def test_threads_that_share_a_task_get_what_one_thread_gets(kind, topology):
    shared = task(kind)

    def batches(seed):
        generator = seeded(seed)
        return [shared.batch(16, generator, topology) for _ in range(10)]

    expected = [batches(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(batches, range(4)))
    assert all(same(a, b) for one, two in zip(expected, got, strict=True) for a, b in zip(one, two, strict=True))


class Operations(TorchDispatchMode):
    """Counts what torch is asked to do."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        self.count += 1
        return func(*args, **(kwargs or {}))


@kinds
@topologies
def test_a_large_batch_asks_for_no_more_operations_than_a_small_one(kind, topology):
    made, counts = task(kind), []
    for size in (32, 512):
        with Operations() as operations:
            made.batch(size, seeded(), topology)
        counts.append(operations.count)
    assert counts[0] == counts[1] > 0


@kinds
@topologies
@splits
def test_a_batch_has_the_promised_shapes_types_and_ids(kind, topology, split):
    made = task(kind)
    batch = made.batch(64, seeded(), topology, split=split)
    assert batch.ids_BT.shape == batch.targets_BT.shape
    assert batch.ids_BT.shape[0] == 64
    assert (batch.source_BS is not None) == (topology == "encoder-decoder")
    read = [batch.ids_BT] if batch.source_BS is None else [batch.ids_BT, batch.source_BS]
    assert max(ids.shape[1] for ids in read) == made.context(topology)
    for tensor in batch:
        assert tensor is None or (tensor.dtype == torch.int64 and tensor.is_contiguous())
    for ids in read:
        assert ids.min() >= 0
        assert ids.max() < len(made.vocabulary)
    scored = batch.targets_BT[batch.targets_BT != IGNORE]
    assert scored.min() >= 0
    assert scored.max() < len(made.vocabulary)
    assert (batch.targets_BT != IGNORE).any(1).all(), "an example without a single scored token"


@kinds
def test_nothing_that_everyone_sees_in_a_prefix_is_also_scored(kind):
    batch = task(kind).batch(256, seeded(), "decoder-only")
    if batch.prefix_B is None:
        assert (batch.targets_BT[:, :4] != IGNORE).any()  # nothing is given: scored from the beginning
        return
    place_T = torch.arange(batch.ids_BT.shape[1])
    answered = (batch.targets_BT != IGNORE) & (place_T + 1 < batch.prefix_B[:, None])  # the answer stands at t + 1
    assert not answered.any()
    assert (batch.prefix_B > 0).all()


@kinds
@topologies
def test_only_a_decoders_input_carries_the_next_token_and_never_the_scored_one(kind, topology):
    """Next-token prediction: ids one place on are the targets. Filling in: the scored places are blank."""
    made = task(kind)
    batch = made.batch(64, seeded(), topology)
    scored = batch.targets_BT != IGNORE
    if topology == "encoder-only":
        assert (batch.ids_BT[scored] == made.id["▢"]).all()
        return
    following = scored[:, :-1]
    assert batch.ids_BT[:, 1:][following].equal(batch.targets_BT[:, :-1][following])
    if topology == "encoder-decoder":
        assert (batch.ids_BT[:, 0] == made.id["▸"]).all()


@pytest.mark.parametrize("kind", [kind for kind in TASKS if kind != "text"])
def test_no_validation_example_is_ever_trained_on(kind):
    made, generator = task(kind), seeded()
    train, validation = (
        {tuple(row) for row in made.draw(6000, generator, split).tolist()} for split in ("train", "validation")
    )
    assert not train & validation
    assert len(validation) > 50


@pytest.mark.parametrize("config", [Copy(length=2, symbols=16), Sort(length=8, symbols=2)], ids=["copy", "sort"])
def test_the_smallest_tasks_have_both_sides_and_every_example_is_on_one_of_them(config):
    made, generator = config.build(), seeded()
    train, validation = (
        {tuple(row) for row in made.draw(4000, generator, split).tolist()} for split in ("train", "validation")
    )
    assert not train & validation
    assert len(train) + len(validation) == 256
    assert 16 <= len(validation) <= 48  # one in eight of 256 is 32


@pytest.mark.parametrize("kind", [kind for kind in TASKS if kind not in ("text", "modular_addition")])
def test_about_one_example_in_eight_is_held_out(kind):
    made = task(kind)
    proposed = made.propose(20000, seeded(), made.periods) if kind == "induction" else made.propose(20000, seeded())
    assert 0.11 < held_out(proposed).double().mean() < 0.14


@kinds
@topologies
def test_the_probe_is_the_same_sixteen_examples_at_every_call(kind, topology):
    one, two = task(kind).probe(topology), task(kind).probe(topology)
    assert same(one, two)
    assert len(one.ids_BT) == 16
    read_BT = one.ids_BT if one.source_BS is None else one.source_BS
    assert len(read_BT.unique(dim=0)) > 12


@pytest.mark.parametrize("kind", [kind for kind in TASKS if kind != "text"])
def test_probe_examples_are_unseen(kind):
    made = task(kind)
    assert not {tuple(row) for row in made.draw(16, seeded(PROBE_SEED), "validation").tolist()} & {
        tuple(row) for row in made.draw(6000, seeded(), "train").tolist()
    }


@kinds
@topologies
def test_every_named_probe_is_one_example_that_can_be_shown(kind, topology):
    made = task(kind)
    names = [probe.name for probe in made.probes]
    assert len(names) == len(set(names)) >= 2
    for probe in made.probes:
        batch = made.probe(topology, probe.text)
        assert batch.ids_BT.shape[0] == 1
        assert batch.ids_BT.shape[1] <= made.context(topology)
        assert (batch.targets_BT != IGNORE).any()


@kinds
@topologies
def test_the_preview_has_a_line_per_example_without_padding(kind, topology):
    lines = task(kind).sample(3, topology)
    assert len(set(lines)) == 3
    assert all("·" not in line and "▸" not in line for line in lines)
    assert all(("⇒" in line) == (topology != "decoder-only") for line in lines)


@kinds
def test_text_that_is_decoded_can_be_encoded_again(kind):
    made = task(kind)
    ids = made.batch(4, seeded(), "encoder-only").ids_BT.flatten().tolist()
    assert made.encode(made.decode(ids)) == ids


@kinds
def test_unknown_characters_are_named(kind):
    with pytest.raises(ValueError, match="does not know 'Ω', '漢'"):
        task(kind).encode("Ω漢Ω")


@kinds
def test_every_task_says_what_it_is(kind):
    made = task(kind)
    assert set(made.meaning) == set(TOPOLOGIES)
    sentences = [made.description, made.accuracy, *made.meaning.values()]
    assert all(s.endswith(".") and "\n" not in s for s in sentences)
    assert 0 < made.chance < 1
    assert (made.floor is None) == (kind == "text")
    assert len(made.vocabulary) == len(set(made.vocabulary))
    assert all(token.strip() and token.isprintable() for token in made.vocabulary)


@kinds
def test_every_setting_is_documented_bounded_and_goes_through_json(kind):
    config = TASKS[kind]()
    assert Holder.model_validate(json.loads(Holder(task=config).model_dump_json())).task == config
    for name, field in type(config).model_fields.items():
        if name == "kind":
            assert field.default == kind
            continue
        assert field.description
        assert extra(field)["label"]
        if isinstance(field.default, int | float):
            assert {type(rule).__name__ for rule in field.metadata} >= {"Ge", "Le"}


@kinds
def test_numbers_out_of_bounds_are_refused(kind):
    for name, field in TASKS[kind].model_fields.items():
        if isinstance(field.default, int | float):
            for bad in (-1, 10**6, float("nan"), float("inf")):
                with pytest.raises(ValidationError):
                    TASKS[kind](**{name: bad})


@pytest.mark.parametrize(
    ("config", "settings", "field", "sentence"),
    [
        (Copy, {"length": 2, "symbols": 2}, "length", "only 4 different examples"),
        (ModularAddition, {"p": 30}, "p", "choose 29 or 31"),
        (Induction, {"min_period": 9, "max_period": 8}, "min_period", "shortest period 9 is above the longest 8"),
        (Induction, {"symbols": 10}, "symbols", "10 symbols cannot fill a block of 16"),
        (Induction, {"length": 17}, "length", "at least 18 tokens"),
        (TASKS["brackets"], {"length": 9}, "length", "choose an even length, such as 10"),
        (TASKS["brackets"], {"length": 8}, "length", "only 224 different examples"),
        (TASKS["brackets"], {"length": 12, "depth": 1}, "length", "only 64 different examples"),
    ],
)
def test_impossible_combinations_are_refused_in_a_sentence_beside_a_field(config, settings, field, sentence):
    with pytest.raises(ValidationError, match=sentence) as caught:
        config(**settings)
    raised = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(raised, Refused)
    assert raised.field == field
    assert raised.sentence.endswith((".", ")"))
