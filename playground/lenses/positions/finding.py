"""The sentence at the top of the Positions lens, by stated rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from playground.findings.finding import Finding
from playground.measures.distance import Reach
from playground.measures.head_roles import NAMED_FROM
from playground.wording import at_step

EVEN = "even"  # what is said of a head that distance hardly moves
CARES = 0.2  # share of attention that must lie elsewhere than even attention's before a head cares about distance


class Told(NamedTuple):
    """The sentence, and the head it is about."""

    finding: Finding
    layer: int
    head: int


def peaks(found: Reach) -> bool:
    """Whether most attention goes to one distance: from the score on that names a head's role, and twice chance."""
    return found.weight >= max(NAMED_FROM, 2 * found.chance)


def falls(found: Reach) -> bool:
    """Whether attention weakens steadily, and by half within even attention's mean distance."""
    return found.halves is not None and found.halves <= found.usual


def place(distance: int) -> str:
    """8 -> "8 back", -1 -> "1 ahead", 0 -> "itself"."""
    return "itself" if distance == 0 else f"{abs(distance)} {'back' if distance > 0 else 'ahead'}"


def caption(found: Reach) -> str:
    """What a head does, in a few letters."""
    if peaks(found):
        return place(found.peak)
    if falls(found):
        return f"half-life {found.halves:.1f}"
    if found.moved < CARES:
        return EVEN
    return "nearer" if found.mean < found.usual else "farther"


def ranked(heads: Sequence[Sequence[Reach]]) -> list[tuple[int, int, Reach]]:
    """Heads by what they tell: those that look at another place, that weaken steadily, that look at their own place,
    then those whose attention is farthest from even. In tenths, so that two alike do not take turns.
    """
    flat = [(i, j, found) for i, layer in enumerate(heads) for j, found in enumerate(layer)]

    def rank(entry: tuple[int, int, Reach]) -> tuple[float, ...]:
        found = entry[2]
        if peaks(found):
            return (2.0 if found.peak == 0 else 0.0, -round(found.weight, 1), *entry[:2])
        if falls(found):
            return (1.0, round(found.halves or 0.0), *entry[:2])
        return (3.0, -round(found.moved, 1), *entry[:2])

    return sorted(flat, key=rank)


def finding(heads: Sequence[Sequence[Reach]], step: int, explained: Sequence[Sequence[float]]) -> Told:
    """What the first of the `ranked` does, and a link to the second; or that none cares about distance.

    `heads` are layers of heads; `explained` R^2 of distance for the scores of each, [] where there are no scores.
    """
    (i, j, found), *others = ranked(heads)
    name, share = f"L{i} H{j}", explained[i][j] if explained else float("nan")
    means = f"Its mean distance is {found.mean:.1f} tokens, even attention’s {found.usual:.1f}"
    if peaks(found):
        title = f"{name} looks {place(found.peak)}" if found.peak else f"{name} attends to itself"
        html = (
            f"A query that can look there puts {found.weight:.2f} of its attention on that distance, on average; even "
            f"attention would put {found.chance:.2f}."
        )
    elif falls(found):
        title = f"{name} weakens with distance: the weight halves every {found.halves:.1f} tokens"
        html = f"Relative to even attention. {means}."
    elif found.moved >= CARES:
        title = f"{name} looks {'nearer' if found.mean < found.usual else 'farther away'} than even attention"
        html = f"{means}; no single distance stands out."
    else:
        at, most, found = max(ranked(heads), key=lambda entry: entry[2].moved)
        title = "Not trained yet: no head depends on distance" if step == 0 else "No head depends on distance"
        html = (
            f"At most {100 * found.moved:.0f} % of a head’s attention lies at other distances than even attention’s "
            f'(<a data-do="at:{at},{most}">L{at} H{most}</a>){at_step(step, ", ")}.'
        )
        return Told(Finding(title, html), i, j)
    if share == share:
        html += f" Distance explains {100 * share:.0f} % of the variance of its scores."
    return Told(Finding(title, html + _other(others)), i, j)


def _other(rest: Sequence[tuple[int, int, Reach]]) -> str:
    """A link to the next head worth a look."""
    if not rest or caption(rest[0][2]) == EVEN:
        return ""
    i, j, found = rest[0]
    weight = f" ({found.weight:.2f})" if peaks(found) else ""
    return f' <a data-do="at:{i},{j}">L{i} H{j}</a>: {caption(found)}{weight}.'
