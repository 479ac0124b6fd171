"""What a scheme is, in a sentence with its own numbers, and what to try with it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from models.position import T5, RoPE
from models.position.alibi import slopes
from models.position.t5 import bucket
from playground.findings.finding import Finding
from playground.positions import decay, findings, rotation
from playground.positions.scheme import built
from playground.positions.settings import PositionSettings
from playground.positions.tries import Try, listed
from playground.wording import number


def finding(settings: PositionSettings) -> Finding:
    """Of the tab "The scheme"."""
    kind = settings.position.kind
    if kind in _TOLD:
        return _TOLD[kind](settings)
    seam = built(settings, 1).seam
    if seam in ("bias", "relative"):
        return findings.added(
            kind, decay.added(settings, settings.distance)[settings.drawn_head()], settings.drawn_head()
        )
    if seam == "embed":
        return findings.similarity(kind, decay.similarity(settings.now(), settings.distance), settings.trained)
    return findings.nothing()


def _rope(settings: PositionSettings) -> Finding:
    waves, trained = rotation.wavelengths(settings), settings.seen()
    never, last = int((waves > trained).sum()), len(waves) - 1
    sentence = (
        f"Pair 0 turns once in {_tokens(waves[0])} tokens, pair {last} once in {_tokens(waves[-1])}: of pairs that "
        f"never turn fully in {trained:,} tokens, angles beyond are new to the model."
    )
    position = settings.position
    assert isinstance(position, RoPE)
    if position.scaling.way != "none":
        slower = waves / rotation.wavelengths(rotation.plain(settings.now()))
        kept = int((slower < 1.001).sum())
        sentence += (
            f" {position.scaling.way} slows pair {last} {slower[-1]:.3g} times and leaves {kept} of {last + 1} pairs "
            "as they were."
        )
    return Finding(f"{never} of {last + 1} pairs never turn fully in {trained:,} tokens", sentence)


def _tokens(wave: float) -> str:
    return f"{wave:.1f}" if wave < 100 else f"{wave:,.0f}"


def _alibi(settings: PositionSettings) -> Finding:
    steep = slopes(settings.heads)
    reach = [
        f"head {head} one nat every {number(float(f'{1 / slope:.3g}'))} tokens"
        for head, slope in ((0, steep[0]), (len(steep) - 1, steep[-1]))
    ]
    sentence = f"A fixed penalty on distance, nothing to train: {reach[0]}" + f", {reach[1]}." * (len(steep) > 1)
    title = f"From {1 / max(steep):.3g} to {1 / min(steep):,.3g} tokens per nat: each head its own reach"
    return Finding(title, sentence)


def _t5(settings: PositionSettings) -> Finding:
    position, both = settings.position, settings.sight == "both ways"
    assert isinstance(position, T5)
    back = bucket(-torch.arange(4097), bidirectional=both, buckets=position.buckets, furthest=position.furthest).numpy()
    starts = np.flatnonzero(np.diff(back)) + 1
    exact = next((int(a) for a, b in pairwise(starts) if b - a > 1), int(starts[-1])) - 1
    ways = (
        f"{position.buckets // 2} buckets each way" if both else f"{position.buckets} buckets, all for what lies back"
    )
    sentence = (
        f"{ways}: distances 0 to {exact} have one each, the last begins at {starts[-1]:,}. Each head learns one number "
        "per bucket; before training they are noise."
    )
    return Finding(f"Near distances one by one, far ones together from {starts[-1]:,} on", sentence)


_TOLD = {"RoPE": _rope, "ALiBi": _alibi, "T5": _t5}


_INSTEAD = ("RoPE", {"position.kind": "RoPE"}, "turns queries and keys instead")
_TRIES: dict[str, tuple[Try, ...]] = {
    "RoPE": (
        ("Interleaved pairs", {"position.pairing": "interleaved"}, "as in RoFormer: the matrix is block-diagonal"),
        ("YaRN", {"position.scaling.way": "YaRN"}, "slows the slow pairs alone"),
        ("Rotate a quarter", {"position.fraction": 0.25}, "as GPT-NeoX: the rest carries no position"),
    ),
    "T5": (
        ("Look both ways", {"sight": "both ways"}, "each direction gets half the buckets"),
        ("8 buckets", {"position.buckets": 8}, "distances are told apart less finely"),
    ),
    "ALiBi": (("12 heads", {"heads": 12}, "no power of two: two series of slopes, interleaved"),),
    "Shaw": (("Clip at 4", {"position.clip": 4}, "all distances from 4 on share a vector"),),
    "learned": (("Trained on 32", {"trained": 32}, "query 40 has no vector then"),),
}


def tries(settings: PositionSettings) -> str:
    """What to try next, as links that set controls."""
    kind = settings.position.kind
    return listed((*_TRIES.get(kind, ()), *([_INSTEAD] if kind != "RoPE" else [])))
