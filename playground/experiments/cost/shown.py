"""What the cost of attention shows: figures, a table, and the sentence that follows from the numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from models.attention import MHA, LinearAttention
from playground.experiments.base import lines
from playground.experiments.cost.methods import METHODS, NUMBER
from playground.experiments.cost.progress import FIRST, ROOM, AttentionCost, Point, Progress
from playground.figures import experiments as drawing
from playground.figures.curves import Curve, Figure
from playground.findings.finding import Finding
from playground.wording import metric

FAST, LINEAR = "softmax, fused", "linear"
COLUMNS = ["method", "tokens", "median (ms)", "lowest (ms)", "highest (ms)", "rounds"]
COLUMNS += ["peak (bytes)", "at least (bytes)"]
SQUARE = 2.2  # a power clearly above 2


def slope(tokens: Sequence[int], values: Sequence[float]) -> float | None:
    """The power of the length that values grow with: least squares of log value on log length over the upper half of
    the lengths; None for fewer than two.
    """
    half = len(tokens) // 2
    if len(tokens) - half < 2:
        return None
    return float(np.polyfit(np.log(tokens[half:]), np.log(values[half:]), 1)[0])


def figures(progress: Progress) -> dict[str, Figure]:
    """ "time" (median, band between the quartiles), "memory" (measured, and dotted the closed form) and "cache" (what a
    decoder keeps of the text it has read).
    """
    first, longest = FIRST, progress.config.longest
    time, memory = [], []
    for name, points in _grouped(progress).items():
        tokens = [p.tokens for p in points]
        middle = [_median(p) for p in points]
        low, high = (
            [
                1e3 * float(np.quantile(p.seconds, q)) if p.seconds else 1e3 * m
                for p, m in zip(points, middle, strict=True)
            ]
            for q in (0.25, 0.75)
        )
        look = {"colour": drawing.HUES[name], "width": 2.0}
        time.append(
            Curve(name, tokens, [1e3 * m for m in middle], low=low, high=high, end=_grows(name, tokens, middle), **look)
        )
        peaks, least = [p.peak / 1e6 for p in points], [p.least / 1e6 for p in points]
        memory.append(Curve(name, tokens, peaks, end=_grows(name, tokens, peaks), **look))
        about = f"{name}, at least"
        memory.append(Curve(about, tokens, least, colour=look["colour"], width=1.2, dash="dot", end=""))
    return {
        "time": drawing.growth(time, y_title="time of one pass, ms", least=first, most=longest),
        "memory": drawing.growth(
            memory, y_title="peak memory, MB", notes=["dotted: closed form"], least=first, most=longest
        ),
        "cache": drawing.growth(
            _kept(progress.config), y_title="kept while generating, kB per layer", least=first, most=longest
        ),
    }


def _grouped(progress: Progress) -> dict[str, list[Point]]:
    found = {name: [p for p in progress.points if p.method == name and p.seconds] for name in METHODS}
    return {name: points for name, points in found.items() if points}


def _median(point: Point) -> float:
    return float(np.median(point.seconds))


def _grows(name: str, tokens: Sequence[int], values: Sequence[float]) -> str:
    power = slope(tokens, values)
    return name if power is None else f"{name}\nlength^{power:.2f}"


def _kept(config: AttentionCost) -> list[Curve]:
    """Bytes from the configs alone: keys and values of every token, or the state of linear attention."""
    tokens = config.lengths()
    cache = MHA(heads=config.heads).cache_elements(config.width)
    state = LinearAttention(heads=config.heads).state_elements(config.width)
    kept = {FAST: ("keys and values", [cache * n for n in tokens]), LINEAR: ("state", [state] * len(tokens))}
    return [
        Curve(label, tokens, [NUMBER * n / 1e3 for n in numbers], colour=drawing.HUES[name], width=2.0)
        for name, (label, numbers) in kept.items()
    ]


def frame(progress: Progress) -> pd.DataFrame:
    """One row per method and length: times in ms, memory in bytes."""
    rows = [
        {
            "method": p.method,
            "tokens": p.tokens,
            "median (ms)": 1e3 * _median(p),
            "lowest (ms)": 1e3 * min(p.seconds),
            "highest (ms)": 1e3 * max(p.seconds),
            "rounds": len(p.seconds),
            "peak (bytes)": p.peak,
            "at least (bytes)": p.least,
        }
        for p in progress.points
        if p.seconds
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def finding(progress: Progress) -> Finding:
    """From which length on linear attention is quicker than the fused softmax, and how both grow."""
    grouped = _grouped(progress)
    medians = {name: {p.tokens: _median(p) for p in points} for name, points in grouped.items()}
    both = sorted(medians.get(FAST, {}).keys() & medians.get(LINEAR, {}).keys())
    if len(both) < 2:
        return Finding("Nothing compared yet", "Short texts first; every round times all lengths once.")
    sentences = [_growing(grouped), _held(grouped, both[-1]), *_omitted(progress), _remembered(progress.config)]
    return Finding(_title(both, medians), " ".join(sentences))


def _title(both: Sequence[int], medians: dict[str, dict[int, float]]) -> str:
    wins = [medians[LINEAR][n] < medians[FAST][n] for n in both]
    longest, times = both[-1], medians[FAST][both[-1]] / medians[LINEAR][both[-1]]
    if not wins[-1]:
        return f"Softmax attention is still {1 / times:.1f} times as quick as linear attention at {longest:,} tokens"
    since = next(n for i, n in enumerate(both) if all(wins[i:]))
    if since == both[0]:
        return f"Linear attention is quicker at every length, {times:.1f} times at {longest:,} tokens"
    return f"Linear attention is quicker from {since:,} tokens on, {times:.1f} times at {longest:,}"


def _growing(grouped: dict[str, list[Point]]) -> str:
    told, steepest = [], 0.0
    for name, points in grouped.items():
        power = slope([p.tokens for p in points], [_median(p) for p in points])
        if power is not None:
            steepest = max(steepest, power)
            told.append(f"{name} with length<sup>{power:.2f}</sup>")
    rounds = min(len(p.seconds) for points in grouped.values() for p in points)
    of = f"the median of {rounds} rounds" if rounds > 1 else "one round"
    if not told:
        return ""
    more = " More than the square is the price of fresh memory." if steepest > SQUARE else ""
    return f"Time grows, over the upper half of the lengths: {', '.join(told)} ({of}, one thread).{more}"


def _held(grouped: dict[str, list[Point]], tokens: int) -> str:
    told = []
    for name, points in grouped.items():
        last = next(p for p in reversed(points) if p.tokens <= tokens)
        at = "" if last.tokens == tokens else f" at {last.tokens:,}"
        told.append(f"{name} {' '.join(metric(last.peak, 'B'))}{at}")
    return f"Memory at {tokens:,} tokens: {', '.join(told)}."


def _omitted(progress: Progress) -> list[str]:
    if not progress.left_out:
        return []
    name, tokens, least = progress.left_out[0]
    need, room = (" ".join(metric(n, "B")) for n in (least, ROOM))
    return [f"{name} stops before {tokens:,} tokens: it would need {need}, and {room} are allowed here."]


def _remembered(config: AttentionCost) -> str:
    """A state of C x (C + 1) numbers a head is as large as keys and values of (C + 1) / 2 tokens."""
    tokens = (config.width // config.heads + 1) / 2
    return f"While generating, the state of linear attention is as large as the keys and values of {tokens:g} tokens."


def python(config: AttentionCost) -> str:
    """The lines that repeat it."""
    return lines(config, "cost", "attention_cost")
