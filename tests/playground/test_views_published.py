"""The table beside published models: exact numbers, rounded only for the eye, in one form for every row."""

from __future__ import annotations

import json

import pytest

from models import PUBLISHED
from models.attention import GQA
from playground.views import published
from playground.visitors.session import Session
from tests.playground.small import tiny

LABELS = [column["label"] for column in published.columns()]


def named(title: str) -> dict:
    """label -> cell of a published model."""
    (cells,) = [row for row in published.rows() if row[0]["value"] == title]
    return dict(zip(LABELS, cells, strict=True))


def mine(session: Session) -> dict:
    return dict(zip(LABELS, json.loads(published.value(session)["mine"]), strict=True))


def plain(cell) -> object:
    return cell["value"] if isinstance(cell, dict) else cell


def test_gpt2_has_its_numbers():
    assert named("GPT-2") == {
        "Model": {
            "value": "GPT-2",
            "title": "Radford et al. 2019",
            "href": "https://cdn.openai.com/better-language-models/"
            "language_models_are_unsupervised_multitask_learners.pdf",
        },
        "Parameters": 124_439_808,
        "Active per token": 124_439_808,
        "FLOPs per token": {"value": 284_812_800, "text": "285 M", "title": "284,812,800 FLOP"},
        "KV numbers per token": 18_432,
        "KV bytes per token": {"value": 36_864, "text": "36.9 kB", "title": "36,864 B"},
        "KV bytes at full context": {"value": 37_748_736, "text": "37.7 MB", "title": "37,748,736 B"},
        "Context (tokens)": 1024,
    }


def test_a_window_bounds_what_a_full_context_keeps():
    assert plain(named("Mistral 7B")["KV bytes at full context"]) == 2 * 65_536 * 4096
    assert plain(named("Llama 3 8B")["KV bytes at full context"]) == 2 * 65_536 * 8192
    wide = PUBLISHED["llama-3-8b"].but(attention=GQA(heads=32, kv_heads=8, window=100_000))
    assert published.row("", wide)[1:] == published.row("", PUBLISHED["llama-3-8b"])[1:]


def test_an_encoder_keeps_nothing_and_the_row_says_so():
    kept = [named("BERT base")[label] for label in LABELS if label.startswith("KV")]
    assert [(cell["value"], cell["text"]) for cell in kept] == [(0, "none")] * 3


def test_an_encoder_decoder_keeps_its_source_too():
    session = tiny("copy", **{"model__topology": "encoder-decoder"})
    model = session.config.model
    per_token = 2 * model.layers * model.width  # keys and values of all layers
    cells = mine(session)
    assert cells["KV numbers per token"] == per_token
    assert plain(cells["KV bytes at full context"]) == 2 * 2 * per_token * model.context


def test_every_published_model_has_a_row_smallest_first():
    counts = [row[1] for row in published.rows()]
    assert len(counts) == len(PUBLISHED)
    assert counts == sorted(counts)
    assert all(row[0]["href"].startswith("https://") and row[0]["title"] for row in published.rows())


def test_the_row_of_the_configuration_follows_an_edit():
    session = tiny()
    before = mine(session)
    session.edit("model.layers", 3)
    after = mine(session)
    assert before["Model"]["value"] == "This configuration"
    assert (before["KV numbers per token"], after["KV numbers per token"]) == (2 * 2 * 16, 3 * 2 * 16)
    assert after["Parameters"] > before["Parameters"]


def test_only_the_row_of_the_configuration_travels():
    assert len(json.dumps(published.value(Session()))) < 800


@pytest.mark.parametrize("rows", [published.rows(), [published.row("x", tiny().config.model)]])
def test_whatever_is_rounded_has_its_exact_number_on_hover(rows):
    for cell in (cell for row in rows for cell in row[1:] if isinstance(cell, dict) and "title" in cell):
        assert cell["title"].startswith(f"{cell['value']:,} ")
