"""The charts of the experiments, and the colours that schemes and kinds of attention keep in all of them."""

from __future__ import annotations

from collections.abc import Sequence

from playground.figures.curves import Axis, Curve, Figure, Level, chart

HUES = {  # a scheme keeps its colour in every chart
    "sinusoidal": "var(--line-0)",
    "RoPE": "var(--line-1)",
    "ALiBi": "var(--line-2)",
    "Transformer-XL": "var(--line-3)",
    "learned": "var(--seq-6)",
    "T5": "var(--cat-7)",
    "Shaw": "var(--cat-0)",
    "no positions": "var(--text-3)",
    "RoPE, linear": "var(--seq-6)",
    "RoPE, NTK": "var(--cat-7)",
    "RoPE, YaRN": "var(--line-2)",
    "RoPE, llama3": "var(--line-3)",
    "softmax, written out": "var(--line-2)",
    "softmax, fused": "var(--line-0)",
    "linear": "var(--line-1)",
}
OTHER = "var(--text-2)"
"""Of what has no colour of its own."""


def lengths(
    lines: Sequence[Curve], *, trained: int, multiples: Sequence[float], chance: float, notes: Sequence[tuple[str, str]]
) -> Figure:
    """Accuracy by how many times the trained length is read. `notes` are (text, colour that it is about)."""
    values = [chance, *(y for line in lines for y in line.y)]
    title = f"text read, multiples of the trained {trained} characters"
    return chart(
        lines,
        Axis(title, 0.97 * multiples[0], multiples[-1], True, [(m, f"{m:g}×") for m in multiples]),
        Axis("accuracy, share of characters", 0.7 * min(values), 1.2 * max(values)),
        levels=[Level(f"commonest {chance:.2f}", chance)],
        notes=[[note, "upper left", colour] for note, colour in notes],
    )


def losses(lines: Sequence[Curve], *, steps: int, guess: float) -> Figure:
    """Loss on held-out text by the step, mean and range over seeds. Once there is more than the first fall from the
    uniform guess, the axis begins below it.
    """
    low = min((min(line.low or line.y, default=guess) for line in lines), default=0.0)
    high = max((max((line.high or line.y)[1:]) for line in lines if len(line.y) > 2), default=guess)
    rest = high - low
    return chart(
        lines,
        Axis("step", 0, steps),
        Axis("loss on held-out text, nats per character", low - 0.08 * rest, high + 0.05 * rest),
    )


def growth(lines: Sequence[Curve], *, y_title: str, least: float, most: float, notes: Sequence[str] = ()) -> Figure:
    """Something that grows with the length, both axes logarithmic."""
    values = [v for line in lines for v in (*line.y, *line.low, *line.high) if v > 0] or [1.0]
    ticks = [(2.0**i, f"{2**i:,}") for i in range(4, 20, 2) if least <= 2**i <= most]
    return chart(
        lines,
        Axis("length, tokens", least, most, True, ticks),
        Axis(y_title, min(values) / 1.6, max(values) * 6, True),  # room for the label of a curve that ends early
        notes=[[note, "lower right"] for note in notes],
    )
