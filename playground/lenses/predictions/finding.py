"""The sentence at the top of the Predictions lens: how much of the probe is right, and the commonest mistake."""

from __future__ import annotations

from collections.abc import Sequence

from playground.findings.finding import Finding
from playground.wording import percent


def finding(rights: Sequence[bool], exact: Sequence[bool], mistakes: Sequence[tuple[str, str]]) -> Finding:
    """How many scored tokens of the probe are right, and the commonest mistake."""
    if not rights:
        return Finding("Nothing to check here", "This text has no token whose right continuation is known.")
    share, whole = sum(rights) / len(rights), sum(exact)
    title = f"{sum(rights):,} of {len(rights):,} tokens right, {whole} of {len(exact)} examples without a mistake"
    if not mistakes:
        return Finding(title, "Every scored token of these held-out examples is predicted right.")
    pair = max(mistakes, key=mistakes.count)  # of equals the first
    times = mistakes.count(pair)
    often = (
        f"Most often wrong: <b class='mono'>{_safe(pair[1])}</b> where <b class='mono'>{_safe(pair[0])}</b> was "
        f"right ({times} ×)."
        if times > 1
        else "No mistake occurs twice."
    )
    return Finding(title, f"{percent(share)} on the probe. {often}")


def _safe(token: str) -> str:
    return token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
