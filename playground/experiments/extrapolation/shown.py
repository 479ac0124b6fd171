"""What length extrapolation shows: figures, a table, and the sentence that follows from the numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd

from playground.experiments.base import SURE, lines, listed
from playground.experiments.extrapolation.progress import MULTIPLES, Extrapolation, Point, Progress
from playground.figures import experiments as drawing
from playground.figures.curves import Curve, Figure
from playground.findings.finding import Finding
from playground.tasks import Text
from playground.wording import percent

AT = 4.0  # times the trained length, where schemes are compared
COLUMNS = ["scheme", "multiple", "characters", "accuracy", "± accuracy", "change", "± change"]
COLUMNS += ["loss (nats)", "± loss", "refused"]
BOLD = ("sinusoidal", "RoPE", "ALiBi", "Transformer-XL")


def figures(progress: Progress) -> dict[str, Figure]:
    """Accuracy by length: "schemes", and "scalings" of RoPE's angles. A band is a standard error of the change since
    the trained length.
    """
    names = list(dict.fromkeys(p.scheme for p in progress.points))
    length = progress.config.length
    notes = [
        (
            f"{name}: {f'refused beyond {length} characters' if name in names else 'stopped'}",
            drawing.HUES.get(name, drawing.OTHER),
        )
        for name, _ in progress.refused
    ]

    def drawn(chosen: Sequence[str], notes: Sequence[tuple[str, str]]) -> Figure:
        return drawing.lengths(
            [_line(progress, name) for name in chosen],
            trained=length,
            multiples=MULTIPLES,
            chance=Text(length=length).corpus().commonest,
            notes=notes,
        )

    return {
        "schemes": drawn([name for name in names if "," not in name], notes),
        "scalings": drawn([name for name in names if name.startswith("RoPE")], ()),
    }


def _line(progress: Progress, name: str) -> Curve:
    points = [p for p in progress.points if p.scheme == name]
    return Curve(
        name,
        [p.multiple for p in points],
        [p.accuracy for p in points],
        low=[p.accuracy - p.change_error for p in points],
        high=[p.accuracy + p.change_error for p in points],
        colour=drawing.HUES.get(name, drawing.OTHER),
        width=2.2 if name in BOLD or "," in name else 1.4,
        end="" if name in dict(progress.refused) else None,
    )


def frame(progress: Progress) -> pd.DataFrame:
    """One row per scheme and length; a scheme that refuses longer texts has one more that says why."""
    length = progress.config.length
    rows = [
        {
            "scheme": p.scheme,
            "multiple": p.multiple,
            "characters": round(p.multiple * length),
            "accuracy": p.accuracy,
            "± accuracy": p.accuracy_error,
            "change": p.change,
            "± change": p.change_error,
            "loss (nats)": p.loss,
            "± loss": p.loss_error,
            "refused": "",
        }
        for p in progress.points
    ]
    refused = [{"scheme": name, "refused": sentence} for name, sentence in progress.refused]
    return pd.DataFrame([*rows, *refused], columns=COLUMNS)


def finding(progress: Progress) -> Finding:
    """Who reads four times the trained length as well as the trained one (within two standard errors of the paired
    change), and who loses most.
    """
    at = {p.scheme: p for p in progress.points if p.multiple == AT}
    first = {p.scheme: p for p in progress.points if p.multiple == 1.0}
    plain = [p for name, p in at.items() if "," not in name]
    if not plain:
        sentence = "Each model learns from short texts, then reads longer ones; a point appears for each length."
        return Finding("Nothing compared yet", " ".join((sentence, *_refusals(progress))))
    length = progress.config.length
    scored = progress.config.examples * progress.config.scored
    told = [f"{p.scheme} {percent(first[p.scheme].accuracy)} → {percent(p.accuracy)}" for p in plain]
    sentences = [
        f"Right of the same {scored:,} held-out characters, in texts of {length} and of {round(AT * length)}: "
        f"{', '.join(told)}.",
        *_stretched(at),
        *_refusals(progress),
        "One model of each scheme: another seed may order close ones differently.",
    ]
    return Finding(_title(plain), " ".join(sentences))


def _title(plain: Sequence[Point]) -> str:
    worse = sorted((p for p in plain if p.change < -SURE * p.change_error), key=lambda p: p.change)
    well = sorted((p for p in plain if p not in worse), key=lambda p: -p.accuracy)
    times = f"at {AT:g} times the trained length"
    if not worse:
        who = "No scheme reads" if len(well) > 1 else f"{well[0].scheme} does not read"
        return f"{who} worse {times}"
    if not well and len(worse) > 1:
        return f"Every scheme reads worse {times}: {worse[-1].scheme} loses least, {worse[0].scheme} most"
    lost = f"{worse[0].scheme} loses {-100 * worse[0].change:.0f} points"
    if not well:
        return f"{lost} {times}"
    names = listed([p.scheme for p in well])
    return f"{names} {'reads' if len(well) == 1 else 'read'} as well {times}; {lost}"


def _stretched(at: dict[str, Point]) -> list[str]:
    """The best of RoPE's stretched angles against the plain ones."""
    ways = {name.partition(", ")[2]: p for name, p in at.items() if "," in name}
    if not ways or "RoPE" not in at:
        return []
    best, plain = max(ways, key=lambda way: ways[way].accuracy), at["RoPE"]
    gain = 100 * (ways[best].accuracy - plain.accuracy)
    error = 100 * math.hypot(ways[best].accuracy_error, plain.accuracy_error)
    if gain <= 0:
        return ["None of the stretched angles helps RoPE here, untrained as they are."]
    return [
        f"The same RoPE weights with stretched angles: {best} keeps most, {percent(ways[best].accuracy)}, "
        f"{gain:.1f} points more than plain RoPE (± {error:.1f} at most, as both read the same texts)."
    ]


def _refusals(progress: Progress) -> list[str]:
    return [sentence for _, sentence in progress.refused]


def python(config: Extrapolation) -> str:
    """The lines that repeat it."""
    return lines(config, "extrapolation", "extrapolation")
