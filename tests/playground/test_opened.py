"""A checkpoint as the lenses read it: opened, looked at, measured, and never written to."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate
from playground.acts import ACTS, PAGES, opened
from playground.checkpoints import rules
from playground.checkpoints.opening import HELD
from playground.checkpoints.passage import WINDOW
from playground.interventions.ablation import ablated
from playground.lenses.intervene.choices import InterveneChoices
from playground.runs.slices import whole
from playground.tasks.base import IGNORE
from playground.visitors import autosave
from playground.visitors.event import Event
from playground.visitors.jobs import nowhere
from playground.visitors.session import Session
from playground.visitors.waking import wake
from playground.workers.pool import Pool, Worker
from playground.workers.protocol import Told
from tests.playground.jobs import settle
from tests.playground.small import trained
from tests.playground.tiny import BERT, LLAMA, T5, WORDS, checkpoint

PAGE = PAGES["checkpoints"]


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of one's own."""
    monkeypatch.setattr(rules, "forbidden", lambda name: "")


def press(session: Session, view: str, event: str, **data: Any) -> dict[str, Any]:
    shown = ACTS[view][event](session, Event(data))
    settle(session)
    return shown


def open_in(session: Session, folder: Path) -> Session:
    session.page = "checkpoints"
    press(session, "checkpoint", "see", name=str(folder))
    press(session, "checkpoint", "begin")
    assert session.desk.stage == "open", session.desk.said
    return session


def open_at(folder: Path) -> Session:
    return open_in(Session(), folder)


@pytest.mark.parametrize("published", [LLAMA, BERT, T5], ids=lambda p: p["model_type"])
def test_every_lens_shows_a_checkpoint_or_says_why_not(tmp_path, published):
    session = open_at(checkpoint(tmp_path, published))
    for name in PAGE.tabs:
        shown = ACTS["checkpoint-tabs"]["turn"](session, Event({"id": name}))[f"checkpoint-{name}"]
        assert "step -1" not in json.dumps(shown, allow_nan=False), "a published model has no step"
        if name == "experts":
            assert "no experts" in shown["empty"]
        else:
            assert not shown["empty"], name
            assert shown["finding"]


def test_a_text_is_read_by_the_tokenizer_and_what_is_seen_is_what_the_model_does(tmp_path):
    session = open_at(checkpoint(tmp_path))
    words = ["The", "water", "had", "grown", "warmer"]
    press(session, "reading", "read", text=" ".join(words))
    reader = session.desk.reader
    tokens = json.loads(PAGE.value(session)["reading"]["tokens"])
    assert [(piece.strip(), id) for piece, id in tokens] == [(word, WORDS.index(word)) for word in words]
    output = reader.run.model(reader.own.batch.ids_BT, record=True)
    assert np.allclose(reader.look().maps["decoder"][1], output.decoder[1].self_attention_BHTS[0].detach(), atol=1e-3)
    shown = PAGE.tabs["predictions"].value(session, True)["checkpoint-predictions"]
    last = json.loads(shown["examples"])[0]["cells"][-1]
    probs_V = output.logits_BTV[0, -1].softmax(-1)
    assert last["t"].strip() == WORDS[int(probs_V.argmax())], "what comes after the text"
    assert last["top"][0][1] == pytest.approx(float(probs_V.max()), abs=1e-3)


def test_a_text_that_cannot_be_read_is_refused_and_the_one_before_stays(tmp_path):
    session = open_at(checkpoint(tmp_path))
    longest = session.desk.reader.run.task.longest
    press(session, "reading", "read", text="The water had")
    before = session.desk.reader.own
    for text, why in (
        ("water " * (longest + 1), "Shorten it"),
        ("x" * 10_000, "4,096 characters"),
        (" ", "Type a text"),
    ):
        press(session, "reading", "read", text=text)
        assert why in PAGE.value(session)["reading"]["error"], text[:20]
        assert session.desk.reader.own is before
    press(session, "reading", "read", text="The harbour")
    assert PAGE.value(session)["reading"]["error"] == ""


def test_a_gap_of_an_encoder_is_its_mask_and_is_filled(tmp_path):
    session = open_at(checkpoint(tmp_path, BERT))
    press(session, "reading", "read", text="The ▢ had grown warmer")
    batch = session.desk.reader.own.batch
    wanted = ["[CLS]", "The", "[MASK]", "had", "grown", "warmer", "[SEP]"]
    assert batch.ids_BT[0].tolist() == [WORDS.index(word) for word in wanted]
    press(session, "checkpoint-predictions", "prompt", text="The ▢ had", temperature=0.0, top_p=1.0, top_k=0)
    assert len(session.desk.reader.prompt["continuation"]) == 1
    held_out = session.desk.reader.run.held_out
    assert held_out.ids_BT.shape == (4, WINDOW)
    scored = held_out.targets_BT != IGNORE
    assert (held_out.ids_BT[scored] == WORDS.index("[MASK]")).all()
    assert scored.float().mean() == pytest.approx(0.15, abs=0.02)


def test_two_who_open_the_same_share_its_weights_which_go_with_the_last(tmp_path):
    folder = checkpoint(tmp_path)
    one, other = open_at(folder), open_at(folder)
    model = one.desk.reader.run.model
    assert model is other.desk.reader.run.model
    assert one.desk.reader.run.frozen().model is model, "nobody trains it, so nobody needs a copy"
    before = {name: p.clone() for name, p in model.named_parameters()}
    press(one, "checkpoint-attention", "ablate", layer=1, head=2)
    press(one, "checkpoint-intervene", "begin")
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())
    del model
    press(one, "checkpoint", "close")
    gc.collect()
    assert len(HELD) == 1
    other.free()
    gc.collect()
    assert not HELD


def test_what_a_head_costs_is_what_a_pass_without_it_says(tmp_path):
    session, edit = open_at(checkpoint(tmp_path)), Ablate("decoder", 1, "self_attention", 2)
    press(session, "checkpoint-intervene", "begin")
    reader = session.desk.reader
    found = reader.of(InterveneChoices).of(reader.run)["costs"].result
    (cost,) = [change for each, change in found.done if each == edit]
    assert cost.loss == pytest.approx(ablated(reader.run, (edit,), "").change.loss, abs=1e-6)
    assert cost.loss
    assert found.examples == 4


def test_what_cannot_be_opened_is_said_and_what_is_open_stays(tmp_path, monkeypatch):
    session = open_at(checkpoint(tmp_path / "good"))
    good = session.desk.reader
    press(session, "checkpoint", "see", name=str(tmp_path / "nowhere"))
    assert "no folder" in PAGE.value(session)["checkpoint"]["said"]
    bad = checkpoint(tmp_path / "bad")
    (bad / "model.safetensors").write_bytes((bad / "model.safetensors").read_bytes()[:-400])
    press(session, "checkpoint", "see", name=str(bad))
    press(session, "checkpoint", "begin")
    assert PAGE.value(session)["checkpoint"]["said"]
    assert session.desk.reader is good
    assert session.desk.stage == "open"
    monkeypatch.setattr(rules, "forbidden", lambda name: "Not here.")
    press(session, "checkpoint", "see", name="/etc")
    assert PAGE.value(session)["checkpoint"]["said"] == "Not here."
    assert session.desk.listing is None


def test_the_run_of_the_tab_is_not_touched(tmp_path):
    session = trained(2)
    run, step, head = session.run, session.run.step, session.head
    open_in(session, checkpoint(tmp_path))
    press(session, "checkpoint-attention", "select", layer=2, head=1)
    assert session.run is run
    assert (run.step, session.head) == (step, head)
    assert session.desk.reader.head == (2, 1)


def test_a_session_that_wakes_opens_its_checkpoint_again_where_its_page_is(tmp_path):
    session = open_at(checkpoint(tmp_path / "model"))
    press(session, "reading", "read", text="The water had grown")
    ACTS["checkpoint-tabs"]["turn"](session, Event({"id": "positions"}))
    press(session, "checkpoint", "see", name=str(tmp_path / "nowhere"))  # what is only asked for opens nothing
    autosave.save(session, tmp_path / ("0" * 32))
    woken = whole(wake(tmp_path / ("0" * 32), nowhere))
    assert woken.desk.reader is None
    opened(woken, None, "checkpoints")
    settle(woken)
    assert woken.desk.reader.probe_text == "The water had grown"
    assert woken.desk.lens == "positions"


def test_a_session_that_opens_one_asks_to_be_moved_and_waits(tmp_path):
    session = Session()
    session.apart = False
    press(session, "checkpoint", "see", name=str(checkpoint(tmp_path)))
    ACTS["checkpoint"]["begin"](session, Event({}))
    for _ in range(20):
        session.jobs.advance(session.jobs.running["checkpoint"])
    assert session.opens
    assert session.going == ("checkpoint",)
    session.apart = True
    settle(session)
    assert session.desk.stage == "open"
    assert not session.opens


def test_the_pool_moves_who_opens_one_even_where_nobody_else_is():
    told = Told(1, 0, 0.0, ("checkpoint",), True)
    assert not told._replace(jobs=2).movable, "something else computes that cannot be taken along"
    pool: Any = Pool(lambda *_: None, lambda *_: None)
    worker: Any = Worker(None)  # type: ignore[arg-type]  # nothing is sent to it
    worker.load, worker.homes = {"anna": told}, {"anna"}
    pool.workers = [worker]
    assert pool.heavy() == "anna"
    worker.load = {"anna": told._replace(opens=False)}
    assert pool.heavy() is None
