"""What the Embeddings page trains: a corpus, skip-gram and CBOW on it, and how fast the visitor wants to see it."""

from __future__ import annotations

from typing import Literal

from models.config import Config, knob
from models.word2vec import Word2VecConfig

Kind = Literal["skip-gram", "CBOW"]
KINDS: tuple[Kind, Kind] = ("skip-gram", "CBOW")
CORPORA = {
    "small language": "Sentences of a grammar with nine known classes of words, and pairs such as king and queen.",
    "help texts": "The help texts of Python, English prose with code: about 60,000 words.",
    "own text": "A text of yours. Small texts need few dimensions, many epochs and rare words too.",
}
PACE = 24_000


class WordSettings(Config):
    """Both methods learn the same corpus at once, with the same settings but for the learning rate."""

    corpus: Literal["small language", "help texts", "own text"] = knob(
        "small language", "Corpus", "What is read: " + " ".join(CORPORA.values())
    )
    sentences: int = knob(
        4000,
        "Sentences",
        "Of the small language; every fifth is about a pair.",
        ge=50,
        le=100_000,
        most=20_000,
        log=True,
    )
    text: str = knob(
        "", "Text", "Words are letters and apostrophes within; a sentence ends at . ! ? : ; or a blank line."
    )
    model: Word2VecConfig = Word2VecConfig(dimension=16, epochs=12)
    cbow_lr: float = knob(
        0.1,
        "Learning rate of CBOW",
        "CBOW’s words share the gradient of their mean, so it likes more than skip-gram: 0.05 in the C code, which "
        "does not divide that gradient; divided, as here, 0.1.",
        gt=0.0,
        le=1.0,
        most=0.5,
        log=True,
        paper=("Irsoy et al. 2021", "https://arxiv.org/abs/2012.15332"),
    )
    seed: int = knob(
        0, "Seed", "Initial vectors, negatives, windows, and the sentences of the small language.", ge=0, le=2**31 - 1
    )
    pace: int | None = knob(
        PACE,
        "Pace",
        "Slows the reading down so that it can be watched; empty, it reads as fast as one core can.",
        live=True,
        ge=100,
        le=100_000_000,
        most=1_000_000,
        log=True,
        unit="words/s",
        empty="no limit",
    )

    def of(self, kind: Kind) -> Word2VecConfig:
        """The config of one of the two methods."""
        return self.model.but(kind=kind, lr=self.model.lr if kind == "skip-gram" else self.cbow_lr)
