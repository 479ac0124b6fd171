"""Length extrapolation reads the same characters behind more text, says who refuses, and lets go at once."""

from __future__ import annotations

import gc
import weakref
from itertools import pairwise

import pandas as pd
import pytest
import torch
from pydantic import ValidationError

from models import Transformer
from models.position import Scaling
from playground.experiments.base import SCHEMES, text_run
from playground.experiments.extrapolation import (
    MULTIPLES,
    Extrapolation,
    Progress,
    extrapolation,
    figures,
    finding,
    frame,
    progress,
    python,
)
from playground.experiments.extrapolation.progress import read, stretched

SMALL = Extrapolation(schemes=("learned", "RoPE", "none"), ways=("YaRN",), length=8, steps=2, examples=6)


@pytest.fixture(scope="module")
def steps():
    return list(extrapolation(SMALL))


def model(scheme: str, length: int = 16) -> Transformer:
    config = text_run(scheme, topology="decoder-only", length=length, steps=1, seed=3).model
    return Transformer(config.but(head={**config.head.model_dump(), "tied": True}), seed=3)  # untied it starts at zero


def test_every_scheme_is_read_at_every_length_and_learned_positions_say_why_not(steps):
    last = steps[-1]
    read_at = {name: [p.multiple for p in last.points if p.scheme == name] for name in {p.scheme for p in last.points}}
    whole = list(MULTIPLES)
    assert read_at == {"learned": [1.0], "RoPE": whole, "RoPE, YaRN": whole, "no positions": whole}
    with pytest.raises(ValueError, match="end at 8: a sequence of 12 tokens") as own:
        model("learned", 8)(torch.zeros(1, 12, dtype=torch.long))
    assert last.refused == (("learned", str(own.value)),)


def test_it_yields_after_every_update_and_only_ever_learns_more(steps):
    trained = [(p.training, p.step) for p in steps if p.training]
    assert trained == [(scheme, step) for scheme in SMALL.schemes for step in (1, 2)]
    for before, after in pairwise(steps):
        assert after.points[: len(before.points)] == before.points
        assert after.done >= before.done
    assert steps[0].points == ()
    assert steps[-1].done == 1.0


def test_reading_equals_a_slow_loop_over_texts_and_characters():
    texts_BT = torch.randint(0, 90, (5, 41), generator=torch.Generator().manual_seed(0))
    reader = model("RoPE")
    right_B, loss_B = (torch.cat(part) for part in zip(*read(reader, texts_BT, 8), strict=True))
    for text_T, right, loss in zip(texts_BT, right_B, loss_B, strict=True):
        hits, nats = 0, 0.0
        for at in range(33, 41):
            probs_V = reader(text_T[None, :40]).logits_BTV[0, at - 1].softmax(-1)
            hits += int(probs_V.argmax()) == int(text_T[at])
            nats -= probs_V[text_T[at]].log().item()
        assert right.item() == hits / 8
        assert loss.item() == pytest.approx(nats / 8, abs=1e-5)


def test_the_scored_characters_are_the_same_at_every_length(monkeypatch):
    given = []
    monkeypatch.setattr(progress, "read", lambda *a: (given.append(a), read(*a))[1])
    list(extrapolation(SMALL.but(schemes=("none",), ways=(), steps=1)))
    assert [texts_BT.shape[1] - 1 for _, texts_BT, _ in given] == [8, 12, 16, 24, 32, 48, 64]
    assert all(torch.equal(texts_BT[:, -9:], given[0][1]) for _, texts_BT, _ in given)


def test_the_change_is_paired_by_text_and_starts_at_nought(steps):
    by = {(p.scheme, p.multiple): p for p in steps[-1].points}
    for (name, multiple), p in by.items():
        assert p.change == pytest.approx(p.accuracy - by[name, 1.0].accuracy, abs=1e-12)
        assert (p.change, p.change_error) == (0.0, 0.0) or multiple > 1


def test_stretched_angles_are_those_of_the_factor_under_the_same_weights():
    plain = model("RoPE")
    ids_BT = torch.randint(0, 90, (2, 16), generator=torch.Generator().manual_seed(1))
    for way in ("linear", "NTK", "YaRN", "llama3"):
        assert torch.allclose(stretched(plain, way, 1.0, 16)(ids_BT).logits_BTV, plain(ids_BT).logits_BTV, atol=1e-5)
        other = stretched(plain, way, 4.0, 16)
        assert all(torch.equal(a, b) for a, b in zip(other.parameters(), plain.parameters(), strict=True))
        assert not torch.allclose(other(ids_BT).logits_BTV, plain(ids_BT).logits_BTV, atol=1e-3)
        wanted = Scaling(way=way, factor=4.0) if way in ("linear", "NTK") else Scaling(way=way, factor=4.0, trained=16)
        assert other.config.position.scaling == wanted


def test_the_same_config_gives_the_same_numbers(steps):
    assert list(extrapolation(SMALL))[-1] == steps[-1]
    other = list(extrapolation(SMALL.but(seed=1)))[-1]
    assert [p.loss for p in other.points] != [p.loss for p in steps[-1].points]


def test_closing_it_lets_go_of_the_model_at_once():
    made = extrapolation(SMALL)
    while not next(made).training:
        pass
    kept = weakref.ref(made.gi_frame.f_locals["run"].model)
    gc.disable()
    try:
        made.close()
        assert kept() is None
    finally:
        gc.enable()


def test_alibi_loses_less_than_sinusoidal_positions(monkeypatch):
    monkeypatch.setattr(progress, "MULTIPLES", (1.0, 4.0))
    *_, last = extrapolation(Extrapolation(schemes=("sinusoidal", "ALiBi"), ways=(), steps=160, examples=64))
    change = {p.scheme: p for p in last.points if p.multiple == 4.0}
    assert change["ALiBi"].change > -0.02
    assert change["sinusoidal"].change < change["ALiBi"].change - 3 * change["sinusoidal"].change_error
    assert finding(last).title.startswith("ALiBi reads as well at 4 times the trained length; sinusoidal loses")


def test_the_table_has_a_row_for_each_point_and_each_refusal(steps):
    table = frame(steps[-1])
    assert len(table) == len(steps[-1].points) + 1
    assert list(table.characters[:1]) == [8]
    assert table.refused.iloc[-1].startswith("Learned positions end at 8")
    assert pd.isna(table.accuracy.iloc[-1])
    assert len(frame(Progress(SMALL))) == 0


def test_the_figures_draw_schemes_and_scalings_apart(steps):
    drawn = {name: [line["name"] for line in f["lines"]] for name, f in figures(steps[-1]).items()}
    assert drawn == {"schemes": ["learned", "RoPE", "no positions"], "scalings": ["RoPE", "RoPE, YaRN"]}
    schemes = figures(steps[-1])["schemes"]
    assert ["learned: refused beyond 8 characters", "upper left", "var(--seq-6)"] in schemes["notes"]
    assert schemes["lines"][0]["end"] == ""


def test_the_lines_repeat_the_experiment(steps, capsys):
    exec(python(SMALL), {})
    assert capsys.readouterr().out.startswith(finding(steps[-1]).title)


@pytest.mark.parametrize(
    "wrong",
    [{"schemes": ()}, {"schemes": ("RoPE", "RoPE")}, {"ways": ("NTK", "NTK")}, {"schemes": ("rope",)}, {"length": 12},
     {"length": 256}, {"steps": 0}, {"examples": 1}, {"seed": -1}],
)  # fmt: skip
def test_what_cannot_be_measured_is_refused(wrong):
    with pytest.raises(ValidationError):
        Extrapolation(**wrong)


def test_all_schemes_of_the_core_can_be_chosen():
    assert Extrapolation().schemes == tuple(SCHEMES)
    sizes = {
        name: model(name).decoder.position.embed(torch.zeros(1, 16, 64)).square().mean().sqrt().item()
        for name in ("sinusoidal", "learned")
    }
    assert sizes["sinusoidal"] == pytest.approx(0.5, abs=1e-3)
    assert sizes["learned"] == pytest.approx(0.5, abs=0.05)
