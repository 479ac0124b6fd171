"""What is captured as a CUDA graph, and what is computed plainly instead: with a stand-in for the capture itself."""

import pytest
import torch

from playground.compute.capture import LogitsOf, captured
from playground.compute.precision import Precision
from tests.playground.small import tiny

CUDA, FP32 = torch.device("cuda"), Precision("fp32", "")
TOPOLOGIES = ("decoder-only", "encoder-only", "encoder-decoder")


def run_of(topology="decoder-only"):
    run = tiny("copy", **{"model.topology": topology}).start()
    return run, run.task.batch(4, torch.Generator().manual_seed(1), topology)


@pytest.fixture
def graphs(monkeypatch):
    """Stand in for the capture; returns the shapes of every replay."""
    replayed = []

    def capture(module, tensors):
        def replay(*given):
            replayed.append([tuple(t.shape) for t in given])
            return module(*given)

        return replay

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", capture)
    return replayed


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_a_batch_like_the_sample_is_replayed_and_another_computed_plainly(graphs, topology):
    run, sample = run_of(topology)
    passed, sentence = captured(run.model, FP32, CUDA, None, lambda: sample)
    expected = run.passed(sample).logits_BTV
    assert sentence == ""
    assert torch.equal(passed(sample).logits_BTV, expected)
    assert len(graphs) == 1
    fewer = sample._replace(**{name: t[:2] for name, t in sample._asdict().items() if t is not None})
    assert torch.allclose(passed(fewer).logits_BTV, expected[:2], atol=1e-6)
    assert len(graphs) == 1


def test_a_capture_that_fails_is_said_and_computed_plainly(monkeypatch):
    def fail(*_):
        raise RuntimeError("operation not permitted when stream is capturing\nmore lines")

    monkeypatch.setattr(torch.cuda, "make_graphed_callables", fail)
    run, sample = run_of()
    passed, sentence = captured(run.model, FP32, CUDA, None, lambda: sample)
    assert sentence.endswith("slower: operation not permitted when stream is capturing")
    assert torch.equal(passed(sample).logits_BTV, run.passed(sample).logits_BTV)


def test_dropout_is_not_captured_and_said(graphs):
    run, sample = run_of()
    passed, sentence = captured(run.model, FP32, CUDA, torch.Generator().manual_seed(0), lambda: sample)
    assert sentence.startswith("Dropout draws new numbers")
    passed(sample)
    assert not graphs


def test_off_cuda_nothing_is_captured(graphs):
    run, sample = run_of()
    passed, sentence = captured(run.model, FP32, torch.device("cpu"), None, lambda: sample)
    passed(sample)
    assert (sentence, graphs) == ("", [])


def test_what_is_captured_depends_on_tensors_alone_and_has_the_gradients():
    run, sample = run_of()
    module = LogitsOf(run.model, FP32, torch.device("cpu"), ("ids_BT",))
    assert {id(p) for p in module.parameters()} == {id(p) for p in run.model.parameters()}
    assert torch.equal(module(sample.ids_BT), run.passed(sample).logits_BTV)
    module(sample.ids_BT).logsumexp(-1).sum().backward()  # the head begins at zero
    assert run.model.head.weight.grad.abs().sum() > 0


def test_a_mixture_is_not_captured_and_said(graphs):
    run = tiny("collapse").start()
    sample = run.task.batch(4, torch.Generator().manual_seed(1), run.topology)
    passed, sentence = captured(run.model, FP32, CUDA, run.noise, lambda: sample)
    assert sentence.startswith("How many tokens an expert takes changes")
    passed(sample)
    assert not graphs
