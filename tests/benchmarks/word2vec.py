"""Training word2vec on the built-in corpus against gensim with one worker, at the same settings."""

from __future__ import annotations

from collections.abc import Iterator

from models.word2vec import Word2Vec, Word2VecConfig
from playground.words.text import words
from tests.benchmarks.harness import Case

EPOCHS = 5
LR = {"skip-gram": 0.025, "CBOW": 0.05}


def cases() -> Iterator[Case]:
    """Five epochs, dimension 64, window 5, 5 negatives, subsampling at 0.001 as in the code; vocabularies are ready."""
    from gensim.models import Word2Vec as Gensim

    text = words()
    sentences: list[list[str]] = [[] for _ in range(int(text.sentences[-1]) + 1)]
    for word, number in zip(text.ids.tolist(), text.sentences.tolist(), strict=True):
        sentences[number].append(text.vocabulary[word])
    for kind, lr in LR.items():
        config = Word2VecConfig(kind=kind, lr=lr, epochs=EPOCHS)  # pyright: ignore[reportArgumentType]
        peer = Gensim(
            vector_size=config.dimension,
            window=config.window,
            negative=config.negatives,
            ns_exponent=config.power,
            sample=config.subsample,
            alpha=lr,
            min_alpha=lr * 1e-4,
            sg=int(kind == "skip-gram"),
            cbow_mean=1,
            min_count=1,
            workers=1,
            seed=0,
        )
        peer.build_vocab(sentences)

        def ours(config: Word2VecConfig = config) -> None:
            for _ in Word2Vec(config, text.counts, 0).train(text.ids, text.sentences):
                pass

        def theirs(peer: Gensim = peer) -> None:
            peer.train(sentences, total_examples=len(sentences), epochs=EPOCHS)

        title = f"word2vec, {kind}: {EPOCHS} x {len(text.ids):,} words of {len(text.vocabulary):,}"
        yield Case(title, "gensim", {"ours": ours, "gensim": theirs})
