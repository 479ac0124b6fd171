"""A run goes to the Hub as a checkpoint, and comes back as the same model and the same tokens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as hf

from models import PRESETS
from models.pretrained import load
from playground.checkpoints.fetch import fetch
from playground.checkpoints.hub import find
from playground.checkpoints.push import push, write
from playground.checkpoints.tokenizer import read
from playground.runs.run import Run, RunConfig

NAME, TOKEN = "me/tiny", "hf_visitor"


def run(**sections: Any) -> Run:
    """A small run after three updates."""
    training = {"batch": 4, "examples": 8}
    found = Run(RunConfig.model_validate({"training": training, **sections}))
    for _ in found.train(3):
        pass
    return found


RUNS: dict[str, dict[str, Any]] = {
    "gpt2": {"model": PRESETS["gpt2-mini"].model_dump(exclude={"vocab", "context"}), "task": {"kind": "text"}},
    "transformer_playground": {"model": {"layers": 1, "width": 16}, "task": {"kind": "copy"}},
}


@pytest.mark.parametrize("family", RUNS)
def test_what_is_pushed_is_found_fetched_and_loaded(hub, family):
    pushed = run(**RUNS[family])
    address = push(pushed, NAME, TOKEN)
    assert address == f"{hub.url}/{NAME}"
    assert {asked.token for asked in hub.asked} == {TOKEN}
    folder = fetch(find(NAME), lambda *told: None, lambda: False)
    again = load(folder)
    assert again.family == family
    ids_BT = pushed.probe.batch.ids_BT
    assert torch.equal(again.model(ids_BT).logits_BTV, pushed.model(ids_BT).logits_BTV)
    text = pushed.task.decode(ids_BT[0])
    assert [piece.id for piece in read(folder, again.config.vocab).encode(text)] == ids_BT[0].tolist()
    if family == "gpt2":
        assert hf.AutoModelForCausalLM.from_pretrained(folder).config.n_layer == 3
        assert hf.PreTrainedTokenizerFast.from_pretrained(folder)(text).input_ids == ids_BT[0].tolist()


@pytest.mark.parametrize("task", ["text", "copy", "modular addition", "brackets", "induction"])
def test_the_tokens_of_every_kind_of_task_are_read_again(task, tmp_path):
    written = run(model={"layers": 1, "width": 16}, task={"kind": task})
    write(written, tmp_path)
    ids = written.probe.batch.ids_BT[0].tolist()
    found = read(tmp_path, written.config.model.vocab)
    text = written.task.decode(ids)
    assert [piece.id for piece in found.encode(text)] == ids
    assert found.decode(ids) == text


def test_a_card_says_what_it_is(tmp_path):
    write(run(**RUNS["transformer_playground"], seed=7), tmp_path)
    card = (tmp_path / "README.md").read_text()
    assert card.startswith("---\ntags:\n- transformer-playground\n---\n")
    assert "Trained for 3 steps. Its loss on held-out examples is " in card
    settings = json.loads(card.split("```json")[1].split("```")[0])
    assert RunConfig.model_validate(settings).seed == 7


def test_a_push_without_a_token_or_a_name_asks_nothing(hub):
    pushed = run(**RUNS["transformer_playground"])
    for name, token, said in ((NAME, "", "Log in first"), ("../x", TOKEN, "no name of a repository")):
        with pytest.raises(ValueError, match=said):
            push(pushed, name, token)
    assert hub.asked == []


def test_a_push_that_is_not_allowed_is_told(hub):
    hub.answers = {"/api/repos/create": (403, {})}
    with pytest.raises(ValueError, match=r"me/tiny: the Hub answers 403: it does not let you do this\."):
        push(run(**RUNS["transformer_playground"]), NAME, TOKEN)


def test_a_text_of_ones_own_is_not_in_the_card(tmp_path):
    text = "a secret of mine, " * 60
    write(run(model={"layers": 1, "width": 16}, task={"kind": "text", "source": "own", "text": text}), tmp_path)
    assert "secret" not in Path(tmp_path / "README.md").read_text()
