"""Tables of vectors as text: word2vec's own format, and two files for the TensorFlow Embedding Projector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor


def word2vec_text(words: Sequence[str], vectors_VD: Tensor) -> str:
    """A line with both sizes, then one per word: the word and its numbers, between spaces.

    Raises ValueError for words that the format cannot hold.
    """
    _checked(words, vectors_VD)
    lines = (f"{word} {_row(row, ' ')}" for word, row in zip(words, vectors_VD.tolist(), strict=True))
    return "\n".join((" ".join(map(str, vectors_VD.shape)), *lines, ""))


def vectors_tsv(vectors_VD: Tensor) -> str:
    """The projector's first file: a row of numbers per word, between tabs, without a header."""
    return "".join(f"{_row(row, chr(9))}\n" for row in vectors_VD.tolist())


def metadata_tsv(words: Sequence[str], columns: Mapping[str, Sequence[object]]) -> str:
    """The projector's second file: what is known of each word. With more than one column it wants a header."""
    _checked(words)
    if not columns:
        return "".join(f"{word}\n" for word in words)
    rows = zip(words, *columns.values(), strict=True)
    shown = [["word", *columns], *([str(cell) for cell in row] for row in rows)]
    if any(sign in cell for row in shown for cell in row for sign in "\t\n\r"):
        raise ValueError("A cell of the metadata has a tab or a line break in it.")
    return "".join("\t".join(row) + "\n" for row in shown)


def _row(numbers: Sequence[float], between: str) -> str:
    """Nine digits bring a float32 back as it was."""
    return between.join(f"{number:.9g}" for number in numbers)


def _checked(words: Sequence[str], vectors_VD: Tensor | None = None) -> None:
    wrong = next((word for word in words if not word or len(word.split()) != 1 or word != word.strip()), None)
    if wrong is not None:
        raise ValueError(f"{wrong!r:.40} is not one word: a space or a line break ends a word in these files.")
    if vectors_VD is not None and len(words) != len(vectors_VD):
        raise ValueError(f"{len(words)} words do not name {len(vectors_VD)} vectors.")
