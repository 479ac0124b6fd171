"""Runs of every scheme and seed grow together, each as if it were alone, and the finding follows from the numbers."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
from pydantic import ValidationError

from playground.experiments.base import SCHEMES, text_run
from playground.experiments.convergence import (
    Convergence,
    Curve,
    Progress,
    convergence,
    figures,
    finding,
    frame,
    python,
)
from playground.experiments.convergence.progress import UNSEEN
from playground.runs.run import Diverged, Run

SMALL = Convergence(schemes=("RoPE", "none"), seeds=2, steps=40, length=16)


@pytest.fixture(scope="module")
def steps():
    return list(convergence(SMALL))


def test_all_curves_grow_together(steps):
    lengths = [[len(c.losses) for c in p.curves] for p in steps if len(p.curves) == 4]
    assert all(max(each) - min(each) <= 1 for each in lengths)
    assert lengths[-1] == [3, 3, 3, 3]
    assert [p.done for p in steps] == sorted(p.done for p in steps)
    assert len({(p.curves, p.done) for p in steps}) == 1 + 4 + 4 * 40  # news of each run made and of each update
    pauses = 4 + 2 * 4 * 3  # after a run is made, and of its looks at held-out texts, each in two parts
    assert len(steps) == 1 + 4 + 4 * 40 + 1 + pauses
    assert (steps[-1].step, steps[-1].done) == (40, 1.0)


def test_each_curve_is_that_of_its_run_alone(steps):
    run = Run(
        text_run("RoPE", topology="decoder-only", length=16, steps=40, seed=1, evaluate_every=20, examples=UNSEEN)
    )
    for _ in run.train():
        pass
    alone = tuple(m.validation_loss for m in run.history.validations())
    curve = next(c for c in steps[-1].curves if (c.scheme, c.seed) == ("RoPE", 1))
    assert curve.losses == alone
    assert alone[0] == pytest.approx(math.log(len(run.task.vocabulary)), abs=1e-4)  # a uniform guess


def test_the_objective_decides_who_sees_whom():
    for objective, topology in (("causal", "decoder-only"), ("masked", "encoder-only")):
        made = convergence(Convergence(objective=objective, schemes=("none",), seeds=1, length=16))
        next(made)
        next(made)
        assert [run.topology for run in made.gi_frame.f_locals["runs"]] == [topology]
        made.close()


def test_closing_it_lets_go_of_all_models_at_once():
    made = convergence(SMALL)
    while next(made).done == 0.0:
        pass
    kept = [weakref.ref(run.model) for run in made.gi_frame.f_locals["runs"]]
    gc.disable()
    try:
        made.close()
        assert [ref() for ref in kept] == [None] * 4
    finally:
        gc.enable()


def test_a_run_that_diverges_stops_and_the_others_go_on(monkeypatch):
    advance = Run.advance

    def failing(run: Run):
        if run.config.seed == 0 and run.config.model.position.kind == "none" and run.step == 25:
            run.diverged = Diverged(26, "loss", None, 1.0)
            raise run.diverged
        return advance(run)

    monkeypatch.setattr(Run, "advance", failing)
    *_, last = convergence(SMALL)
    assert [len(c.losses) for c in last.curves] == [3, 2, 3, 3]
    assert "Stopped at step 26" in finding(last).html
    assert "ahead on 1 of 1" in finding(last).html or "ahead on 0 of 1" in finding(last).html


def made(**losses: list[float]) -> Progress:
    """Three looks at each run: one loss at first, one halfway, and one per seed at the end."""
    curves = [
        Curve(name, seed, (4.0, 3.0 if name != "RoPE" else 2.4, loss))
        for name, seeds in losses.items()
        for seed, loss in enumerate(seeds)
    ]
    schemes = [scheme for scheme in SCHEMES if scheme in losses]
    return Progress(Convergence(schemes=tuple(schemes), seeds=len(next(iter(losses.values())))), tuple(curves), 40, 1.0)


SURE = "RoPE is ahead of sinusoidal on every seed{}"
MIXED = "RoPE is ahead of learned{}, but not clearly of sinusoidal"


@pytest.mark.parametrize(
    ("progress", "title"),
    [
        (Progress(Convergence()), "Nothing compared yet"),
        (made(RoPE=[2.0, 2.1], sinusoidal=[2.3, 2.35]), f"{SURE}, by 0.25 nats or more"),
        (made(RoPE=[2.0, 2.1], sinusoidal=[1.8, 1.85]), "sinusoidal is ahead of RoPE on every seed{}"),
        (made(RoPE=[2.0, 2.1], sinusoidal=[2.3, 2.05]), "RoPE is not clearly ahead{}"),
        (made(RoPE=[2.0, 2.1], sinusoidal=[2.3, 2.05], learned=[2.5, 2.6]), MIXED),
        (made(sinusoidal=[2.3], learned=[2.1]), "learned has the lowest loss{}"),
    ],
)  # fmt: skip
def test_the_title_follows_from_the_numbers(progress, title):
    assert finding(progress).title == title.format(" at step 40")


def test_gaps_are_paired_by_seed_with_their_standard_error():
    told = finding(made(RoPE=[2.0, 2.1], sinusoidal=[2.3, 2.5])).html
    assert "RoPE against sinusoidal: +0.350 ± 0.050 nats, ahead on 2 of 2." in told
    assert "RoPE had the loss that sinusoidal has at step 40 by step 20." in told  # 2.4 halfway against 2.4 at the end
    assert "by step" not in finding(made(RoPE=[2.5, 2.6], sinusoidal=[2.3, 2.5])).html


def test_the_band_reaches_from_the_lowest_seed_to_the_highest():
    [curve] = figures(made(RoPE=[2.0, 2.1]))["loss"]["lines"]
    assert curve["y"] == [4.0, 2.4, 2.05]
    assert (curve["low"], curve["high"]) == ([4.0, 2.4, 2.0], [4.0, 2.4, 2.1])


def test_the_table_has_a_row_for_each_look(steps):
    table = frame(steps[-1])
    assert len(table) == 4 * 3
    assert table.groupby("scheme").seed.nunique().to_dict() == {"RoPE": 2, "no positions": 2}
    assert sorted(set(table.step)) == [0, 20, 40]


def test_the_lines_repeat_the_experiment(capsys):
    tiny = SMALL.but(schemes=("none",), seeds=1, steps=20)
    exec(python(tiny), {})
    *_, last = convergence(tiny)
    assert capsys.readouterr().out == f"{finding(last).title}\n{frame(last).to_string()}\n"


@pytest.mark.parametrize(
    "wrong", [{"objective": "both"}, {"seeds": 0}, {"steps": 30}, {"steps": 0}, {"schemes": ("none", "none")},
              {"length": 9}],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(ValidationError):
        Convergence(**wrong)
