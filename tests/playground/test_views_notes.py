"""The lines of Python give the numbers of the picture: looking back, on a probe, in the precision that was chosen."""

from __future__ import annotations

import pytest
import torch

from models import Ablate
from playground.compute.precision import Precision
from playground.interventions.ablation import ablated
from playground.lenses.attention import view as attention
from playground.lenses.experts.choices import ExpertChoices
from playground.lenses.experts.view import routed
from playground.measures.routing import frame
from tests.playground.lenses import code
from tests.playground.mixed import mixed
from tests.playground.small import trained


def run_lines(session, lens: str) -> dict:
    names: dict = {}
    exec(code(session, lens), names)
    return names


def test_looking_back_the_lines_end_at_the_kept_picture():
    session = trained(7)
    session.edit("training.lr", 0.02)
    for _ in session.run.train(5):
        pass
    for shown, step in ((9, 10), (6, 5), (0, 0)):
        session.shown = shown
        seen = attention.value(session)
        assert seen["step"] == step
        names = run_lines(session, "attention")
        assert names["run"].step == step
        own = session.look().maps["decoder"][seen["layer"], seen["head"]]
        assert names["weights_TS"].detach().numpy() == pytest.approx(own, abs=1e-3)
    assert ("retune" in code(session, "attention")) is False
    assert "run.train(5)" in code(session, "learning")  # its curves are of the whole run
    session.use_probe("own", "abcabc")  # looked at with the model as it is now
    assert run_lines(session, "attention")["run"].step == 12


def test_a_change_at_the_step_of_the_picture_came_after_it():
    session = trained(5)
    session.edit("training.lr", 0.02)
    assert "retune" in code(session, "predictions")
    session.shown = 5
    assert "retune" not in code(session, "predictions")


def test_looking_back_the_experts_are_those_of_the_kept_update():
    session = mixed(12)
    session.shown = 6
    names = run_lines(session, "experts")
    seen = routed(session)
    assert names["run"].step == seen.step == 5
    for mine, kept in zip(names["run"].routed.layers, seen.layers, strict=True):
        assert torch.equal(mine.experts_NK, kept.experts_NK)


@pytest.mark.parametrize("text", [None, "abcabc"], ids=["held-out", "own"])
def test_on_the_probe_the_lines_route_the_probe(text, capsys):
    session = mixed(3)
    session.of(ExpertChoices).on = "probe"
    if text:
        session.use_probe("own", text)
    session.ablation = ablated(session.run, (Ablate("decoder", 0, "feed_forward", expert=2),), "Without L0 E2")
    run_lines(session, "experts")
    seen = routed(session)
    assert capsys.readouterr().out.startswith(str(frame(seen.names, seen.layers)))
    session.ablation = None
    run_lines(session, "experts")
    assert not capsys.readouterr().out.startswith(str(frame(seen.names, seen.layers)))


def test_before_the_first_update_the_lines_route_the_probe(capsys):
    session = mixed()
    run_lines(session, "experts")
    seen = routed(session)
    assert capsys.readouterr().out.startswith(str(frame(seen.names, seen.layers)))


@pytest.mark.parametrize("found", ["fp32", "bf16"])
def test_what_auto_came_to_is_pinned(found):
    session = trained(1)
    session.run.precision = Precision(found, "")
    assert f"'training.precision': '{found}'" in code(session, "learning")
    chosen = trained(1, **{"training.precision": "fp32"})
    chosen.run.precision = Precision(found, "")
    assert "'training.precision': 'fp32'" in code(chosen, "learning")


def test_the_lines_say_on_what_they_were_computed_here():
    assert "# here on CPU (1 thread);" in code(trained(1), "learning")
