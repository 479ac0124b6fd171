"""Induction: everything scored can be known, nothing that can be known is left out, and position is no help."""

import pytest
import torch

from playground.tasks import IGNORE, Induction
from playground.tasks.induction import MASKED

CONFIGS = [Induction(), Induction(length=18), Induction(length=64, min_period=3, max_period=24), Induction(length=33)]
configs = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.length}-{config.max_period}")


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def fits(seen, period, symbols):
    """Could this partly blank sequence (None = blank) be a block of `period` distinct symbols, repeated?"""
    block = {}
    for place, token in enumerate(seen):
        if token is not None and block.setdefault(place % period, token) != token:
            return False
    return len(set(block.values())) == len(block) and period <= symbols


def possible(seen, wanted, config):
    """Every token that may stand at `wanted`, over all periods and blocks that fit what is seen; None = anything."""
    found = set()
    for period in range(config.min_period, config.max_period + 1):
        if fits(seen, period, config.symbols):
            same = {
                token for place, token in enumerate(seen) if token is not None and place % period == wanted % period
            }
            found |= same or {None}
    return found


@configs
def test_a_decoder_is_scored_exactly_where_the_next_token_is_determined(config):
    made = config.build()
    batch = made.batch(48, seeded(), "decoder-only")
    for ids, targets in zip(batch.ids_BT.tolist(), batch.targets_BT.tolist(), strict=True):
        for t, target in enumerate(targets):
            repeated = ids[t] in ids[:t]
            assert (target != IGNORE) == repeated
            if repeated:
                assert possible(ids[: t + 1], t + 1, config) == {target}
                assert target == ids[ids.index(ids[t]) + 1]


@configs
def test_an_encoder_can_know_every_blank(config):
    made = config.build()
    blank = made.id["▢"]
    batch = made.batch(48, seeded(), "encoder-only")
    for ids, targets in zip(batch.ids_BT.tolist(), batch.targets_BT.tolist(), strict=True):
        seen = [None if token == blank else token for token in ids]
        assert None in seen
        for place, (token, target) in enumerate(zip(seen, targets, strict=True)):
            assert (token is None) == (target != IGNORE)
            if token is None:
                assert possible(seen, place, config) == {target}


def test_the_first_copy_and_the_token_behind_it_are_never_blanked():
    """The copy shows what each blank was; the token behind it shows the period."""
    made = Induction(length=20).build()
    blank_BT = made.batch(512, seeded(), "encoder-only").ids_BT == made.id["▢"]
    period_B = made.batch(512, seeded(), "decoder-only").prefix_B  # the same seed draws the same blocks
    place_T = torch.arange(20)
    assert not (blank_BT & (place_T <= period_B[:, None])).any()
    assert (blank_BT & (place_T == period_B[:, None] + 1)).any()


def test_about_a_quarter_of_what_may_be_blanked_is():
    config = Induction(length=64)
    batch = config.build().batch(256, seeded(), "encoder-only")
    blanks_B = (batch.targets_BT != IGNORE).sum(1)
    assert (blanks_B >= MASKED * (64 - 17) - 1).all()
    assert (blanks_B <= MASKED * (64 - 5) + 1).all()


@configs
def test_an_encoder_decoder_reads_more_than_a_period_and_writes_the_rest(config):
    made = config.build()
    batch, whole = made.batch(48, seeded(), "encoder-decoder"), made.batch(48, seeded(), "decoder-only")
    for row, (source, answer) in enumerate(zip(batch.source_BS.tolist(), batch.targets_BT.tolist(), strict=True)):
        assert source + answer == whole.ids_BT[row].tolist()
        assert batch.ids_BT[row].tolist() == [made.id["▸"], *answer[:-1]]
        for t, target in enumerate(answer):
            assert possible(source + answer[:t], len(source) + t, config) == {target}


def test_every_period_occurs_and_blocks_have_no_repeated_symbol():
    made = Induction().build()
    batch = made.batch(512, seeded(), "decoder-only")
    assert set(batch.prefix_B.tolist()) == set(range(4, 17))
    for ids, period in zip(batch.ids_BT.tolist(), batch.prefix_B.tolist(), strict=True):
        assert len(set(ids)) == period


def test_no_distance_back_answers_more_than_a_small_part():
    """The trap of a fixed period: there, looking a fixed number of places back is right every time."""

    def best_distance(config):
        batch = config.build().batch(512, seeded(), "decoder-only")
        scored = batch.targets_BT != IGNORE
        rights = [
            ((batch.ids_BT.roll(back, 1) == batch.targets_BT) & scored)[:, back:].sum() for back in range(config.length)
        ]
        return max(rights) / scored.sum()

    assert best_distance(Induction(min_period=8, max_period=8)) == 1.0
    assert best_distance(Induction()) < 0.35


def test_named_probes_have_the_period_they_promise_and_the_full_length():
    made = Induction().build()
    assert [probe.name for probe in made.probes] == ["period 9", "period 5"]
    for probe, period in zip(made.probes, (9, 5), strict=True):
        ids = made.probe("decoder-only", probe.text).ids_BT[0].tolist()
        assert len(ids) == 32
        assert ids[period:] == ids[:-period]
        assert len(set(ids)) == period
    short = Induction(min_period=6, max_period=8).build()
    assert [probe.name for probe in short.probes] == ["period 8", "period 6"]


@pytest.mark.parametrize("typed", ["abc", "abcab", "a b c a", "abcabc"])
def test_a_typed_block_is_repeated_to_the_end(typed):
    made = Induction(length=20).build()
    assert made.decode(made.probe("decoder-only", typed).ids_BT[0]) == "abcabcabcabcabcabcab"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "2 to 16 different symbols"),
        ("a", "2 to 16 different symbols"),
        ("abcdefghijklmnopq", "2 to 16 different symbols"),
        ("ab▢", "2 to 16 different symbols"),
        ("abcacb", "After 'abc' the block starts again, but symbol 5 does not follow it"),
        ("abZ", "does not know 'Z'"),
    ],
)
def test_a_typed_text_that_is_no_repeated_block_is_refused(typed, sentence):
    with pytest.raises(ValueError, match=sentence):
        Induction().build().probe("decoder-only", typed)
