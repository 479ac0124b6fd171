"""The sentence at the top of the Attention lens, by stated rules: the most telling head, and what its role does."""

from __future__ import annotations

import numpy as np

from playground.findings.finding import Finding
from playground.measures.head_roles import NAMED_FROM, SHARP, Heads
from playground.measures.training import first_above
from playground.runs.history import History, Snapshot
from playground.wording import at_step

WHAT = {  # role -> (title after "L1 H2", what such a head does)
    "induction": (
        "looks for what followed the last time",
        "At each token this head attends to the token <em>after</em> its previous occurrence: an induction head.",
    ),
    "previous token": (
        "looks at the previous token",
        "This head passes on what came just before; induction is built on such a head.",
    ),
    "duplicate token": (
        "looks for the same token",
        "This head attends to earlier occurrences of the token it stands on.",
    ),
    "first token": (
        "rests on the first token",
        "Much weight on the first token usually means that the head has nothing to look for: a sink.",
    ),
    "current token": (
        "looks at its own token",
        "This head reads the token it stands on and moves nothing between positions.",
    ),
    "target token": (
        "looks at the token to write",
        "Each of its queries attends to a place that holds the token to be written next.",
    ),
    "same place": ("looks at the same place", "Query 3 attends to source token 3, and so on: an alignment in order."),
    "mirrored place": (
        "looks at the mirrored place",
        "The first query attends to the last source token, and so on: an alignment in reverse.",
    ),
}
RANK = (
    "induction",
    "target token",
    "mirrored place",
    "same place",
    "duplicate token",
    "previous token",
    "first token",
    "current token",
)


def curve(history: History, which: str, layer: int, head: int, role: str) -> tuple[list[int], list[float]]:
    """(steps, scores) of one head's role over the kept pictures."""
    kept = [s for s in history.snapshots if which in s.heads]
    at = kept[0].heads[which].roles.index(role) if kept else 0
    return [s.step for s in kept], [float(s.heads[which].scores[layer, head, at]) for s in kept]


def named_heads(heads: Heads) -> list[tuple[int, int, str, float]]:
    """(layer, head, role, score) of every head with a role, the most telling role first, then the highest score."""
    found = [(i, j, *heads.role(i, j)) for i in range(heads.bits.shape[0]) for j in range(heads.bits.shape[1])]
    return sorted((f for f in found if f[2] in RANK), key=lambda f: (RANK.index(f[2]), -f[3]))


PEAKED = 0.4  # of a query's weight on one key, on average, from which a head does not spread its attention


def concentrated(maps_LHTS: np.ndarray) -> tuple[int, int, float, int]:
    """(layer, head, share, queries) of the head with the largest share of its weight on one key, the mean over the
    queries of the second half: the first ones see few keys. Of signed weights it is the share of the absolute weight.
    """
    late_LHTS = np.abs(maps_LHTS[:, :, maps_LHTS.shape[2] // 2 :].astype(np.float32))
    share_LHT = late_LHTS.max(axis=-1) / np.maximum(late_LHTS.sum(axis=-1), np.finfo(np.float32).tiny)
    mean_LH = share_LHT.mean(axis=-1)
    layer, head = np.unravel_index(int(mean_LH.argmax()), mean_LH.shape)
    return int(layer), int(head), float(mean_LH[layer, head]), share_LHT.shape[-1]


def finding(seen: Snapshot, which: str, history: History | None, rows: str = "") -> Finding:
    """The most telling head: its role (`Heads.role`), its score, since when, and what it rests on. `rows`: what is said
    of rows that are no probability distributions (`AttentionConfig.rows`).
    """
    found, heads = _telling(seen, which, history), seen.heads[which]
    if heads.total is None:
        return found
    ends = (divmod(int(i), heads.total.shape[1]) for i in heads.total.argsort(axis=None)[[0, -1]])
    between = " to ".join(f"{heads.total[layer, head]:.2f} (L{layer} H{head})" for layer, head in ends)
    return found._replace(html=f"{found.html} {rows}: in all, a row has {between} of absolute weight, on average.")


def _telling(seen: Snapshot, which: str, history: History | None) -> Finding:
    heads = seen.heads[which]
    named = named_heads(heads)
    if not named and seen.step and heads.distributions and float(heads.bits.min()) < SHARP:
        layer, head = divmod(int(heads.bits.argmin()), heads.bits.shape[1])
        sharp = f"Each of its queries looks at one key ({heads.bits.min():.1f} bits), by a rule that has no name here."
        return Finding(f"L{layer} H{head} knows where to look", sharp)
    if not named:
        none = f"No role’s score is above {NAMED_FROM} by its standard error on this probe{at_step(seen.step)}."
        if seen.step == 0:
            return Finding(
                f"Not trained yet{': every head spreads its attention' if heads.distributions else ''}", none
            )
        layer, head, largest, queries = concentrated(seen.maps[which])
        name = f'<a data-do="head:{layer},{head}">L{layer} H{head}</a>'
        mean = (
            f"{name} has most on one key: {largest:.2f} of the weight of a query, the mean of {queries} of one example."
        )
        if largest >= PEAKED:
            return Finding(f"L{layer} H{head} concentrates its attention, in no role that has a name", f"{mean} {none}")
        if not heads.distributions:
            return Finding("No head stands out", f"{none} {mean}")
        return Finding("No head stands out: each spreads its attention", f"{none} {mean}")
    layer, head, role, score = named[0]
    title, html = WHAT[role]
    if role == "first token" and not heads.distributions:
        html = "Its queries put much weight on the first token, though no row has to sum to 1."
    rests = f", the mean of {heads.queries[heads.roles.index(role)]:,} queries" if heads.queries else ""
    parts = [html, f"Its {role} score is {score:.2f}{rests}"]
    if history is not None and len(history.snapshots) > 2:
        since = first_above(*curve(history, which, layer, head, role), NAMED_FROM)
        if since:
            parts[-1] += f', above {NAMED_FROM} since <a data-do="step:{since}">step {since:,}</a>'
    parts[-1] += "."
    before = [f for f in named if f[2] == "previous token" and f[0] < layer]
    if role == "induction" and before:
        parts.append(
            f'<a data-do="head:{before[0][0]},{before[0][1]}">L{before[0][0]} H{before[0][1]}</a>, a layer below, '
            f"looks at the previous token ({before[0][3]:.2f})."
        )
    elif len(named) > 1:
        other = named[1]
        parts.append(
            f'<a data-do="head:{other[0]},{other[1]}">L{other[0]} H{other[1]}</a>: {other[2]} ({other[3]:.2f}).'
        )
    return Finding(f"L{layer} H{head} {title}", " ".join(parts))
