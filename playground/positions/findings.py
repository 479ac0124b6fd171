"""Numbers of a scheme -> the sentence at the top of each tab, by the rules stated here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from playground.findings.finding import Finding
from playground.positions.relative import SAME, Shifted
from playground.wording import number, percent

RISE = 0.03  # of the value at 0, from which a curve is said to rise again
HARDLY = 0.9  # of the value at 0, at the end: no fall worth the word

Named = Sequence[tuple[str, np.ndarray]]


def rise(heights: np.ndarray) -> tuple[int, int] | None:
    """The first low and the top after it that lies `RISE` above, or None where the curve never rises so much."""
    least = 0
    for at, height in enumerate(heights):
        if height < heights[least]:
            least = at
        elif height - heights[least] >= RISE * heights[0]:
            top = at
            while top + 1 < len(heights) and heights[top + 1] >= heights[top]:
                top += 1
            return least, top
    return None


def bound(lines: Named, key: int) -> Finding:
    """Of RoFormer's bound; the first line is the setting in hand, whose key stands at `key`."""
    (name, heights), end = lines[0], len(lines[0][1]) - 1
    half, wave = np.flatnonzero(heights <= heights[0] / 2), rise(heights)
    fall = f"falls by half within {half[0]} tokens" if len(half) else f"does not fall by half within {end:,} tokens"
    last = float(heights[-max(1, len(heights) // 8) :].mean())
    parts = [f"RoFormer's bound on how much two rotated vectors can agree {fall}"]
    if wave:
        low, top = wave
        link = f'<a data-do="set:%7B%22query%22:{key + top}%7D">higher at {top} than at {low}</a>'
        parts[0] += f", then wavers: with {name} it is {link}" if len(half) and half[0] < top else f", and is {link}"
    parts[0] += "."
    if len(lines) > 1:
        order = sorted(lines, key=lambda line: -float(line[1][-1]))
        ends = [f"{label} {values[-1]:.2f}" for label, values in (order[0], order[-1])]
        parts.append(f"At {end:,} tokens {ends[0]} keeps the most, {ends[1]} the least.")
    if last >= HARDLY * heights[0]:
        return Finding(f"RoPE hardly weakens within {end:,} tokens", " ".join(parts))
    steadily = "but not steadily" if wave else f"steadily up to {end:,} tokens"
    return Finding(f"RoPE weakens with distance, {steadily}", " ".join(parts))


def similarity(kind: str, alike: np.ndarray, trained: int) -> Finding:
    """Of the vectors an absolute scheme adds: cosine by distance."""
    near, far = float(alike[1]) if len(alike) > 1 else 1.0, float(alike[-1])
    if near < 0.2:
        sentence = (
            f"Before training, vectors of neighbours are as unlike as any others: cosine {near:.2f} at distance 1, "
            f"{far:.2f} at {len(alike) - 1}. What is near must be learned, and beyond position {trained - 1} there is "
            "no vector at all."
        )
        return Finding(f"{kind.capitalize()} positions know no distance yet", sentence)
    wave = rise(alike)
    sentence = (
        f"The vectors of two positions have cosine {near:.2f} at distance 1 and {far:.2f} at {len(alike) - 1}; no "
        "score is bound to follow, for queries and keys are made of them by trained matrices."
    )
    title = "Near positions get like vectors"
    return Finding(f"{title}, but the similarity does not fall steadily" if wave else title, sentence)


def added(kind: str, values: np.ndarray, head: int) -> Finding:
    """Of what a scheme adds to the scores of one head: by distance."""
    end, steps = len(values) - 1, np.diff(values)
    left = (
        f"At {end:,} tokens it is {_short(values[-1])}, which leaves {_share(values[-1] - values[0])} of a near key's"
    )
    left += " weight"
    if np.allclose(steps, steps[0], rtol=1e-3, atol=1e-6) and abs(steps[0]) > 1e-6:
        title = f"{kind}'s penalty grows by {abs(steps[0]):.3g} with each token, without end"
        return Finding(title, f"Head {head}: no bound, no wavering. {left}, other things equal.")
    same = [i for i, (a, b) in enumerate(pairwise(values)) if abs(a - b) > 1e-6]
    start = same[-1] + 1 if same else 0
    noise = "Before training its numbers are drawn at random, so nothing falls with distance yet."
    if start < end - 1:
        title = f"{kind}: from {start:,} tokens on, all distances are the same"
        return Finding(title, f"Head {head}: every key farther back gets {_short(values[-1])}. {noise}")
    alike = len(steps) - len(same)
    sentence = f"Head {head}: between {_short(values.min())} and {_short(values.max())} over {end:,} tokens. {noise}"
    if alike:
        return Finding(f"{kind} tells near distances apart, far ones in groups", sentence)
    return Finding(f"{kind} tells every distance apart", sentence)


def _share(nats: float) -> str:
    share = math.exp(min(float(nats), 50.0))
    return percent(share) if share >= 0.0005 else f"e^{nats:.0f}".replace("-", "−")


def nothing() -> Finding:
    return Finding(
        "Without positions, distance makes no difference",
        "A score is q · k wherever the two stand. Order is visible through the causal mask alone.",
    )


def relative(name: str, seen: Shifted, query: int, key: int) -> Finding:
    """Of one score while query and key move on together."""
    kind = name[:1].upper() + name[1:]
    first, last = seen.scores[0], seen.scores[-1]
    change = max(abs(score - first) for score in seen.scores)
    digits = max(4, math.ceil(-math.log10(change))) if 1e-12 < change <= SAME else 4  # as many as it takes to see it
    pair = f"score({query + seen.shifts[-1]}, {key + seen.shifts[-1]}) = {_signed(last, digits)}"
    sentence = f"score({query}, {key}) = {_signed(first, digits)} and {pair}"
    if change <= SAME * max(1.0, abs(first)):
        exact = (
            "exactly the same" if change == 0 else f"the same to {change:.0e}".replace("e-0", "e−").replace("e-", "e−")
        )
        title = f"{kind}: the score sees the distance, not the place"
        sentence = f"{sentence}: {exact} at all {len(seen.shifts)} shifts tried."
    else:
        title = f"{kind}: the same distance elsewhere, another score"
        most = number(float(f"{change:.3g}"))
        sentence = f"{sentence}: it changes by up to {most} although the distance stays {query - key}."
    return Finding(title, sentence + (f" {seen.refused}" if seen.refused else ""))


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _signed(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}".replace("-", "−")
