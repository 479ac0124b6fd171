"""Whatever arrives is JSON that can be written again, or a sentence."""

from __future__ import annotations

import json
import math
import random
import time

import orjson
import pytest

from playground.workers.edge import DEPTH, LONGEST, NODES, WHOLE, clean

LETTERS = ["a", "é", "😀", "\x00", "\ud83d", "\ude00", "\udfff", "\ufffd", '"', "\\", "\u2028"]
NUMBERS = [
    0,
    -1,
    0.5,
    -0.0,
    1e300,
    5e-324,
    WHOLE - 1,
    -WHOLE,
    WHOLE,
    -WHOLE - 1,
    10**4000,
    math.nan,
    math.inf,
    -math.inf,
]


def anything(r: random.Random, depth: int = 0):
    """Any value, nested up to 20 deep; now and then what is no JSON."""
    kind = r.randrange(10 if depth < 20 else 6)
    if kind < 2:
        return "".join(r.choices(LETTERS, k=r.randrange(6)))
    if kind == 2:
        return r.choice(NUMBERS) if r.random() < 0.3 else r.uniform(-1e6, 1e6)
    if kind < 6:
        return r.choice([None, True, False, 3, "", r.randrange(1000), *([b"", {1}, 1j] if r.random() < 0.02 else [])])
    many = r.randrange(4) if depth else 4
    if kind < 8:
        return [anything(r, depth + 1) for _ in range(many)]
    keys = ["".join(r.choices(LETTERS, k=2)) if r.random() < 0.98 else 7 for _ in range(many)]
    return {key: anything(r, depth + 1) for key in keys}


def test_whatever_comes_is_clean_or_refused_with_a_sentence():
    r, said = random.Random(0), []
    for _ in range(5000):
        value = anything(r)
        before = repr(value)
        try:
            found = clean(value)
        except ValueError as error:
            said.append(str(error))
            continue
        assert orjson.loads(orjson.dumps(found)) == found, "it can be written, and read again"
        assert clean(found) == found
        assert repr(value) == before, "what came is left alone"
    assert 100 < len(said) < 4900
    assert all(each[0].isupper() and each.endswith(".") for each in said)


def test_what_a_page_sends_is_not_changed():
    event = {
        "view": "form:Training",
        "n": 3,
        "data": {"path": "training.lr", "value": 0.003, "on": True, "of": [None, 1]},
    }
    found = clean(event)
    assert found == event
    assert found is not event
    assert found["data"]["on"] is True
    assert type(found["n"]) is int
    assert clean("नमस्ते 😀\n") == "नमस्ते 😀\n"


def test_half_characters_are_replaced_and_whole_ones_joined():
    assert clean("a\ud83db") == "a\ufffdb"
    assert clean("\ude00") == "\ufffd"
    assert clean("\ud83d\ude00") == "😀"
    assert clean({"k\ud800": ["\udc00\ud800"]}) == {"k\ufffd": ["\ufffd\ufffd"]}


@pytest.mark.parametrize("value", [WHOLE, -WHOLE - 1, 10**6000, [{"a": 2**64}]], ids=range(4))
def test_whole_numbers_have_64_bits(value):
    with pytest.raises(ValueError, match="whole number"):
        clean(value)
    assert clean([WHOLE - 1, -WHOLE]) == [WHOLE - 1, -WHOLE]


@pytest.mark.parametrize("said", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_are_finite(said):
    with pytest.raises(ValueError, match="is none"):
        clean(json.loads(f'{{"a": [{said}]}}'))


def nested(depth: int):
    value: object = 1
    for i in range(depth):
        value = [value] if i % 2 else {"a": value}
    return value


def test_depth_is_bounded():
    assert clean(nested(DEPTH)) == nested(DEPTH)
    with pytest.raises(ValueError, match="12 levels"):
        clean(nested(DEPTH + 1))
    assert clean(nested(DEPTH + 1), depth=DEPTH + 1)
    with pytest.raises(ValueError, match="12 levels"):
        clean(nested(5000))


def test_the_number_of_values_is_bounded():
    assert len(clean([1] * (NODES - 1))) == NODES - 1
    for value in ([1] * NODES, [[]] * NODES, {str(i): 1 for i in range(NODES)}):
        with pytest.raises(ValueError, match="20,000 values"):
            clean(value)


def test_the_length_of_a_text_is_bounded():
    assert len(clean("ж" * LONGEST)) == LONGEST
    for value in ("a" * (LONGEST + 1), {"a" * (LONGEST + 1): 1}):
        with pytest.raises(ValueError, match="Shorten it"):
            clean(value)


@pytest.mark.parametrize("value", [{1: 2}, {None: 1}])
def test_names_are_texts(value):
    with pytest.raises(ValueError, match="names of values"):
        clean(value)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), 1j, [json]])
def test_what_is_no_json_is_refused(value):
    with pytest.raises(ValueError, match="no value that can be sent"):
        clean(value)


def test_a_small_event_costs_next_to_nothing():
    event = {"key": "a" * 43, "page": 3, "n": 17, "view": "form", "event": "edit", "data": {"path": "lr", "value": 0.1}}
    took = []
    for _ in range(200):
        began = time.perf_counter()
        clean(event)
        took.append(time.perf_counter() - began)
    assert sorted(took)[20] < 100e-6  # 15 on a quiet machine
