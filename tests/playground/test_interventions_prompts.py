"""Prompts that cannot be compared are refused with what to do, and the sentence says what brings the answer back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from models.attention import NoAttention
from models.mixture import MoE
from models.moe import Capacity, Switch
from models.position import NoPosition
from playground.findings import interventions as findings
from playground.interventions.patching import Patching, by_head, by_position
from playground.interventions.prompts import Answer
from playground.tasks.base import Batch
from tests.playground.intervened import model_of, one

IDS, OTHER = [1, 5, 3, 8, 2, 4], [1, 6, 3, 8, 7, 4]
ANSWER = Answer(4, 9, 2)
WORDS = [*"abcdefghijklm"]


def prompts_of(**changed: Any) -> dict[str, Any]:
    return {"clean": one(IDS), "corrupted": one(OTHER), "answer": ANSWER, **changed}


KEPT = torch.tensor([[True] * 5 + [False]])
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unequal lengths": (prompts_of(corrupted=one(OTHER[:5])), "clean prompt has 6 tokens and the corrupted one 5"),
    "identical": (prompts_of(corrupted=one(IDS)), "The two prompts are identical"),
    "several examples": (
        prompts_of(clean=Batch(torch.tensor([IDS, IDS]), torch.tensor([IDS, IDS]))), "one example each"
    ),
    "padding of one": (prompts_of(clean=one(IDS, keep_BS=KEPT)), "differ in which tokens are real"),
    "equal answers": (prompts_of(answer=Answer(4, 2, 2)), "two different answers"),
    "no token": (prompts_of(answer=Answer(4, 2, 13)), "tokens from 0 to 12"),
    "no position": (prompts_of(answer=Answer(6, 2, 3)), "a position from 0 to 5; got 6"),
    "absent stack": (prompts_of(stack="encoder"), "no encoder: it is decoder-only"),
    "absent head": (prompts_of(part="attention.z", head=4), "heads 0 to 3 exist"),
    "positions": (prompts_of(part="position"), "no place 'position'"),
    "a difference behind the answer": (
        prompts_of(corrupted=one([*IDS[:5], 9])), r"too close to take shares of \(at least 0.1 apart\)"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_prompts_that_cannot_be_compared_are_refused(given: dict[str, Any], words: str):
    with pytest.raises(ValueError, match=words):
        by_position(model_of(), **given)


def test_models_that_cannot_be_patched_are_refused():
    seats = MoE(hidden=12, experts=4, router=Switch(), capacity=Capacity(evaluation=0.5))
    with pytest.raises(ValueError, match="compete for seats"):
        by_position(model_of(feed_forward=seats), **prompts_of())
    with pytest.raises(ValueError, match="no attention heads"):
        by_head(
            model_of(attention=NoAttention(), position=NoPosition()), **prompts_of(corrupted=one([1, 6, 3, 8, 7, 4]))
        )


def patched(recovered: list[list[float]], **fields: Any) -> Patching:
    shares_LX, answer, layers = np.array(recovered), Answer(2, 4, 0), (0, 1)
    read = (1, 2, 3), (1, 5, 3)
    base = Patching("decoder", "residual.after", None, "position", shares_LX, 3.0, -1.0, answer, *read, layers)
    return base._replace(**fields)


def test_the_finding_names_the_activation_that_brings_the_answer_back():
    told = findings.patching(
        patched([[0, 0.62, 0.97], [0, 0.1, 1.0]]), WORDS
    )  # the last is what the answer is read from
    assert told.title == "L0 stream after layer at position 2 (d) brings 97 % of the answer back"
    assert "The logit of e minus that of a is 3.00 on the clean prompt and −1.00 on the corrupted one" in told.html
    assert (
        "Besides L1 at position 2, where the answer is read, 2 of 5 activations bring back at least 50 %" in told.html
    )
    single = findings.patching(patched([[0, 0.62, 0.2], [0, 0.1, 0.3]]), WORDS)
    assert "1 of 6 activations brings back at least 50 %" in single.html
    heads = findings.patching(patched([[0.1, 0.8]], part="attention.z", by="head"), WORDS)
    assert heads.title == "L0 H1 brings 80 % of the answer back"
    weak = findings.patching(patched([[0.1, 0.2, 0]], part="feed_forward.out"), ["<", "a", "b", "c", ">"])
    assert weak.title == "No single activation brings the answer back"
    assert "The logit of &gt; minus that of &lt;" in weak.html
    assert "The most is 20 %, by L0 feed-forward output at position 1 (b)" in weak.html
