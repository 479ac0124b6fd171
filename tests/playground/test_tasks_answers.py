"""Answers against slow twins in plain Python, and where in each topology they are asked for."""

from collections import Counter
from itertools import product

import pytest
import torch

from playground.tasks import IGNORE, TOPOLOGIES, Brackets, Copy, ModularAddition, Reverse, Sort, Tagged
from playground.tasks.brackets import PAIRS, ways
from playground.tasks.modular_addition import PRIMES
from playground.tasks.sort import blind_sorting
from playground.tasks.tagged import ALPHABET, TAGS

SOLVED = {
    "copy": (Copy(length=7), list),
    "reverse": (Reverse(length=16, symbols=32), lambda x: list(reversed(x))),
    "sort": (Sort(length=10, symbols=32), sorted),
}


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", SOLVED)
def test_each_topology_is_asked_for_the_same_answer_behind_the_same_prompt(name):
    config, solve = SOLVED[name]
    made, n = config.build(), config.length
    arrow, blank, start = (made.id[token] for token in "→▢▸")
    decoder, encoder, both = (made.batch(32, seeded(5), topology) for topology in TOPOLOGIES)
    for row, x in enumerate(both.source_BS.tolist()):
        y = solve(x)
        assert decoder.ids_BT[row].tolist() == [*x, arrow, *y[:-1]]
        assert decoder.targets_BT[row].tolist() == [IGNORE] * n + y
        assert decoder.prefix_B[row] == n + 1
        assert encoder.ids_BT[row].tolist() == [*x, arrow, *[blank] * n]
        assert encoder.targets_BT[row].tolist() == [IGNORE] * (n + 1) + y
        assert both.ids_BT[row].tolist() == [start, *y[:-1]]
        assert both.targets_BT[row].tolist() == y


def test_a_mirror_image_is_blanked_on_either_side_and_can_be_filled_from_the_other():
    made, n = Reverse(length=6, hidden="either side").build(), 6
    batch = made.batch(256, seeded(3), "encoder-only")
    read, wanted, blank = batch.ids_BT.tolist(), batch.targets_BT.tolist(), made.id["▢"]
    for x, y in zip(read, wanted, strict=True):
        assert (x[n], y[n]) == (made.id["→"], IGNORE)
        for i in range(n):
            one, other = sorted((i, 2 * n - i), key=lambda place: x[place] == blank)
            assert (x[one], y[one], x[other]) == (y[other], IGNORE, blank)
    share = sum(row[i] == blank for row in read for i in range(n)) / (256 * n)
    assert 0.45 < share < 0.55, "of what is blanked half stands on the left, where only the right tells it"


def test_the_blanks_of_a_typed_mirror_image_stand_where_they_were_typed():
    made = Reverse(length=3, hidden="either side").build()
    assert made.decode(made.begin("encoder-only", "a▢c→c▢a").ids_BT[0]) == "a▢c→c▢a"
    with pytest.raises(ValueError, match="fills blanks, and this prompt has none"):
        made.begin("encoder-only", "abc")
    assert made.begin("decoder-only", "abc").steps == 3


def test_what_is_blanked_concerns_an_encoder_alone():
    one, other = Reverse().build(), Reverse(hidden="either side").build()
    for topology in ("decoder-only", "encoder-decoder"):
        assert torch.equal(one.batch(8, seeded(), topology).ids_BT, other.batch(8, seeded(), topology).ids_BT)
        assert one.meaning[topology] == other.meaning[topology]
    assert one.meaning["encoder-only"] != other.meaning["encoder-only"]


def test_symbols_are_shown_in_the_order_in_which_they_sort():
    made = Sort(length=6, symbols=40).build()
    assert made.sample(1)[0].split("→")[1] != ""
    assert made.decode(made.solve(made.read("c0aAzb"))[0]) == "abcz0A"


def test_sorting_meets_repeated_symbols():
    prompts = Sort().build().batch(256, seeded(), "encoder-decoder").source_BS.tolist()
    assert any(len(set(x)) < len(x) for x in prompts)


def test_blind_sorting_is_what_counting_every_prompt_gives():
    length, symbols = 3, 4
    answers = [sorted(x) for x in product(range(symbols), repeat=length)]
    best = sum(max(Counter(y[place] for y in answers).values()) for place in range(length))
    assert blind_sorting(length, symbols) == pytest.approx(best / (length * len(answers)))


def test_every_tag_has_its_own_answer_and_marks_every_token_of_its_example():
    made = Tagged().build()
    twins = {
        "copy": list,
        "reverse": lambda x: x[::-1],
        "sort": sorted,
        "successor": lambda x: [(token + 1) % 16 for token in x],
    }
    met = Counter()
    for topology in TOPOLOGIES:
        batch = made.batch(128, seeded(), topology)
        assert batch.tags_BT.shape == batch.ids_BT.shape
        for row, tags in enumerate(batch.tags_BT.tolist()):
            read = (batch.ids_BT if batch.source_BS is None else batch.source_BS)[row].tolist()
            name = made.tags[tags[0]]
            assert set(tags) == {tags[0]}
            assert made.vocabulary[read[0]] == TAGS[name]
            wanted = batch.targets_BT[row][batch.targets_BT[row] != IGNORE].tolist()
            assert wanted == twins[name](read[1:6])
            met[name] += 1
    assert min(met[name] for name in TAGS) > 50
    assert not set(ALPHABET) & set(TAGS.values())


@pytest.mark.parametrize("typed", ["3b71e", "=", "==12345", "=1+345", "=123456"])
def test_a_tagged_prompt_without_exactly_one_tag_in_front_is_refused(typed):
    with pytest.raises(ValueError, match=r"A prompt starts with|1 to 6 symbols|made of"):
        Tagged().build().probe("decoder-only", typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("", "has 0"), ("abcdef", "has 6"), ("ab▢", "is made of a b c"), ("ab?", "does not know '?'")],
)
def test_a_prompt_that_is_no_prompt_is_refused(typed, sentence):
    with pytest.raises(ValueError, match=sentence.replace("?", r"\?")):
        Reverse().build().probe("decoder-only", typed)


def test_a_typed_prompt_may_be_shorter_and_may_carry_its_answer():
    made = Reverse().build()
    for typed in ("abc", "a b c", "abc→", "abc→xyz"):
        batch = made.probe("decoder-only", typed)
        assert made.decode(batch.ids_BT[0]) == "abc→cb"
        assert made.decode(batch.targets_BT[0][3:]) == "cba"


@pytest.mark.parametrize("p", [11, 31, 97])
def test_sums_are_taken_modulo_p(p):
    made = ModularAddition(p=p).build()
    for split in ("train", "validation"):
        batch = made.batch(256, seeded(), "decoder-only", split=split)
        for ids, targets in zip(batch.ids_BT.tolist(), batch.targets_BT.tolist(), strict=True):
            a, plus, b, equals = (made.vocabulary[i] for i in ids)
            assert (plus, equals) == ("+", "=")
            assert targets == [IGNORE] * 3 + [(int(a) + int(b)) % p]


@pytest.mark.parametrize("share", [0.05, 0.1, 0.7])
def test_the_addition_table_is_cut_in_two_and_never_between_a_plus_b_and_b_plus_a(share):
    for p in PRIMES:
        made = ModularAddition(p=p, held_out=share).build()
        train, validation = ({tuple(pair) for pair in made.pairs[split].tolist()} for split in ("train", "validation"))
        assert not train & validation
        assert len(train | validation) == p * p
        assert all((b, a) in validation for a, b in validation)
        assert min(len(train), len(validation)) > 0
        if p > 30:
            assert abs(len(validation) / p**2 - share) < 0.05


def test_a_typed_sum_is_read_and_anything_else_is_refused():
    made = ModularAddition().build()
    batch = made.probe("encoder-only", "30+5 =")
    assert made.decode(batch.ids_BT[0]) == "30 + 5 = ▢"
    assert made.vocabulary[batch.targets_BT[0, -1]] == "4"
    for typed in ("7", "7 + + ", "+ 7 8", "7 8 +", "7 + 8 + 9", "31 + 1", ""):
        with pytest.raises(ValueError, match=r"sum of two numbers from 0 to 30|does not know '31'"):
            made.probe("encoder-only", typed)


def types_that_close(sequence):
    """place -> the closing bracket a stack asks for; raises IndexError or AssertionError if nothing fits."""
    stack, closing, deepest = [], {}, 0
    partner = {pair[0]: pair[1] for pair in PAIRS}
    for place, bracket in enumerate(sequence):
        if bracket in partner:
            stack.append(partner[bracket])
            deepest = max(deepest, len(stack))
        else:
            closing[place] = stack.pop()
    assert not stack
    return closing, deepest


@pytest.mark.parametrize("settings", [{}, {"length": 10, "types": 4}, {"length": 32, "depth": 3, "types": 3}])
def test_brackets_are_balanced_and_scored_exactly_where_they_close(settings):
    config = Brackets(**settings)
    made = config.build()
    decoder, encoder, both = (made.batch(64, seeded(1), topology) for topology in TOPOLOGIES)
    for row in range(64):
        sequence = made.decode([*both.ids_BT[row, 1:], both.targets_BT[row, -1]])
        closing, deepest = types_that_close(sequence)
        assert len(sequence) == config.length
        assert deepest <= config.depth
        wanted = [made.id[closing[t]] if t in closing else IGNORE for t in range(config.length)]
        assert all(sequence[t] == closing[t] for t in closing)
        assert both.targets_BT[row].tolist() == encoder.targets_BT[row].tolist() == wanted
        assert decoder.targets_BT[row].tolist() == wanted[1:]
        assert made.decode(decoder.ids_BT[row]) == sequence[:-1]
        blanked = "".join("▢" if t in closing else bracket for t, bracket in enumerate(sequence))
        assert made.decode(encoder.ids_BT[row]) == made.decode(both.source_BS[row]) == blanked


def test_ways_counts_every_balanced_walk():
    def balanced(walk, depth):
        heights = [sum(walk[: i + 1]) for i in range(len(walk))]
        return heights[-1] == 0 and all(0 <= height <= depth for height in heights)

    for depth in (1, 2, 3, 5):
        counted = sum(balanced(walk, depth) for walk in product((1, -1), repeat=10))
        assert ways(10, depth)[10][0] == counted


def test_every_nesting_and_every_type_is_as_likely_as_any_other():
    made = Brackets(length=10, depth=2, types=2).build()
    drawn = made.propose(32000, seeded())
    assert len(drawn.unique(dim=0)) == 16 * 32
    shapes = Counter(tuple(row) for row in (drawn < 2).tolist())
    assert len(shapes) == 16
    assert all(0.9 < count / 2000 < 1.1 for count in shapes.values())
    assert (drawn % 2).double().mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("(", "2 to 24"),
        ("((", "2 of the brackets are still open"),
        ("(]", "Bracket 2, ']'"),
        ("())", "Bracket 3"),
        ("(▢", "Bracket 2"),
    ],
)
def test_typed_brackets_that_do_not_balance_are_refused(typed, sentence):
    with pytest.raises(ValueError, match=sentence):
        Brackets().build().probe("decoder-only", typed)
