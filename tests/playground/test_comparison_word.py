"""The visitor's word is what every model reads, and of past steps the task's own is shown."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch

from playground.comparison.picture import picture
from playground.comparison.setup import Setup
from playground.comparison.variants import changed
from playground.comparison.word import LONGEST, asked
from playground.runs.run import Run
from playground.settings.presets import PRESETS
from playground.tasks.base import TOPOLOGIES
from playground.visitors.jobs import nowhere
from tests.playground.test_comparison import BASE

PLAIN = {"decoder-only": "decoder", "encoder-only": "encoder"}


class Told:
    """All runs have made 29 updates, some of them more, and every tenth is kept."""

    step = 29


def weights(drawn) -> np.ndarray:
    n = len(drawn["tokens"])
    cells = np.frombuffer(base64.b64decode(drawn["cells"]), np.uint8).reshape(n, n)
    return np.where(cells == 255, 0.0, (cells / 254.0) ** 2)


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_picture_is_of_the_word_and_of_the_model_as_it_is_now(topology):
    run = Run(changed(BASE, {"model.topology": topology}))
    list(run.train(7))
    drawn, kept = picture(run, 0, layer=0, head=1, word="abca"), picture(run, 0, layer=0, head=1)
    assert (drawn["step"], drawn["own"]) == (7, True)
    assert (kept["step"], kept["own"]) == (0, False)
    assert "".join(drawn["tokens"]).startswith("abca")
    assert [want for want, *_ in drawn["predicted"]] == list("abca")
    batch = run.task.probe(topology, "abca")
    with torch.no_grad():
        told = run.model(batch.ids_BT, source_BS=batch.source_BS, record=True)
    layer = told.encoder[0] if topology != "decoder-only" else told.decoder[0]
    assert layer.self_attention_BHTS is not None
    expected = layer.self_attention_BHTS[0, 1].numpy()
    size = len(expected)
    assert weights(drawn)[:size, :size] == pytest.approx(expected, abs=5e-3)
    probabilities = told.logits_BTV.softmax(-1)[0, -1]
    assert drawn["predicted"][-1][2] == pytest.approx(float(probabilities.max()), abs=2e-3)


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_said_of_the_tasks_own_word_is_what_reads_back_as_it(name):
    task = PRESETS[name].config.task.build()
    said = asked(PRESETS[name].config.task).written  # type: ignore[arg-type]
    assert torch.equal(task.probe("decoder-only", said).ids_BT[0], task.probe("decoder-only").ids_BT[0])


def test_a_word_is_kept_until_another_base_and_a_bad_one_changes_nothing():
    setup = Setup(nowhere)
    setup.worded("abc")
    for bad, why in (("ab!", "'!'"), ("abcdefgh", "1 to 5 symbols"), ("a" * (LONGEST + 1), "up to 400 characters")):
        with pytest.raises(ValueError, match=why):
            setup.worded(bad)
        assert setup.word == "abc"
    setup.matched_by("parameters")
    setup.seeded(3)
    setup.remove(1)
    assert setup.word == "abc"
    assert setup.looked() == (0, -1, 0, "abc")
    setup.shown = 20  # a past step has kept no picture of it
    assert setup.looked() == (20, -1, 0, "")
    setup.shown, setup.trials = None, Told()  # type: ignore[assignment]
    assert setup.looked()[0] == 29
    setup.worded("  ")
    assert setup.word == ""
    assert setup.looked()[0] == 20
    setup.trials = None
    setup.worded("abc")
    setup.choose("heads")
    assert setup.word == ""
