"""The sentence at the top of a lens is true of the picture below it, rule by rule."""

from __future__ import annotations

import numpy as np
import pytest

from playground.findings.finding import Finding
from playground.lenses.attention.finding import RANK, WHAT, concentrated, named_heads
from playground.lenses.attention.finding import finding as attention
from playground.lenses.learning.finding import finding as learning
from playground.lenses.predictions.finding import finding as predictions
from playground.measures.head_roles import Heads
from playground.runs.history import History, Metrics, Snapshot

ROLES = ("previous token", "first token", "current token", "duplicate token", "induction")


def picture(step: int, **heads: dict[str, float]) -> Snapshot:
    """Two layers of two heads; picture(7, h10={"induction": 0.9}) gives layer 1, head 0 that score."""
    scores = np.full((2, 2, 5), 0.1)
    for name, row in heads.items():
        for role, score in row.items():
            scores[int(name[1]), int(name[2]), ROLES.index(role)] = score
    measured = Heads(ROLES, scores, np.full((2, 2), 3.0), np.full((2, 2), 9.0), (0.1,) * 5)
    return Snapshot(
        step, {"decoder": np.zeros((2, 2, 4, 4))}, {"decoder": measured}, np.zeros((1, 4, 5)), np.zeros((1, 4, 5))
    )


def past(*pictures: Snapshot) -> History:
    history = History()
    for each in pictures:
        history.keep(each)
    return history


def learned(*accuracies: float, chance: float = 0.1, losses: list[float] | None = None) -> Finding:
    """The learning finding of a run that was validated every 20 steps."""
    history = History()
    for step in range(20 * len(accuracies) - 19):
        loss = losses[step] if losses else 3.0
        metrics = Metrics(step, loss, 0.0, 1.0, 0.01)
        if step % 20 == 0:
            metrics = metrics._replace(validation_loss=1.234, validation_accuracy=accuracies[step // 20])
        history.metrics.append(metrics)
    return learning(history, chance)


def test_heads_without_a_role_are_said_to_be_broad():
    assert attention(picture(0), "decoder", None).title.startswith("Not trained yet")
    later = attention(picture(1200), "decoder", None)
    assert later.title.startswith("No head stands out")
    assert "step 1,200" in later.html


def test_a_head_with_most_of_its_weight_on_one_key_is_not_said_to_spread_it():
    seen = picture(261)
    seen.maps["decoder"][:] = 0.25
    seen.maps["decoder"][1, 0] = [0.05, 0.03, 0.9, 0.02]
    told = attention(seen, "decoder", None)
    assert told.title.startswith("L1 H0 concentrates its attention, in no role")
    assert "0.90 of the weight of a query, the mean of 2 of one example" in told.html
    seen.maps["decoder"][1, 0] = [0.2, 0.25, 0.3, 0.25]
    told = attention(seen, "decoder", None)
    assert told.title.startswith("No head stands out")
    assert "0.30 of the weight of a query" in told.html
    seen.maps["decoder"][1, 0] = [-3.0, 0.0, 9.0, 0.0]  # signed: of the absolute weight
    assert concentrated(seen.maps["decoder"])[:3] == (1, 0, 0.75)


def test_a_loss_far_above_that_of_a_uniform_guess_is_called_divergence():
    history = History()
    for step in range(3):
        history.metrics.append(Metrics(step, 135.0, 0.0, 1.0, 1.0, 135.0, 0.02, 0.0))
    told = learning(history, 0.1, uniform=4.65)
    assert told.title == "Far worse than chance: the run diverges"
    assert "the training loss, 135.00; a uniform guess has 4.65. A learning rate below 1 is" in told.html
    assert learning(history, 0.1, uniform=100.0).title == "No better than chance so far"
    learnt = History()  # by heart: only the held-out examples are far from right
    for step in range(30):
        learnt.metrics.append(Metrics(step, 0.01, 1.0, 1.0, 0.003, 9.0, 0.02, 0.0))
    assert learning(learnt, 0.03, uniform=3.4).title == "No better than chance so far"


def test_a_loss_that_comes_back_from_an_explosion_has_not_fallen_by_learning():
    losses = [25.0] * 100 + [3.4] * 101
    history = History()
    for step, loss in enumerate(losses):
        seen = {"validation_loss": loss, "validation_accuracy": 0.04} if step % 20 == 0 else {}
        history.metrics.append(Metrics(step, loss, 0.04, 1.0, 1.0)._replace(**seen))
    assert learning(history, 0.04, uniform=3.3).title == "No better than chance so far"
    assert "fell from" not in learning(history, 0.04, uniform=3.3).html
    assert "fell" in learning(history, 0.04, uniform=9.0).title


def test_the_most_telling_role_comes_before_the_highest_score():
    seen = picture(50, h00={"first token": 0.99}, h11={"induction": 0.5}, h10={"induction": 0.6})
    assert [f[:3] for f in named_heads(seen.heads["decoder"])] == [
        (1, 0, "induction"), (1, 1, "induction"), (0, 0, "first token"),
    ]  # fmt: skip
    assert attention(seen, "decoder", None).title.startswith("L1 H0 looks for what followed")
    assert "Its induction score is 0.60" in attention(seen, "decoder", None).html


def test_an_induction_head_names_the_previous_token_head_below_it_and_no_other():
    below = picture(9, h10={"induction": 0.9}, h01={"previous token": 0.7})
    assert '<a data-do="head:0,1">L0 H1</a>, a layer below' in attention(below, "decoder", None).html
    beside = picture(9, h10={"induction": 0.9}, h11={"previous token": 0.7})
    html = attention(beside, "decoder", None).html
    assert "a layer below" not in html
    assert '<a data-do="head:1,1">L1 H1</a>: previous token (0.70)' in html


def test_since_when_is_the_step_from_which_the_score_held():
    strong, weak = {"h10": {"induction": 0.8}}, {"h10": {"induction": 0.2}}
    history = past(picture(0), picture(10, **strong), picture(20, **weak), picture(30, **strong), picture(40, **strong))
    html = attention(history.snapshots[-1], "decoder", history).html
    assert 'above 0.4 since <a data-do="step:30">step 30</a>' in html
    ended = past(*history.snapshots, picture(50, **weak))
    assert "since" not in attention(history.snapshots[-1], "decoder", ended).html
    assert "since" not in attention(history.snapshots[-1], "decoder", None).html


@pytest.mark.parametrize("role", WHAT)
def test_every_role_has_its_words_and_its_rank(role):
    assert role in RANK
    assert WHAT[role][1].endswith(".")


def test_before_the_first_step_guessing_is_the_measure():
    assert learned(0.1, chance=0.125) == Finding(
        "Not trained yet", "Chance is 12.5 % right. Press Play: the curves leave that line."
    )


@pytest.mark.parametrize(
    ("accuracies", "title"),
    [
        ((0.1, 0.15, 0.119), "No better than chance so far"),
        ((0.1, 0.15, 0.131), "Above chance: 13 % of held-out tokens right"),
        ((0.1, 0.9, 0.11), "No better than chance so far"),
        ((0.1, 0.96, 0.97), "Learned: at least 95 % of held-out tokens right since step 20"),
        ((0.1, 0.96, 0.5, 0.97), "Learned: at least 95 % of held-out tokens right since step 60"),
        ((0.1, 0.96, 0.5), "Reached 95 % at step 20 and lost it again: 50 % of held-out tokens right"),
    ],
    ids=["at chance", "above chance", "fallen back", "learned", "learned, lost and learned again", "lost again"],
)
def test_the_learning_finding_follows_its_rules_in_order(accuracies, title):
    found = learned(*accuracies)
    assert found.title == title
    assert f"{100 * accuracies[-1]:.1f} % of held-out tokens right (chance: 10.0 %), loss 1.234" in found.html


def test_a_sudden_fall_is_told_with_its_step_and_losses():
    losses = [3.0] * 100 + [0.5] * 101
    found = learned(*[0.1] * 11, losses=losses)
    assert found.title == "The loss fell suddenly around step 100"
    assert 'from 3.00 to 0.50 around <a data-do="step:100">' in found.html
    assert learned(*[0.1] * 10, 0.99, losses=losses).title.startswith("Learned")


def test_predictions_are_counted_and_the_commonest_mistake_is_named():
    mistakes = [("a", "b"), ("<", "&"), ("c", "b"), ("<", "&")]
    found = predictions([True] * 1200 + [False] * 4, [True, False, False], mistakes)
    assert found.title == "1,200 of 1,204 tokens right, 1 of 3 examples without a mistake"
    assert "99.7 %" in found.html
    assert "<b class='mono'>&amp;</b> where <b class='mono'>&lt;</b> was right (2 ×)" in found.html


def test_mistakes_that_occur_once_have_no_commonest():
    found = predictions([True, False, False], [False], [("a", "b"), ("c", "d")])
    assert "No mistake occurs twice" in found.html


def test_nothing_scored_and_nothing_wrong_have_their_own_sentences():
    assert predictions([], [True], []).title == "Nothing to check here"
    assert "Every scored token" in predictions([True], [True], []).html


def test_of_rows_that_need_not_sum_to_1_it_is_said_what_they_come_to():
    seen = picture(9, h01={"first token": 0.8})
    total = np.array([[0.25, 0.9], [1.75, 0.5]])
    loose = seen.heads["decoder"]._replace(distributions=False, total=total)
    seen = seen._replace(heads={"decoder": loose})
    told = attention(seen, "decoder", None, "Rows are what they are")
    assert told.title == "L0 H1 rests on the first token"
    assert "sink" not in told.html
    assert told.html.endswith(
        "Rows are what they are: in all, a row has 0.25 (L0 H0) to 1.75 (L1 H0) of absolute weight, on average."
    )
    none = picture(9)
    none = none._replace(heads={"decoder": none.heads["decoder"]._replace(distributions=False, total=total)})
    assert attention(none, "decoder", None, "Rows").title == "No head stands out"
