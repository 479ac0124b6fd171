"""The numbers below the charts of the Positions lens: what the selected head does with distance."""

from __future__ import annotations

from playground.lenses.positions.finding import place
from playground.measures.distance import Reach
from playground.wording import percent


def measures(found: Reach, share: float, why: str) -> list[list[str]]:
    """[name, value, unit, small print, definition] of the selected head."""
    halves = found.halves
    return [
        [
            "Strongest at",
            place(found.peak),
            "",
            f"{found.weight:.2f} on average, even {found.chance:.2f}",
            "The distance with the largest mean share of a query’s weight, among those that a quarter of the queries "
            "can see.",
        ],
        [
            "Mean distance",
            f"{found.mean:.1f}",
            "tokens",
            f"even attention: {found.usual:.1f}",
            "Distances weighted by attention, ahead and back alike.",
        ],
        [
            "Halves every",
            "–" if halves is None else f"{halves:.1f}" if halves < 1000 else "> 1,000",
            "" if halves is None else "tokens",
            "does not fall steadily" if halves is None else "relative to even attention",
            "Slope of a straight line through the logarithms of weight ÷ even weight; given where it explains four "
            "fifths of their variance.",
        ],
        [
            "Moved by distance",
            percent(found.moved, 0),
            "",
            "of its attention, from even",
            "Half the sum of the differences between the head’s attention by distance and even attention’s.",
        ],
        [
            "Explained by distance",
            "–" if share != share else percent(share, 0),
            "",
            "no scores here" if why else "of the variance of its scores",
            "R²: variance between the mean scores of all distances ÷ variance of all scores. 100 %: the score is a "
            "function of distance alone.",
        ],
    ]
