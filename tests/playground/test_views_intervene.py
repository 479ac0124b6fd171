"""The Intervene lens: what it shows is what slow loops over the same model find, and every input is bounded."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import numpy as np
import pytest
import torch

from models import Ablate
from playground.interventions import prompts
from playground.lenses.intervene import view as intervene
from playground.lenses.intervene import work
from playground.lenses.intervene.choices import InterveneChoices
from playground.lenses.intervene.corrupting import Wish, corruption
from playground.lenses.intervene.trial import LONGEST, cropped
from playground.lenses.intervene.trials import TRIALS, chosen
from playground.runs.run import Run
from playground.tasks.base import IGNORE
from playground.tasks.forward import forward
from tests.playground.jobs import advance
from tests.playground.lenses import code
from tests.playground.mixed import mixed
from tests.playground.small import tiny, trained

TOPOLOGIES = ("decoder-only", "encoder-only", "encoder-decoder")


def run(session: Any, trial: str, **chosen_: Any) -> dict[str, Any]:
    """Press Run in an experiment, and read what is shown."""
    state = session.of(InterveneChoices)
    state.trial, state.said, state.tone = trial, "", ""
    state.chosen |= {(trial, name): value for name, value in chosen_.items()}
    for _ in work.compute(session):
        pass
    return shown(session)


def shown(session: Any) -> dict[str, Any]:
    found = intervene.value(session)
    return {name: json.loads(v) if isinstance(v, str) and v[:1] in ("{", "[") else v for name, v in found.items()}


def cells(value: dict[str, Any], i: int = 0) -> Any:
    return value["maps"][i]["heat"]


def test_before_a_run_the_lens_offers_to_train():
    html = json.loads(intervene.nothing()["empty"])["html"]
    assert 'data-do="set:%7B%7D"' in html
    assert "Train it now" in html


def test_each_head_costs_what_evaluating_without_it_says():
    session = trained(12)
    value = run(session, "costs")
    heads, model, held_out = cells(value), session.run.config.model, session.run.held_out
    batch = session.run.task.batch(
        256, torch.Generator().manual_seed(1_000_003), session.run.topology, split="validation"
    )
    session.run.held_out = batch
    whole = session.run.evaluate()
    for layer in range(model.layers):
        for head in range(2):
            without = session.run.evaluate([Ablate("decoder", layer, head=head)])
            assert heads["values"][layer][head] == pytest.approx(without.loss - whole.loss, abs=2e-5)
            told = heads["hover"][layer][head]
            assert told.startswith(f"without L{layer} H{head}: loss {heads['values'][layer][head]:+.4f} ± ")
            assert f"{100 * (without.accuracy - whole.accuracy):+.1f} ± " in told
            assert told.endswith("256 examples")
    session.run.held_out = held_out
    assert "256 held-out examples" in value["note"]
    assert "standard error" in value["note"]
    assert value["maps"][0]["pick"] == "decoder"
    assert value["maps"][1]["pick"] == ""
    assert len(value["table"]["rows"]) == sum(
        z is not None for m in value["maps"] for row in m["heat"]["values"] for z in row
    )


def test_every_stack_and_every_expert_has_its_map():
    value = run(trained(2, "copy", model__topology="encoder-decoder"), "costs", examples=64)
    assert [m["pick"] for m in value["maps"]][:3] == ["encoder", "decoder", "cross"]
    value = run(mixed(2), "costs", examples=64)
    experts = next(m for m in value["maps"] if m["title"] == "Experts")
    assert experts["pick"] == "decoder expert"
    assert experts["note"].endswith("a press opens the expert in the Experts lens, where everything can be sent to it")


def test_costs_fill_while_they_are_measured_and_stop_where_they_are_told(monkeypatch):
    session, seen = trained(2), []
    monkeypatch.setattr(work, "DRAWN", 0.0)
    session.of(InterveneChoices).chosen["costs", "examples"] = 64  # in one piece
    session.jobs.begin("intervene", work.compute(session), lambda sentence: None)
    assert shown(session)["state"] == "running"
    advance(session, "intervene")  # the whole model
    for _ in range(3):
        advance(session, "intervene")
        seen.append([z for row in cells(shown(session))["values"] for z in row])
    assert shown(session)["words"].startswith("Computing")
    session.jobs.cancel("intervene")
    assert [sum(z is not None for z in zs) for zs in seen] == [0, 1, 2]
    assert shown(session)["state"] == "idle"
    assert shown(session)["words"].startswith("Stopped at step 2: these are the numbers so far.")


def test_what_was_not_drawn_yet_is_drawn_where_it_is_cancelled(monkeypatch):
    session = trained(2)
    monkeypatch.setattr(work, "DRAWN", 60.0)
    session.of(InterveneChoices).chosen["costs", "examples"] = 64  # in one piece
    session.jobs.begin("intervene", work.compute(session), lambda sentence: None)
    advance(session, "intervene", 4)
    assert sum(z is not None for row in cells(shown(session))["values"] for z in row) == 0
    session.jobs.cancel("intervene")
    assert sum(z is not None for row in cells(shown(session))["values"] for z in row) == 2


def test_an_experiment_ends_when_its_time_of_computing_is_over(monkeypatch):
    session = trained(2)
    monkeypatch.setattr(Run, "patience", -1.0)
    value = run(session, "costs")
    assert value["words"].startswith("Stopped after -1 seconds: these are the numbers so far.")


def test_training_goes_on_while_an_experiment_computes_on_a_copy():
    session = trained(3)
    before = {k: v.clone() for k, v in session.run.model.state_dict().items()}
    for trial in TRIALS:
        run(session, trial)
    assert all(torch.equal(v, before[k]) for k, v in session.run.model.state_dict().items())
    for _ in session.run.train(2):
        pass
    assert shown(session)["words"] == "Computed at step 3. The model is at step 5 now."
    session.shown = 0
    assert "Looking back does not change it: experiments need the newest model, of step 5." in shown(session)["words"]


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_the_last_row_of_the_logit_lens_is_the_models_own_prediction(topology):
    session = trained(3, "copy", model__topology=topology)
    value, seen = run(session, "lens"), session.run.probe.batch
    with torch.no_grad():
        probs_TV = forward(session.run.model, seen).logits_BTV[0].float().softmax(-1)
    assert cells(value)["values"][-1] == pytest.approx(probs_TV.max(-1).values.numpy(), rel=1e-3)
    said = torch.tensor([session.run.task.id[token] for token in cells(value)["text"][-1]])
    assert probs_TV.gather(1, said[:, None])[:, 0].tolist() == probs_TV.max(-1).values.tolist()  # there may be ties
    assert cells(value)["hover"][-1][0].count(",") >= 5  # the five likeliest
    assert cells(value)["hover"][-1][0].endswith("0.000 nats from the final one")


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_rollout_is_the_product_of_the_maps_for_any_position_without_another_run(topology):
    session = trained(3, "copy", model__topology=topology)
    run(session, "rollout")
    session.of(InterveneChoices).chosen["rollout", "position"] = 2
    work.redraw(session)
    value = shown(session)
    output = forward(session.run.model, session.run.probe.batch, record=True)
    stack = output.encoder if topology == "encoder-only" else output.decoder
    product = np.eye(stack[0].self_attention_BHTS.shape[-1])
    for layer, record in enumerate(stack):
        mean = record.self_attention_BHTS[0].detach().double().mean(0).numpy()
        product = (mean + np.eye(len(mean))) / 2 @ product
        assert cells(value)["values"][layer] == pytest.approx(product[2], abs=1e-4)
    assert "position 2" in value["maps"][0]["title"]
    assert value["words"] == "Computed at step 3."


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_swapped_token_gives_the_predictions_of_the_swapped_probe(topology):
    session = trained(3, "copy", model__topology=topology)
    value, batch = run(session, "swap", position=1, token=7), session.run.probe.batch
    field = "ids_BT" if batch.source_BS is None else "source_BS"
    other = getattr(batch, field).clone()
    other[0, 1] = 7
    words = session.run.task.vocabulary
    for row, given in enumerate((batch, batch._replace(**{field: other}))):
        with torch.no_grad():
            logits_TV = forward(session.run.model, given).logits_BTV[0]
        assert cells(value)["text"][row] == [words[i] for i in logits_TV.argmax(-1)]
    assert (cells(value)["values"][0].count(None)) == int((batch.targets_BT[0] == IGNORE).sum())


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_patched_cells_are_those_of_two_forward_passes_by_hand(topology, monkeypatch):
    monkeypatch.setattr(prompts, "LEAST", 1e-3)  # after few steps answers are not far apart
    session = trained(30, "copy", model__topology=topology, training__lr=0.01, task__length=4)
    value = run(session, "patch")
    assert not value["tone"], value["words"]
    model, words = session.run.model, session.run.task.vocabulary
    made = corruption(model, session.run.probe.batch, words, Wish())
    field = "ids_BT" if made.clean.source_BS is None else "source_BS"
    apart = (getattr(made.clean, field) != getattr(made.corrupted, field)).nonzero().tolist()
    assert apart == [[0, made.position]]
    stacks = "decoder" if topology == "decoder-only" else "encoder"
    streams = {}

    def differ(batch: Any) -> float:
        with torch.no_grad():
            logits_V = forward(model, batch).logits_BTV[0, made.answer.at].double()
        return (logits_V[made.answer.right] - logits_V[made.answer.wrong]).item()

    block = getattr(model, stacks).blocks[0]

    def keep(m: Any, a: Any, o: Any) -> None:
        streams["clean"] = o[0]

    hook = block.register_forward_hook(keep)
    clean = differ(made.clean)
    hook.remove()

    def put(m: Any, a: Any, o: Any) -> Any:
        mine = o[0].clone()
        mine[:, made.position] = streams["clean"][:, made.position]
        return (mine, *o[1:])

    corrupted = differ(made.corrupted)
    hook = block.register_forward_hook(put)
    patched = differ(made.corrupted)
    hook.remove()
    recovered = cells(value)["values"][0][made.position]
    assert recovered == pytest.approx((patched - corrupted) / (clean - corrupted), abs=1e-3)
    assert value["maps"][1]["pick"] == stacks


def test_what_cannot_be_patched_is_refused_in_a_sentence_and_the_result_before_stays():
    session = trained(12)
    same = int(session.run.probe.batch.ids_BT[0, 3])
    token, words = session.run.task.vocabulary[same], session.run.task.vocabulary
    said = f"{token} stands at position 3 already. Choose another token."
    value = run(session, "patch", position=3, token=same)
    assert (value["tone"], value["words"], value["again"]) == ("error", said, False)
    value = run(session, "patch", position=30, at=4, token="auto")
    assert value["words"].startswith("The logit difference is 0.0")
    value = run(session, "patch", position="auto", at="auto", right=2, wrong=2)
    assert value["words"] == f"Both answers are {words[2]}. Choose another clean or another corrupted answer."
    before = run(session, "swap", position=3)
    assert before["tone"] == ""
    value = run(session, "swap", position=3, token=same)
    assert value["words"] == f"{said} What is shown was computed with the inputs before."
    assert value["maps"] == before["maps"]


def test_a_model_without_attention_says_what_it_lacks():
    session = trained(1, "copy", **{"model.attention.kind": "none", "model.position.kind": "learned"})
    assert "this model has none" in run(session, "rollout")["words"]
    assert all(not m["pick"] for m in run(session, "costs", examples=64)["maps"])
    assert run(session, "lens")["tone"] == ""


def test_the_induction_check_is_there_for_its_task_alone_and_says_what_it_found():
    session = trained(2)
    value = run(session, "check")
    assert value["finding"]["title"] == "No head looks for what followed the last time"
    assert f"On {session.run.config.training.examples} held-out examples" in value["note"]
    other = trained(1, "copy")
    other.of(InterveneChoices).trial = "check"
    assert chosen(other).id == "costs"
    assert "check" not in dict(shown(other)["trials"])


def test_inputs_that_are_not_offered_fall_back():
    session = trained(1)
    value = run(session, "swap", position=10**6, token="<b>")
    fields = {f["name"]: f["value"] for f in value["fields"]}
    assert fields == {"position": 8, "token": "auto"}
    value = run(session, "costs", how="max", examples=10**9)
    assert {f["name"]: f["value"] for f in value["fields"]} == {"how": "zero", "examples": 256}


def test_a_long_probe_is_cut_and_said():
    session = trained(1, "text", task__length=100)
    value = run(session, "lens")
    assert len(cells(value)["values"][0]) == LONGEST
    assert "the first 64 of the probe’s 100 tokens" in value["maps"][0]["note"]
    batch = session.run.probe.batch
    with torch.no_grad():
        whole, part = (forward(session.run.model, b).logits_BTV[0, :LONGEST] for b in (batch, cropped(batch)))
    assert torch.allclose(whole, part, atol=1e-4)


def test_a_run_takes_its_results_with_it():
    session = trained(1)
    run(session, "lens")
    assert shown(session)["again"]
    session.restart()
    assert not shown(session)["again"]
    assert shown(session)["words"] == "Not run yet."


@pytest.mark.parametrize("trial", TRIALS)
def test_the_lines_of_python_run_as_they_are_and_print_the_same(trial):
    session = trained(8)
    value = run(session, trial)
    names: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code(session, "intervene"), names)
    assert names["run"].step == 8
    if trial == "patch":
        assert value["tone"] or out.getvalue()
    elif trial == "rollout":
        shares_LT = names["shares_LBTT"][:, 0, 22].detach().numpy()
        assert shares_LT == pytest.approx(np.array(cells(value)["values"]), abs=1e-4)
    else:
        assert len(names["found"].frame()) == len(value["table"]["rows"])


def test_before_a_result_the_lines_show_the_first_experiment():
    assert "costs(run.model, run.held_out)" in code(tiny(), "intervene")
