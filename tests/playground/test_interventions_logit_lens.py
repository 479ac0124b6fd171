"""Each row of the logit lens is the prediction of a shallower model, the last one the model's own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch

from models import Transformer
from models.embedding import Embedding, Head
from models.norm import Norm
from models.position import Learned
from playground.findings import interventions as findings
from playground.interventions.logit_lens import Lens, lens
from playground.tasks.base import IGNORE
from playground.tasks.forward import forward
from tests.playground.intervened import batch_of, model_of

WORDS = [*"abcdefghijkl", "<"]
MODELS: dict[str, dict[str, Any]] = {
    "decoder": {"layers": 3},
    "encoder, embedding norm": {"topology": "encoder-only", "embedding": Embedding(norm=True), "position": Learned()},
    "encoder-decoder": {"topology": "encoder-decoder", "encoder_layers": 1},
    "post-norm": {"norm": Norm(place="post")},
    "no final norm": {"norm": Norm(final=False)},
    "tied, scaled": {"head": Head(tied=True, scaled=True), "embedding": Embedding(scaled=True)},
    "transforming head": {"head": Head(tied=True, bias=True, transform="gelu")},
    "prefix": {"prefix": True},
}


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS.keys())
def test_every_row_of_the_lens_is_the_prediction_of_a_shallower_model(fields: dict[str, Any]):
    model = model_of(**fields)
    batch = batch_of(model.config)
    got = lens(model, batch, example=2, k=13)
    with torch.no_grad():
        for row in range(len(got.rows)):
            shallow: Any = Transformer(model.config.but(layers=max(1, row)))
            kept = model.state_dict()
            shallow.load_state_dict({name: kept[name] for name in shallow.state_dict()})
            if row == 0:
                getattr(shallow, "decoder" if shallow.decoder else "encoder").blocks = torch.nn.ModuleList()
            probs = forward(shallow, batch).logits_BTV[2].softmax(-1)
            assert np.allclose(np.take_along_axis(probs.numpy(), got.top_RTK[row], -1), got.probs_RTK[row], atol=1e-5)
            assert (np.diff(got.probs_RTK[row], axis=-1) <= 0).all()
    assert len(got.rows) == 1 + model.config.layers
    assert not np.allclose(got.probs_RTK[0], got.probs_RTK[-1], atol=1e-2)


@pytest.mark.parametrize("fields", MODELS.values(), ids=MODELS.keys())
def test_the_last_row_of_the_lens_is_the_model_s_own_prediction_to_the_bit(fields: dict[str, Any]):
    model = model_of(**fields)
    batch = batch_of(model.config, examples=3)
    got = lens(model, batch._replace(), example=1)
    with torch.no_grad():
        logits_TV = forward(model, batch).logits_BTV[1]
        top = logits_TV.log_softmax(-1).exp().topk(5, dim=-1)
    assert np.array_equal(got.top_RTK[-1], top.indices.numpy())
    assert np.allclose(got.probs_RTK[-1], top.values.numpy(), rtol=1e-5, atol=0)  # batches of other sizes
    single = lens(model, type(batch)(**{f: t[1:2] for f, t in batch._asdict().items() if t is not None}))
    with torch.no_grad():
        alone = forward(model, type(batch)(**{f: t[1:2] for f, t in batch._asdict().items() if t is not None}))
    assert np.array_equal(
        single.probs_RTK[-1], alone.logits_BTV[0].log_softmax(-1).exp().topk(5, dim=-1).values.numpy()
    )


def test_what_the_lens_says_of_distance_and_of_the_wanted_token():
    model = model_of(layers=3)
    batch = batch_of(model.config)
    got = lens(model, batch, k=13)
    rows = np.empty((4, 9, 13))
    np.put_along_axis(rows, got.top_RTK, got.probs_RTK, -1)
    for r, t in np.ndindex(4, 9):
        p, q = rows[-1, t], rows[r, t]
        assert got.kl_RT[r, t] == pytest.approx(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)), abs=1e-5)
        wanted = int(batch.targets_BT[0, t])
        if wanted == IGNORE:
            assert np.isnan(got.wanted_RT[r, t])
        else:
            assert got.wanted_RT[r, t] == pytest.approx(q[wanted], abs=1e-6)
    assert (got.kl_RT[-1] == 0).all()
    table = got.frame()
    assert len(table) == 4 * 9 * 13
    assert table[(table.row == "L2") & (table["rank"] == 0)].prediction.tolist() == got.top_RTK[-1, :, 0].tolist()


def test_a_lens_on_what_no_head_reads_is_refused():
    model = model_of(topology="encoder-decoder")
    with pytest.raises(ValueError, match=r"here the decoder. The encoder's streams go to cross-attention"):
        lens(model, batch_of(model.config), stack="encoder")
    plain = model_of(topology="encoder-only")
    with pytest.raises(ValueError, match="here the encoder"):
        lens(plain, batch_of(plain.config), stack="decoder")
    with pytest.raises(ValueError, match="There are 5 examples, counted from 0; got 5"):
        lens(model, batch_of(model.config), example=5)


def test_predictions_settle_where_the_likeliest_token_stays():
    top = np.array([[1, 2, 3, 5], [4, 2, 3, 1], [1, 2, 0, 1], [1, 2, 3, 1]])[..., None]
    wanted = np.array([[0.1, 0.2, np.nan, 0.3]] * 4)
    kl = np.array([[2.0, 4.0, 9.0, 0.0], [1, 1, 1, 1], [0.5, 0.5, 0.5, 0.5], [0, 0, 0, 0]])
    found = Lens((0, 1, 2, 3), top, top * 0.1, kl, wanted)
    assert found.settled().tolist() == [2, 0, 3, 1]
    told = findings.lens(found, WORDS)
    assert told.title == "Predictions settle from L0 on"
    assert "At half of the 3 scored positions" in told.html
    assert "The last to settle is position 0 (<b class='mono'>b</b>), at L1." in told.html
    assert "lose 2.00 nats on the final ones; before the last layer, 0.50." in told.html


def test_what_only_the_last_layer_predicts_is_not_said_to_settle_there():
    top = np.array([[1, 2, 3, 5], [4, 1, 1, 1], [1, 2, 3, 1]])[..., None]
    wanted = np.array([[0.1, 0.2, 0.2, 0.3]] * 3)
    kl = np.array([[2.0, 4.0, 9.0, 0.0], [1, 1, 1, 1], [0, 0, 0, 0]])
    told = findings.lens(Lens((0, 1, 2, 3), top, top * 0.1, kl, wanted), WORDS)
    assert told.title == "Only the last layer makes the final predictions"
    assert "differs from the final one before it" in told.html
