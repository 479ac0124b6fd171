"""The claims' sentences stand on the page, and those that take seconds hold here on one seed."""

import pytest

from playground.comparison.ready import READY
from playground.settings.presets import PRESETS
from tests.claims.claims import CLAIMS

SEED = 77


def said(name: str) -> str:
    """All that the page says of a preset and of a comparison of that name."""
    preset, ready = PRESETS.get(name), READY.get(name)
    words = [preset.shows, *(what for _, _, what in preset.tries)] if preset else []
    return " ".join([*words, ready.shows] if ready else words)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_the_sentence_stands_on_the_page(claim):
    assert claim.sentence in said(claim.name)


@pytest.mark.parametrize("claim", [claim for claim in CLAIMS if claim.short], ids=lambda claim: claim.name)
def test_a_short_claim_holds_on_a_seed(claim):
    found = claim.measured(SEED)
    assert claim.holds(found), found
