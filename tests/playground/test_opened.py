"""A checkpoint as the lenses read it: opened, looked at, measured, and never written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from models import Ablate
from playground.acts import ACTS, PAGES, frame, go_on, opened
from playground.checkpoints import rules
from playground.checkpoints.opening import HELD
from playground.checkpoints.passage import WINDOW
from playground.interventions.ablation import ablated
from playground.tasks.base import IGNORE
from playground.visitors import autosave
from playground.visitors.event import Event
from playground.visitors.session import Session
from playground.visitors.waking import wake
from tests.playground.jobs import settle
from tests.playground.tiny import BERT, LLAMA, T5, checkpoint

PAGE = PAGES["checkpoints"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of one's own."""
    monkeypatch.setattr(rules, "forbidden", lambda name: "")


def press(session: Session, view: str, event: str, **data: Any) -> dict[str, Any]:
    shown = ACTS[view][event](session, Event(data))
    settle(session)
    return shown


def open_at(folder: Path) -> Session:
    session = Session()
    session.page = "checkpoints"
    press(session, "checkpoint", "see", name=str(folder))
    press(session, "checkpoint", "begin")
    assert session.desk.stage == "open", session.desk.said
    return session


@pytest.mark.parametrize("published", [LLAMA, BERT, T5], ids=lambda p: p["model_type"])
def test_every_lens_shows_a_checkpoint_or_says_why_not(tmp_path, published):
    session = open_at(checkpoint(tmp_path, published))
    for name, tab in PAGE.tabs.items():
        ACTS["checkpoint-tabs"]["turn"](session, Event({"id": name}))
        shown = tab.value(session, True)[f"checkpoint-{name}"]
        json.dumps(shown, allow_nan=False)
        assert "−1" not in str(shown) and "step -1" not in str(shown), "a published model has no step"
        if name == "experts":
            assert "no experts" in shown["empty"]
        else:
            assert not shown.get("empty"), name
            assert shown["finding"]
