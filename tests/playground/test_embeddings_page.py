"""What the Embeddings page says and draws is what the run has, and nothing that a visitor types breaks it."""

import base64
import json
import math

import numpy as np
import pytest
import torch

from playground.figures import embedding as figures
from playground.laboratories.embeddings.live import bar, curves, learned, maps, saved
from playground.settings.edited import Edited
from playground.visitors.session import Session
from playground.words.lab import WordLab
from playground.words.settings import KINDS, WordSettings
from playground.words.training import Training

SMALL = {"sentences": 300, "model": {"dimension": 8, "epochs": 2}}


@pytest.fixture
def lab() -> WordLab:
    made = WordLab(Edited(WordSettings.model_validate(SMALL)))
    made.ready()
    return made


def test_each_visitor_has_a_lab_of_their_own():
    one, other = Session().words, Session().words
    one.ready()
    one.edit("model.window", 2)
    assert other.training is None
    assert other.edited.config.model.window == 5


def test_maps_bring_every_place_and_neighbour_of_the_run(lab):
    assert lab.training is not None
    lab.training.advance(400)
    lab.word = "dog"
    value = maps.value(lab)
    words, (left, right) = json.loads(value["words"]), json.loads(value["near"])
    fine = np.frombuffer(base64.b64decode(value["left"]), "<i2").reshape(-1, 2) / maps.FINE
    assert len(words) == len(fine) == value["of"]
    np.testing.assert_allclose(fine, lab.training.maps["skip-gram"].places_WP.clamp(-1, 1), atol=1e-4)
    vectors = lab.training.models["CBOW"].vectors
    cosines = torch.cosine_similarity(vectors, vectors[lab.training.text.id("dog")], dim=1)
    cosines[lab.training.text.id("dog")] = -2
    assert [each[0] for each in right] == [words[i] for i in cosines.topk(5).indices.tolist()]
    assert [each[1] for each in right] == pytest.approx(cosines.topk(5).values.tolist(), abs=1e-3)
    assert left != right
    assert json.loads(value["time"])[0][0] == 0
    json.loads(json.dumps(value), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_held_axes_stay_and_the_last_picture_is_of_the_components(lab):
    maps.value(lab)
    lab.hold = True
    axes = lab.training.maps["CBOW"].basis.axes_DP
    lab.training.advance(200)
    maps.value(lab)
    assert lab.training.maps["CBOW"].basis.axes_DP is axes
    lab.hold = False
    lab.training.advance(lab.training.total - lab.training.words - 700)
    assert not lab.training.finished
    lab.drawn = lab.training.total - 1  # a picture just before the last
    lab.training.finish()
    maps.value(lab)
    x = torch.nn.functional.normalize(lab.training.models["CBOW"].vectors, dim=1)
    variance = torch.linalg.eigvalsh(torch.cov(x.T)).flip(0)
    share = lab.training.maps["CBOW"].basis.share_P
    assert float(share.sum()) == pytest.approx(float(variance[:2].sum() / variance.sum()), abs=1e-3)


@pytest.mark.parametrize(
    ("abc", "says"),
    [(("", "a", "b"), ""), (("king", "nobody", "dog"), "'nobody' does not occur"), (("<b>", "dog", "cat"), "'<b>'")],
)
def test_an_unfinished_analogy_is_quiet_and_an_unknown_word_is_named(lab, abc, says):
    found = maps.asked(lab.training, abc)
    assert found["found"] == []
    assert says in found["error"]
    assert bool(says) == bool(found["error"])


def test_the_bar_follows_the_run(lab):
    assert bar.value(lab)["state"] == "ready"
    lab.training.advance(100)
    assert bar.value(lab)["state"] == "paused"
    lab.edit("model.window", 2)
    assert bar.value(lab)["pending"] == "window 5 → 2"
    lab.running = True
    assert bar.value(lab)["state"] == "running"
    lab.halt()
    lab.training.finish()
    now = bar.value(lab)
    assert (now["state"], now["words"]) == ("finished", now["total"])
    assert None not in json.loads(now["loss"])
    lab.notice = "It stopped."
    assert (bar.value(lab)["state"], bar.value(lab)["note"]) == ("stopped", "It stopped.")


def test_the_finding_is_of_the_newest_point(lab):
    assert "Before training" in learned.value(lab)["title"]
    lab.training.finish()
    left, right = lab.training.points[-1].agreement
    assert learned.value(lab)["title"].startswith(f"{100 * left:.0f} % of nearest neighbours")
    assert f"{100 * right:.0f} % in CBOW" in learned.value(lab)["title"]


def test_without_classes_the_finding_names_neighbours_and_the_chart_says_why():
    text = "the cat sat on the mat. the dog sat on the rug. " * 40
    own = WordLab(Edited(WordSettings.model_validate({**SMALL, "corpus": "own text", "text": text})))
    own.ready()
    own.training.advance(100)
    assert "Nearest to" in learned.value(own)["title"]
    assert "no known classes" in curves.agreement(own)["fig"]
    assert json.loads(maps.value(own)["agreement"]) == [None, None]
    assert "class" not in saved.value(own, "metadata", "CBOW")["text"].splitlines()[0]


def test_figures_are_figures_and_no_number_is_missing():
    points = [(0, math.nan, 0.1), (50, 0.5, 0.9)]
    for figure in (figures.agreement(points, 100, 0.07), figures.loss(points[1:], 100), figures.nothing("Why.")):
        json.dumps(figure, allow_nan=False)
    assert [curve["y"] for curve in figures.loss(points[1:], 100)["lines"]] == [[0.5], [0.9]]
    run = Training(WordSettings.model_validate(SMALL))
    assert all(math.isnan(each) for each in run.points[0].loss)
    run.advance(2000)
    made = WordLab(Edited(run.settings))
    made.training = run
    json.loads(curves.loss(made)["fig"], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert KINDS == figures.METHODS
