"""The table that is drawn as two files for the TensorFlow Embedding Projector, when a visitor asks for them."""

from __future__ import annotations

import json
import time

from torch import Tensor

from playground.lenses.embeddings.choices import VectorChoices
from playground.measures.vector_files import metadata_tsv, vectors_tsv
from playground.visitors.session import Session

SECONDS = 3.0  # that they are sent for: a picture of the stream may take the place of the answer


def ask(session: Session, n: float) -> None:
    """A press, by its number."""
    session.of(VectorChoices).asked, session.of(VectorChoices).until = n, time.monotonic() + SECONDS


def asked(session: Session, name: str, words: list[str], vectors_VD: Tensor, step: int) -> str:
    """JSON {n, name, vectors, metadata}, or "" where nobody asked just now."""
    if time.monotonic() > session.of(VectorChoices).until:
        return ""
    shown, lengths = [_one_word(word) for word in words], [f"{x:.6g}" for x in vectors_VD.norm(dim=1).tolist()]
    return json.dumps(
        {
            "n": session.of(VectorChoices).asked,
            "name": f"{name.replace(' ', '-')}-embeddings-step-{step}",
            "vectors": vectors_tsv(vectors_VD),
            "metadata": metadata_tsv(shown, {"norm": lengths}),
        }
    )


def _one_word(word: str) -> str:
    """White space ends a cell of the file: such a token goes by its code points."""
    return (
        word
        if word and not any(c.isspace() for c in word)
        else " ".join(f"U+{ord(c):04X}" for c in word).replace(" ", "_") or "empty"
    )
