"""The causal check of induction measures what it says, and its sentence can say that the claim fails."""

from __future__ import annotations

import numpy as np
import pytest

from models import Ablate
from playground.findings.induction_check import finding
from playground.interventions import induction
from playground.interventions.induction import InductionCheck, Without, induction_check
from playground.measures.head_roles import Heads
from playground.runs.paired import Change
from playground.runs.run import measure
from tests.playground.small import trained


@pytest.fixture(scope="module")
def run():
    return trained(3, "induction").run


SCORES = np.array([[[0.1, 0.8], [0.2, 0.1]], [[0.9, 0.1], [0.5, 0.7]]])  # layer, head: induction, previous token
GROUPS = [
    ("head", ("L1 H0",), 0.9),
    ("control", ("L1 H1",), 0.5),
    ("induction heads", ("L1 H0", "L1 H1"), 0.9),
    ("previous-token heads", ("L0 H0",), 0.1),
    ("other heads", ("L0 H1",), 0.2),
]


def test_every_row_is_what_the_run_is_without_these_heads(run, monkeypatch: pytest.MonkeyPatch):
    made = Heads(("induction", "previous token"), SCORES, SCORES[..., 0], SCORES[..., 0], (0.1, 0.1))
    monkeypatch.setattr(induction, "heads", lambda layers, cells: made)  # nothing is learned in three steps
    check, whole = induction_check(run), run.evaluate()
    assert (check.accuracy, check.loss) == (pytest.approx(whole.accuracy), pytest.approx(whole.loss, abs=1e-5))
    assert [row[:3] for row in check.rows] == GROUPS
    for row in check.rows:
        places = [tuple(int(part[1:]) for part in name.split()) for name in row.heads]
        for how in ("zero", "mean"):
            without = measure(run.model, run.held_out, [Ablate("decoder", a, head=b, how=how) for a, b in places])
            got: Change = getattr(row, how)
            assert got.loss == pytest.approx(without.loss - whole.loss, abs=1e-5)
            assert got.accuracy == pytest.approx(without.accuracy - whole.accuracy, abs=1e-6)
        assert row.zero.loss != row.mean.loss
    table = check.frame()
    assert table.heads.tolist() == [", ".join(names) for _, names, _ in GROUPS]
    assert table.mean_loss.tolist() == [row.mean.loss for row in check.rows]


def test_a_model_that_has_learned_nothing_has_no_head_to_ablate(run):
    check = induction_check(run)
    assert check.rows == ()
    told = finding(check)
    assert told.title == "No head looks for what followed the last time"
    assert "No head has an induction score of 0.4 at step 3" in told.html


def test_only_the_induction_task_says_what_repeats():
    with pytest.raises(ValueError, match=r"is decoder-only on copy. Choose the preset Induction"):
        induction_check(trained(0, "copy").run)
    both = trained(0, "induction", model__topology="encoder-only").run
    with pytest.raises(ValueError, match="is encoder-only on induction"):
        induction_check(both)


def row(group, heads: str, lost: float, mean: float | None = None, error: float = 0.002) -> Without:
    changes = [Change(10 * x, 0.01, -x, error) for x in (lost, lost if mean is None else mean)]
    return Without(group, tuple(heads.split(", ")), 0.9, *changes)


def told(*rows: Without) -> tuple[str, str]:
    found = finding(InductionCheck(600, 256, 0.01, 0.99, 1 / 32, rows))
    return found.title, found.html


HEAD, IDLE = row("head", "L1 H2", 0.6), row("control", "L1 H0", 0.001)
SPARED = row("head", "L1 H2", 0.004)
ALONE = row("induction heads", "L1 H2", 0.6)
ALL = row("induction heads", "L1 H0, L1 H2", 0.95)
OTHERS = row("other heads", "L0 H0, L0 H3", 0.002)


def test_one_head_that_does_the_work():
    title, html = told(HEAD, IDLE, ALONE, OTHERS)
    assert title == "L1 H2 does the work of induction, and no other head of its layer"
    assert "Without L1 H2 (induction score 0.90) 39.0 % ± 0.2 % are right; without L1 H0, the costliest" in html
    assert "98.9 %" in html
    assert "On 256 held-out examples, the whole model gets 99.0 % right and chance 3.1 %" in html
    assert told(HEAD, ALONE)[0] == "L1 H2 does the work of induction"


def test_work_that_is_shared_or_done_elsewhere():
    assert told(HEAD, row("control", "L1 H0", 0.2), ALL)[0] == "L1 H2 does the work of induction, but not alone"
    assert told(SPARED, row("control", "L1 H0", 0.2), ALL)[0] == "L1 H0 does the work of induction, more than L1 H2"
    title, html = told(SPARED, IDLE, ALL, OTHERS)
    assert title == "2 heads share the work of induction: one can be missed, all cannot"
    assert "without both heads that look like one 4.0 %" in html
    assert "and without the 2 that take no part 98.8 %" in html
    assert told(SPARED, IDLE, ALL)[0] == "2 heads share the work of induction"
    unspecific = told(SPARED, IDLE, ALL, row("other heads", "L0 H0", 0.5))
    assert unspecific[0] == "2 heads share the work of induction, and not they alone"
    assert "but without the one that takes no part 49.0 %" in unspecific[1]


def test_heads_that_can_all_be_missed():
    title, html = told(SPARED, IDLE, row("induction heads", "L1 H0, L1 H2", 0.01), OTHERS)
    assert title == "L1 H2 looks like an induction head, and can be missed"
    assert "an induction score says where a head looks, not what it is for" in html


@pytest.mark.parametrize(
    ("lost", "mean", "error", "costs"),
    [
        (0.06, 0.06, 0.002, True),
        (0.04, 0.06, 0.002, False),
        (0.06, 0.04, 0.002, False),
        (0.06, 0.06, 0.04, False),
        (-0.2, -0.2, 0.002, False),
    ],
)
def test_a_cost_is_large_sure_and_the_same_for_zero_and_mean(lost: float, mean: float, error: float, costs: bool):
    assert row("head", "L1 H2", lost, mean, error).costs is costs
