"""The Embeddings lens: map, neighbours, way through the layers and sentence are true of the model, step by step."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate
from playground.interventions.ablation import ablated
from playground.lenses.embeddings import projector
from playground.lenses.embeddings import view as lens
from playground.lenses.embeddings.axes import ENOUGH, held, shares
from playground.lenses.embeddings.choices import VectorChoices
from playground.lenses.embeddings.finding import numbers
from playground.runs.vectors import tables
from playground.tasks.forward import forward
from tests.playground.small import trained


def shown(session: Any, **more: Any) -> dict[str, Any]:
    """The value with its JSON read."""
    found = lens.value(session, session.posed(), **more)
    return {name: json.loads(v) if isinstance(v, str) and v[:1] in ("{", "[", "n") else v for name, v in found.items()}


def cosines(table: torch.Tensor) -> np.ndarray:
    x = table.double().numpy()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    return unit @ unit.T


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
def test_neighbours_lengths_and_places_are_those_of_the_table(topology):
    session = trained(3, "copy", model__topology=topology)
    session.of(VectorChoices).chosen, found = 4, {}
    for name, table in tables(session.run.model).items():
        session.of(VectorChoices).table = name
        found, cosine = shown(session), cosines(table)
        assert found["table"] == name
        near, best = [row for row, _ in found["near"]], np.sort(np.delete(cosine[4], 4))[:-9:-1]
        assert len({*near, 4}) == 9
        assert cosine[4][near] == pytest.approx(best, abs=1e-5)  # rows of tokens never met may be equals
        assert [c for _, c in found["near"]] == pytest.approx(best, abs=6e-4)
        lengths = np.linalg.norm(table.numpy(), axis=1)
        assert [row[0] for row in found["rows"]] == pytest.approx(lengths, rel=1e-3)
        assert found["norm"]["mean"] == pytest.approx(lengths.mean(), rel=1e-3)
        np.fill_diagonal(cosine, -2)
        nearest = [row[1] for row in found["rows"]]
        assert cosine[np.arange(len(nearest)), nearest] == pytest.approx(cosine.max(1), abs=1e-5)
        basis = session.of(VectorChoices).bases[name].basis
        places = (table.numpy() - basis.mean_D.numpy()) @ basis.axes_DP.numpy()
        assert np.array(found["xy"]) == pytest.approx(places, abs=2e-3)
        centred = table.numpy() - table.numpy().mean(0)
        share = ((centred @ basis.axes_DP.numpy()) ** 2).sum(0) / (centred**2).sum()
        assert found["share"] == pytest.approx(share, abs=1e-3)
        assert len(found["words"]) == len(table)
        session.of(VectorChoices).chosen = 4
    two = topology == "encoder-decoder"
    assert [name for name, _ in found["tables"]] == [
        "token",
        *(["encoder position", "decoder position"] if two else ["position"]),
        "output",
    ]


@pytest.mark.parametrize("preset", ["copy", "bert", "t5"])
def test_the_way_is_that_of_a_recorded_pass(preset):
    session = trained(2, preset, **({} if preset == "copy" else {"task__length": 16}))
    session.of(VectorChoices).place = 2
    for stack in [name for name, _ in shown(session)["path"]["stacks"]]:
        session.of(VectorChoices).stack = stack
        path = shown(session)["path"]
        with torch.no_grad():
            output = forward(session.run.model, session.run.probe.batch, record=True)
        records = getattr(output, stack)
        assert path["stack"] == stack
        assert len(path["rows"]) == len(path["xy"]) == len(records) + 1
        for row, record in zip(path["rows"][1:], records, strict=True):
            assert row["norm"] == pytest.approx(float(record.stream_BTD[0, 2].norm()), rel=2e-3)
            assert row["feed_forward"] == pytest.approx(float(record.feed_forward_BTD[0, 2].norm()), rel=2e-3)
            assert row["final"] == pytest.approx(
                float(torch.cosine_similarity(record.stream_BTD[0, 2], records[-1].stream_BTD[0, 2], dim=0)), abs=1e-3
            )
        assert path["post"] is (preset == "bert")
        assert ("cross" in path["parts"]) is (stack == "decoder" and preset == "t5")


def test_looking_back_shows_the_table_and_the_way_of_then():
    session = trained(10, "copy")
    session.of(VectorChoices).chosen = 3
    now = shown(session)
    then = {name: t.numpy().copy() for name, t in tables(trained(5, "copy").run.model).items()}
    session.shown = 5
    back = shown(session)
    assert (now["step"], back["step"], back["path"]["step"]) == (10, 5, 5)
    assert [row[0] for row in back["rows"]] == pytest.approx(np.linalg.norm(then["token"], axis=1), rel=2e-3)
    assert back["fitted"] == now["fitted"]  # the axes stay, so that what moves is the vectors
    assert back["path"]["rows"][0]["norm"] != now["path"]["rows"][0]["norm"]
    assert [step for step, *_ in back["trail"]] == [0, 5]
    assert [step for step, *_ in now["trail"]] == [0, 5, 10]
    poor = session.of(VectorChoices).bases["token"]
    poor = poor._replace(basis=poor.basis._replace(axes_DP=torch.eye(16)[:, 14:] * 0))
    session.of(VectorChoices).bases["token"] = poor
    shown(session)
    assert session.of(VectorChoices).bases["token"] is poor
    session.shown = None
    assert shown(session)["fitted"] == 10
    assert session.of(VectorChoices).bases["token"] is not poor
    session.of(VectorChoices).bases.clear()
    shown(session)
    session.shown = 0
    first = shown(session)
    assert first["norm"]["moved"] == 0
    assert "Not trained yet" in first["finding"]["title"]
    assert first["xy"][3] == pytest.approx(first["trail"][0][1:], abs=2e-3)


def test_an_own_probe_and_an_ablation_are_those_of_the_way():
    session = trained(3, "copy")
    plain = shown(session)
    session.ablation = ablated(session.run, (Ablate("decoder", 0, "self_attention"),), "Without L0")
    without = shown(session)
    assert without["path"]["rows"][1]["attention"] == 0
    assert without["xy"] == plain["xy"]
    assert "without L0" in without["finding"]["html"]
    assert "L0" in without["path"]["note"]
    session.ablation = None
    session.use_probe("own", session.run.task.probes[0].text)
    own = shown(session)
    assert own["path"]["tokens"] == [session.run.task.vocabulary[i] for i in session.own.batch.ids_BT[0]]
    assert ["own", "your own"] in own["probes"]
    session.shown = 0
    back = shown(session)
    assert back["path"]["tokens"] == plain["path"]["tokens"]
    assert "fixed probe" in back["path"]["note"]


def test_axes_stay_until_they_show_too_little_and_are_then_turned_to_the_last_map():
    generator = torch.Generator().manual_seed(2)
    x_VD, kept = torch.randn(40, 6, generator=generator) * torch.tensor([4.0, 3, 1, 1, 1, 1]), {}
    first = held(kept, "a", x_VD, 0, check=True)
    near = x_VD + 0.05 * torch.randn(40, 6, generator=generator)
    assert held(kept, "a", near, 1, check=True) is first
    far = x_VD.clone()
    far[:, 4] = 9 * x_VD[:, 1]
    assert held(kept, "a", far, 2, check=False) is first
    anew = held(kept, "a", far, 2, check=True)
    assert anew.step == 2
    assert float(shares(anew.basis, far).sum()) > float(shares(first.basis, far).sum()) / ENOUGH
    for flip in (torch.tensor([-1.0, 1]), torch.tensor([1.0, -1])):
        flipped = anew.basis._replace(axes_DP=anew.basis.axes_DP * flip)
        old = first.basis.project(far)
        assert (anew.basis.project(far) - old).norm() < (flipped.project(far) - old).norm()


def test_circles_are_found_in_numbers_alone_and_only_where_they_are():
    assert numbers(["+", "0", "1", "2", "3", "4", "5", "6", "8"]) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(["0", "1", "2", "a"]) == []
    session = trained(2, "modular_addition")
    assert "circle" not in shown(session)["finding"]["title"]
    assert shown(session)["planes"] == [["principal", "principal"]]
    angle = 2 * np.pi * 5 * torch.arange(31) / 31
    with torch.no_grad():
        rows = session.run.model.embedding.tokens[:31]
        rows.mul_(0.1)
        rows[:, 0] += angle.cos()
        rows[:, 1] += angle.sin()
    found = shown(session)
    assert found["finding"]["title"] == "The 31 numbers lie on a circle"
    assert 'data-do="circle:5"' in found["finding"]["html"]
    session.of(VectorChoices).axes = "5"
    circle = shown(session)
    assert circle["axes"] == "5"
    assert sum(circle["share"]) > 0.9
    x, y = np.array(circle["xy"])[:31].T
    assert np.hypot(x, y) == pytest.approx(np.ones(31), abs=0.25)
    assert [n * 5 % 31 for n in circle["order"]] == [*range(31), 0]  # around the circle and back


def test_the_sentence_names_the_nearest_pair_and_how_far_all_have_come():
    session = trained(4, "copy")
    with torch.no_grad():
        session.run.model.embedding.tokens[7] = 2 * session.run.model.embedding.tokens[2]
    found, words = shown(session), session.run.task.vocabulary
    assert found["finding"]["title"] == f"“{words[2]}” and “{words[7]}” are nearest to each other: cosine 1.00"
    first = torch.from_numpy(session.run.history.snapshots[0].vectors.tables["token"]).float()
    now = session.run.model.embedding.tokens.detach()
    share = float((now - first).norm() / first.norm())
    assert f"moved by {100 * share:.0f}\u00a0% of their length, most" in found["finding"]["html"]
    assert f">{words[7]}</a>" in found["finding"]["html"].rpartition("most")[2]


def test_the_files_are_sent_when_asked_for_and_bring_the_vectors_back():
    session = trained(2, "text", task__length=16)
    assert shown(session)["files"] == ""
    projector.ask(session, 7.0)
    files = shown(session)["files"]
    assert files["n"] == 7.0
    back = np.array([[float(x) for x in line.split("\t")] for line in files["vectors"].splitlines()], np.float32)
    assert np.array_equal(back, session.run.model.embedding.tokens.detach().numpy())
    head, *names = files["metadata"].splitlines()
    assert head == "word\tnorm"
    assert [line.split("\t")[0] for line in names] == list(session.run.task.vocabulary)
    session.of(VectorChoices).until = 0.0
    assert shown(session)["files"] == ""


def test_what_is_kept_is_bounded_and_left_out_where_it_is_too_large(monkeypatch):
    session = trained(5, "copy")
    kept = session.run.history.snapshots[-1].vectors
    assert kept.tables["token"].dtype == np.float16
    assert kept.size() < 20_000
    monkeypatch.setattr("playground.runs.vectors.MOST", 600)
    large = trained(5, "copy")  # 30 x 16 tokens fit, the stream of 24 tokens does not
    assert set(large.run.history.snapshots[-1].vectors.states) == set()
    large.shown = 0
    assert shown(large)["path"] is None
    assert len(shown(large)["xy"]) == 30


def test_frames_without_charts_leave_the_slow_parts_out_and_sent_junk_changes_nothing():
    session = trained(1, "copy")
    assert not {"rows", "trail"} & set(shown(session, charts=False))
    for name, sent in (
        ("table", "nothing"),
        ("table", 3),
        ("axes", "99"),
        ("axes", "x"),
        ("stack", "cross"),
        ("chosen", 10**5),
    ):
        session.of(VectorChoices).take(name, sent)
    found = shown(session)
    assert (found["table"], found["axes"], found["path"]["stack"]) == ("token", "principal", "decoder")
    assert found["chosen"] == 29


def test_before_a_run_a_sentence_offers_to_train():
    empty = json.loads(lens.nothing()["empty"])
    assert 'data-do="set:%7B%7D"' in empty["html"]
