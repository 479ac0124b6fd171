"""The sentence at the top of the Embeddings lens, by stated rules."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import torch
from torch import Tensor

from playground.findings.finding import Finding
from playground.measures.circles import GAIN, circles, powers
from playground.measures.embedding import similarity
from playground.wording import percent

NANDA = '<a href="https://arxiv.org/abs/2301.05217">Nanda et al. 2023</a>'
NARROW = "\u00a0"  # a number keeps its sign at the end of a line
FEWEST = 7  # numbers from which circles are looked for
MARGIN = 0.1  # of the cosine, by which the nearest pair has to beat the one at first


class Moved(NamedTuple):
    """What became of a table of vectors since the first kept picture."""

    since: int
    share_V: Tensor
    """Length of the change ÷ length at first."""
    whole: float
    """The same of all vectors together."""


def moved(now_VD: Tensor, first_VD: Tensor, since: int) -> Moved:
    """Both as they are kept, so that nothing has moved at the first step."""
    change_VD = now_VD.half().float() - first_VD.float()
    lengths_V = first_VD.float().norm(dim=1).clamp(min=1e-12)
    return Moved(since, change_VD.norm(dim=1) / lengths_V, float(change_VD.norm() / first_VD.float().norm()))


def pair(vectors_VD: Tensor) -> tuple[int, int, float]:
    """The two rows with the largest cosine between them."""
    cosine_VV = similarity(vectors_VD, torch.arange(len(vectors_VD))).fill_diagonal_(-2)
    at = int(cosine_VV.argmax())
    i, j = divmod(at, len(vectors_VD))
    return i, j, float(cosine_VV[i, j])


def numbers(words: list[str]) -> list[int]:
    """Rows of the tokens "0", "1", ... in order; none where they are too few for circles to mean something."""
    where = {word: i for i, word in enumerate(words)}
    found: list[int] = []
    while str(len(found)) in where:
        found.append(where[str(len(found))])
    return found if len(found) >= FEWEST else []


class Table(NamedTuple):
    """What is judged: one table of vectors now, and at the first kept picture."""

    kind: str
    """ "tokens" or "positions"."""
    now_VD: Tensor
    first_VD: Tensor | None
    change: Moved | None
    words: list[str]
    step: int
    formula: bool = False
    """Not trained: sines and cosines."""


def finding(table: Table) -> Finding:
    """Circles of numbers, else the pair with the largest cosine; and how far the vectors have come."""
    if len(table.words) < 2:
        return Finding("One vector has no neighbours", "")
    found = _found(*table)
    return found._replace(html=found.html.replace(" %", NARROW + "%"))


def _found(
    kind: str,
    now_VD: Tensor,
    first_VD: Tensor | None,
    change: Moved | None,
    words: list[str],
    step: int,
    formula: bool,
) -> Finding:
    i, j, cosine = pair(now_VD)
    begun = pair(first_VD) if first_VD is not None else None
    far = _far(change, words) if change and change.whole else ""
    near = f"{_link(i, words)} and {_link(j, words)}, cosine {cosine:.2f}"
    if formula:
        return Finding("These vectors do not move: they are sines and cosines", f"Nearest to each other: {near}.")
    if step == 0:
        says = (
            f"The largest cosine, {cosine:.2f}, is between {_link(i, words)} and {_link(j, words)}: so much is chance."
        )
        return Finding("Not trained yet: who is near whom is chance", f"The vectors are drawn at random. {says}")
    rows = numbers(words) if kind == "tokens" else []
    turned = _circles(now_VD[rows], first_VD[rows] if first_VD is not None else None) if rows else None
    if turned:
        return turned
    if begun is not None and step and cosine < begun[2] + MARGIN:
        much = (
            f"The nearest: {near}; by chance, at step 0, it was {begun[2]:.2f}." if change and not change.since else ""
        )
        return Finding(f"No two {kind} have come together yet", f"{much} {far}")
    then = f" The largest at step {change.since:,} was {begun[2]:.2f}." if begun and change and step else ""
    title = f"{_said(words[i])} and {_said(words[j])} are nearest to each other: cosine {cosine:.2f}"
    return Finding(title, f"Of all {len(words)} {kind}, {near}.{then} {far}")


def _circles(now_PD: Tensor, first_PD: Tensor | None) -> Finding | None:
    found = circles(now_PD)
    begun = strongest(first_PD, len(found.frequencies)) if first_PD is not None else 0.0
    if not found.found() or found.share < GAIN * begun:
        return None
    links = [f'<a data-do="circle:{k}">{k}</a>' for k in found.frequencies]
    listed = links[0] if len(links) == 1 else f"{', '.join(links[:-1])} and {links[-1]}"
    several = len(links) > 1
    title = f"The {len(now_PD)} numbers lie on {'circles' if several else 'a circle'}"
    before = f" (at first the strongest {len(links)}: {percent(begun, 0)})" if begun else ""
    return Finding(
        title,
        f"Turning {listed} times on the way through all numbers holds {percent(found.share, 0)} of their variance"
        f"{before}. Adding is then turning further ({NANDA}).",
    )


def strongest(vectors_PD: Tensor, count: int) -> float:
    """Share of the variance of the strongest `count` frequencies."""
    return float(powers(vectors_PD).sort(descending=True).values[:count].sum())


def _far(change: Moved, words: list[str]) -> str:
    most = int(change.share_V.argmax())
    much = percent(float(change.share_V[most]), 0)
    return (
        f'Since <a data-do="step:{change.since}">step {change.since:,}</a> the vectors have moved by '
        f"{percent(change.whole, 0)} of their length, most {_link(most, words)} ({much})."
    )


def _link(row: int, words: list[str]) -> str:
    return f'<a class="mono" data-do="vector:{row}">{escape(words[row])}</a>'


def _said(word: str) -> str:
    return f"“{word}”"
