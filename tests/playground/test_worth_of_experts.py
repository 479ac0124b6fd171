"""Loss increase without each expert, as the Experts lens measures it: evaluation without it, by a plain loop."""

from __future__ import annotations

import numpy as np
import pytest

from models import Ablate
from playground.lenses.experts import acts as experts
from playground.runs.run import measure
from playground.runs.slices import whole
from tests.playground.mixed import mixed


def measured(session):
    return whole(experts.worth(session.run, session.run.model, session.run.step, session.routed()))


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-decoder"])
def test_an_expert_is_worth_what_the_loss_rises_by_without_it(topology):
    session = mixed(8, model__topology=topology)
    run, seen, found = session.run, session.routed(), measured(session)
    few = run.held_out._replace(
        **{name: t[: experts.EXAMPLES] for name, t in run.held_out._asdict().items() if t is not None}
    )
    whole = measure(run.model, few).loss
    slow = [
        [
            measure(run.model, few, (Ablate(stack, at, "feed_forward", expert=e),)).loss - whole
            for e in range(len(layer.load_E))
        ]
        for (stack, at), layer in zip(seen.places, seen.layers, strict=True)
    ]
    np.testing.assert_allclose(found.change_LE, slow, atol=3e-6)
    assert found.before == pytest.approx(whole, abs=1e-5)
    assert (found.step, found.examples) == (8, len(few.ids_BT))
    assert np.abs(found.change_LE).max() > 1e-4  # null check


def test_what_takes_too_long_is_not_told_by_halves(monkeypatch):
    monkeypatch.setattr(experts, "SECONDS", -1.0)
    assert measured(mixed(1)) is None
