"""What the page and its workers say arrives whole, in pieces of any size, and nothing in it is executed."""

import random

import pytest

from playground.workers import protocol as p

SOME = [
    p.Layout(1),
    p.Attach(2, "a" * 32, 3, {"preset": "copy", "probe": "naïve “q” 日本"}, "playground", 7, ["train"], "restart"),
    p.Act(4, "b" * 32, 7, "transport", "play", {"n": 1.5, "deep": [{"x": None}]}, True, b"\x00\xff" * 500),
    p.Act(5, "b" * 32, 8, "form:Model", "edit", {}),
    p.Watch("c", True),
    p.Seen("c", 9),
    p.Rest("c"),
    p.Forget("c"),
    p.Begin("j", "variant", {"config": {"seed": 1}}, b"file"),
    p.Order("j", "train", {"until": 20}),
    p.End("j"),
    p.Report("j", {"rows": [[1, 2.5, None]]}),
    p.Report("j", {"kept": 3}, b"a run"),
    p.Answer(4, "run.safetensors", 3, True, b"{} and a file"),
    p.Frame("c", 2, False, b'{"seq":1}'),
    p.Slept("c", ["train"], True),
]


def test_messages_arrive_as_they_were_sent_in_pieces_of_any_size():
    data = b"".join(p.encoded(message) for message in SOME)
    for seed in range(20):
        dice, decoder, at, found = random.Random(seed), p.Decoder(), 0, []
        while at < len(data):
            step = dice.choice([1, 2, 7, 64, 4096])
            found += decoder.feed(data[at : at + step])
            at += step
        assert found == SOME


def test_a_load_arrives_as_json_knows_it():
    (found,) = p.Decoder().feed(p.encoded(p.Load({"c": (1, 2, 0.5, True)})))
    assert found.sessions == {"c": [1, 2, 0.5, True]}


def test_a_message_of_a_kind_that_does_not_exist_or_of_any_length_is_refused():
    with pytest.raises(KeyError):
        list(p.Decoder().feed(p.LENGTHS.pack(9, 0) + b'["os",{}]'))
    with pytest.raises(ValueError, match="too long"):
        list(p.Decoder().feed(p.LENGTHS.pack(2**31, 2**31)))
