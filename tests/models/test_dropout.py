"""Dropout zeroes the stated share, repeats from its generator, and is off without one."""

import pytest
import torch

from models import Transformer
from models.attention import MHA
from models.dropout import dropout
from models.init import Init
from models.tap import Pass
from tests.models.variants import inputs, noisy, small


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_stated_share_is_zeroed_and_the_mean_kept(rate: float):
    y = dropout(torch.ones(200, 500), rate, seeded())
    assert float((y == 0).float().mean()) == pytest.approx(rate, abs=0.01)
    torch.testing.assert_close(y[y != 0].unique(), torch.tensor([1 / (1 - rate)]))


def test_no_training_or_no_rate_leaves_the_values_alone():
    x = torch.ones(3, 4)
    assert Pass(generator=seeded()).dropout(x, 0.5) is x
    assert Pass(training=True, generator=seeded()).dropout(x, 0.0) is x


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only", "encoder-decoder"])
def test_a_model_drops_the_same_from_the_same_generator_and_nothing_without(topology: str):
    config = small(dropout=0.3, topology=topology)
    model, given = noisy(Transformer(config)), inputs(config)
    first, again, other = (model(**given, generator=seeded(s)).logits_BTV for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-3)
    plain = noisy(Transformer(config.but(dropout=0.0)))(**given).logits_BTV
    assert torch.equal(model(**given).logits_BTV, plain)
    assert not torch.allclose(first, plain, atol=1e-3)


def test_recording_with_dropout_reports_the_weights_before_it():
    config = small(dropout=0.3, attention=MHA(), layers=1)
    output = Transformer(config)(**inputs(config), generator=seeded(), record=True)
    weights_BHTS = output.decoder[0].self_attention_BHTS
    torch.testing.assert_close(weights_BHTS.sum(-1), torch.ones(3, 4, 9))
    same = Transformer(config)(**inputs(config), generator=seeded())
    torch.testing.assert_close(same.logits_BTV, output.logits_BTV)


def test_dropout_acts_on_embeddings_weights_and_sublayers():
    drawn: list[tuple[int, ...]] = []

    real = torch.rand
    config = small(dropout=0.3, layers=1)
    model, given = Transformer(config), inputs(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "rand", lambda shape, **named: drawn.append(tuple(shape)) or real(shape, **named))
        model(**given, generator=seeded())
    assert drawn == [(3, 9, 16), (3, 4, 9, 9), (3, 9, 16), (3, 9, 16)]


@pytest.mark.parametrize("topology", ["decoder-only", "encoder-only"])
def test_the_stream_itself_is_thinned_only_where_it_begins(topology: str):
    config = small(dropout=0.5, topology=topology, init=Init(residual_gain=0.0))  # so no sublayer adds anything
    output = Transformer(config)(**inputs(config), generator=seeded(), record=True)
    first, second = (one.stream_BTD for one in output.encoder + output.decoder)
    assert torch.equal(first, second)
    assert float((first == 0).float().mean()) == pytest.approx(0.5, abs=0.1)
