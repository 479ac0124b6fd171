"""Numbers as the page says them, one form for percents, bounds and changes; and errors that nobody expected."""

from __future__ import annotations

FINE = 1e-3  # smaller errors are told with four decimals


def percent(share: float, digits: int = 1) -> str:
    """0.0732 -> "7.3 %", 1 -> "100 %"."""
    text = f"{100 * share:.{digits}f}"
    return f"{text.removesuffix('.0') if share in (0.0, 1.0) else text} %"


def number(value: float) -> str:
    """1000000 -> "1,000,000", 0.003 -> "0.003": whole numbers are never rounded or written with an exponent."""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:,g}"


def decimal(value: float, digits: int = 2, *, sign: bool = False) -> str:
    """-1.6 -> "−1.60", with the minus of a sentence; `sign`: 1.6 -> "+1.60". What rounds to 0 has no minus."""
    return f"{round(value, digits) + 0.0:{'+' if sign else ''}.{digits}f}".replace("-", "−")


def at_step(step: int, before: str = " ") -> str:
    """1200 -> " at step 1,200"; nothing of a published model, which has no step (below 0)."""
    return f"{before}at step {step:,}" if step >= 0 else ""


def change(value: float, error: float) -> str:
    """0.015, 0.002 -> "+0.015 ± 0.002"; four decimals where the error needs them."""
    digits = 3 if error >= FINE else 4
    return f"{decimal(value, digits, sign=True)} ± {error:.{digits}f}"


def metric(value: float, unit: str = "") -> tuple[str, str]:
    """36864, "B" -> ("36.9", "kB"): three digits and a decimal prefix."""
    for size, prefix in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= 0.9995 * size:  # 999.9 is 1,000 in three digits
            return f"{value / size:.3g}", prefix + unit
    return f"{value:.3g}", unit


LABELS = {"relu2": "relu²"}
"""Choices that are not shown as they are typed."""


def said(value: object, empty: str = "none") -> str:
    """A setting's value in words."""
    if value is None:
        return empty
    if isinstance(value, bool):
        return "on" if value else "off"
    return number(value) if isinstance(value, (int, float)) else LABELS.get(str(value), str(value)[:30])


def stopped(error: Exception) -> str:
    """What is said of an error that nobody expected, and of one that is told by its text alone: where a CPU has no
    memory, torch raises a plain RuntimeError.
    """
    if isinstance(error, MemoryError) or any(said in str(error) for said in ("out of memory", "allocate memory")):
        return "Stopped: this machine has no memory left for it. A smaller model, batch or length needs less."
    return f"Stopped by an error: {type(error).__name__}: {error!s:.200}"
