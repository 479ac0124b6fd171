"""Attention weights as bytes: what the browser paints without counting. Weights between 0 and 1 have one form, those
that may be negative (linear attention with rotated keys) another, whose scale runs as far below 0 as above.
"""

from __future__ import annotations

import base64
import math

import numpy as np

from playground.runs.run import Run

MASKED, MASKED_LARGE = 255, 65_535
HALF = 65_504.0  # the largest finite number of the float16 that weights are kept in
ROUNDING = 0.001  # a query that sees one key has weight 1 on it, give or take a digit of float16


def packed(weights: np.ndarray, seen: np.ndarray) -> str:
    """base64 of round(sqrt(w) * 254) per cell, 255 where the mask forbids it; shape (..., T, S), seen (T, S)."""
    return _base64(np.where(seen, np.rint(np.sqrt(weights.astype(np.float32)) * 254), MASKED).astype(np.uint8))


def precise(weights: np.ndarray, seen: np.ndarray) -> str:
    """base64 of little-endian uint16 round(w * 65534), 65535 where the mask forbids it."""
    return _base64(np.where(seen, np.rint(weights.astype(np.float32) * 65_534), MASKED_LARGE).astype("<u2"))


def end(weights: np.ndarray) -> float:
    """Where a signed scale ends: 1, or the next power of two above the largest |w|, so that it seldom moves."""
    largest = min(HALF, float(np.abs(weights).max())) - ROUNDING
    return 2.0 ** max(0, math.ceil(math.log2(max(1.0, largest))))


def packed_signed(weights: np.ndarray, seen: np.ndarray, top: float) -> str:
    """base64 of 127 + round(sign(w) sqrt(|w| / top) * 127) per cell, 255 where the mask forbids it."""
    shares = np.clip(weights.astype(np.float32) / top, -1, 1)
    roots = np.sign(shares) * np.sqrt(np.abs(shares))
    return _base64(np.where(seen, 127 + np.rint(roots * 127), MASKED).astype(np.uint8))


def precise_signed(weights: np.ndarray, seen: np.ndarray, top: float) -> str:
    """base64 of little-endian uint16 32767 + round(w / top * 32767), 65535 where the mask forbids it."""
    shares = np.clip(weights.astype(np.float32) / top, -1, 1)
    return _base64(np.where(seen, 32_767 + np.rint(shares * 32_767), MASKED_LARGE).astype("<u2"))


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def visible(run: Run, which: str, maps: np.ndarray) -> np.ndarray:
    """(T, S) True where the mask lets a query look: where any head of any layer puts weight, or the causal triangle."""
    queries, keys = maps.shape[-2:]
    distance, window = np.arange(queries)[:, None] - np.arange(keys)[None], run.config.model.attention.sees()
    near = np.abs(distance) < (keys + queries if window is None or which == "cross" else window)
    lit = np.asarray((maps != 0).any(axis=(0, 1)))  # a prefix or padding shows in the weights themselves
    return near & (distance >= 0) | lit if which == "decoder" else near
