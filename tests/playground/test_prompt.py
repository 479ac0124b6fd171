"""What a model writes after a prompt, against a plain loop that takes the likeliest token."""

from __future__ import annotations

import pytest
import torch

from models.generate import GREEDY, Sampling
from playground.runs.prompt import LONGEST, continuation
from playground.runs.run import Run
from playground.tasks.base import MASK, START
from tests.playground.small import trained


def run_of(preset: str, **changes) -> Run:
    """A little trained, so that answers differ from prompt to prompt."""
    session = trained(25, preset, **{"training.lr": 0.01, "training.warmup": 0, **changes})
    assert session.run is not None
    return session.run


def loop(run: Run, ids: list[int], steps: int, **more: torch.Tensor) -> tuple[str, list[float]]:
    """Append the likeliest token again and again, without a cache."""
    written, probs = [], []
    with torch.no_grad():
        for _ in range(steps):
            last_V = run.model(torch.tensor([ids]), **more).logits_BTV[0, -1].softmax(-1)
            ids = [*ids, int(last_V.argmax())]
            written.append(run.task.vocabulary[ids[-1]])
            probs.append(last_V.max().item())
    return "".join(written), probs


def same(found, expected: tuple[str, list[float]]) -> None:
    assert "".join(g.t for g in found) == expected[0]
    assert [g.p for g in found] == pytest.approx(expected[1], abs=1e-3)
    for guess in found:
        assert guess.top[0] == [guess.t, guess.p]
        assert [p for _, p in guess.top] == sorted((p for _, p in guess.top), reverse=True)


def test_a_decoder_goes_on_with_a_text():
    run = run_of("text", task__length=24)
    found = continuation(run, "the func", GREEDY, 10)
    same(found, loop(run, run.task.encode("the func"), 10))


def test_a_decoder_stops_where_its_context_ends():
    run = run_of("text", task__length=16)
    assert len(continuation(run, "the func", GREEDY, 100)) == 9  # the last one need not be read
    assert len(continuation(run, "the function def", GREEDY, 9)) == 1
    with pytest.raises(ValueError, match="reads 16 tokens, and the prompt has 17"):
        continuation(run, "the function defi", GREEDY, 1)


@pytest.mark.parametrize("prefix", [False, True], ids=["causal", "prefix-LM"])
def test_a_decoder_answers_a_prompt_with_as_many_tokens_as_the_answer_has(prefix):
    run = run_of("reverse", model__prefix=prefix)
    found = continuation(run, "abcde", GREEDY, 2)
    more = {"prefix_B": torch.tensor([6])} if prefix else {}
    same(found, loop(run, run.task.encode("abcde→"), 5, **more))


def test_a_decoder_continues_a_block_for_as_long_as_it_is_asked_to():
    run = run_of("induction", task__length=20)
    same(continuation(run, "abcdab", GREEDY, 5), loop(run, run.task.encode("abcdab"), 5))


def test_an_encoder_needs_a_blank():
    run = run_of("text", model__topology="encoder-only", task__length=24)
    assert len(continuation(run, f"the f{MASK}n{MASK}tion", GREEDY, 1)) == 2
    with pytest.raises(ValueError, match=f"Put {MASK} where it should guess"):
        continuation(run, "the function", GREEDY, 1)


def test_a_decoder_of_an_encoder_decoder_writes_from_the_start_token():
    run = run_of("reverse", model__topology="encoder-decoder")
    source = torch.tensor([run.task.encode("hello")])
    same(continuation(run, "hello", GREEDY, 40), loop(run, [run.task.id[START]], 5, source_BS=source))
    assert len(continuation(run, "hello", GREEDY, 3)) == 5  # an answer is as long as it is


def test_an_encoder_fills_its_blanks_all_at_once():
    run = run_of("reverse", model__topology="encoder-only")
    ids = run.task.encode("hello→") + [run.task.id[MASK]] * 5
    with torch.no_grad():
        probs_TV = run.model(torch.tensor([ids])).logits_BTV[0, -5:].softmax(-1)
    words = "".join(run.task.vocabulary[i] for i in probs_TV.argmax(-1).tolist())
    same(continuation(run, "hello", GREEDY, 1), (words, probs_TV.max(-1).values.tolist()))


def test_a_temperature_draws_the_same_text_every_time_and_another_than_greed():
    run = run_of("text", task__length=40)
    warm = [[g.t for g in continuation(run, "the", Sampling(2.0), 30)] for _ in range(2)]
    assert warm[0] == warm[1]
    assert warm[0] != [g.t for g in continuation(run, "the", GREEDY, 30)]


@pytest.mark.parametrize(
    ("text", "sampling", "length", "said"),
    [
        ("  ", GREEDY, 5, "1 to 5 symbols"),
        ("abc", GREEDY, 0, f"between 1 and {LONGEST}; got 0"),
        ("abc", GREEDY, LONGEST + 1, f"got {LONGEST + 1}"),
        ("abc", Sampling(-1.0), 5, "temperature"),
        ("abc", Sampling(float("nan")), 5, "temperature"),
        ("abc", Sampling(1.0, top_k=0), 5, "top_k"),
        ("abc", Sampling(1.0, top_p=0.0), 5, "top_p"),
        ("abé", GREEDY, 5, "does not know 'é'"),
        ("abcdefgh", GREEDY, 5, "1 to 5 symbols"),
    ],
    ids=["empty", "no length", "too long", "cold", "no number", "no k", "no p", "unknown token", "long prompt"],
)  # fmt: skip
def test_what_cannot_be_continued_is_refused_with_a_sentence(text, sampling, length, said):
    run = run_of("reverse")
    with pytest.raises(ValueError, match=said):
        continuation(run, text, sampling, length)
