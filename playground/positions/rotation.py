"""RoPE's pairs: how fast each turns, what one of them does to a query and a key, the rotation as a matrix."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch

from models.position import RoPE, Scaling
from models.position.scaling import inverse_frequencies
from playground.positions.scheme import built, contents
from playground.positions.settings import PositionSettings, Setting

SHOWN = (0.0, 0.065, 0.127, 0.19, 0.286, 0.413, 0.603, 1.0)  # places among the pairs: fast ones turn visibly


def frequencies(setting: Setting) -> np.ndarray:
    """Radians per token of each pair, scaled; sinusoidal tables and Transformer-XL have RoPE's plain ones."""
    position = setting.position
    if isinstance(position, RoPE):
        return position.scaling.frequencies(position.base, position.rotated(setting.head_dim)).numpy()
    return inverse_frequencies(10_000.0, setting.head_dim).numpy()


def wavelengths(setting: Setting) -> np.ndarray:
    """Tokens per full turn of each pair."""
    return 2 * math.pi / frequencies(setting)


def plain(setting: Setting) -> Setting:
    """The same without scaling."""
    assert isinstance(setting.position, RoPE)
    return setting.but(position=setting.position.but(scaling=Scaling().model_dump()).model_dump())


def few(settings: PositionSettings) -> list[int]:
    """Up to eight pairs that stand for all, the chosen one among them."""
    last, chosen = settings.pairs() - 1, settings.drawn_pair()
    found = sorted({round(share * last) for share in SHOWN})
    if chosen not in found:
        inner = found[1:-1] or found
        found[found.index(min(inner, key=lambda pair: abs(pair - chosen)))] = chosen
    return found


class Turned(NamedTuple):
    """One pair of channels of a fixed query and key."""

    channels: tuple[int, int]
    query: tuple[float, float]
    """Before it turns."""
    key: tuple[float, float]
    product: float
    """What the pair adds to q . k, turned to their positions."""


def channels(setting: Setting, pair: int) -> tuple[int, int]:
    """Which two make the pair."""
    assert isinstance(setting.position, RoPE)
    if setting.position.pairing == "interleaved":
        return 2 * pair, 2 * pair + 1
    return pair, pair + setting.position.rotated(setting.head_dim) // 2


def turned(settings: PositionSettings) -> Turned:
    """The chosen pair of head 0's contents."""
    both = channels(settings, settings.drawn_pair())
    rotate = built(settings, max(settings.query, settings.key) + 1).position.rotate
    q_C, k_C = (x_HC[0] for x_HC in contents(settings.heads, settings.head_dim))
    q_2, k_2 = (
        rotate(x_C[None, None, None], at)[0, 0, 0, list(both)]
        for x_C, at in ((q_C, settings.query), (k_C, settings.key))
    )
    before = [tuple(float(x_C[c]) for c in both) for x_C in (q_C, k_C)]
    return Turned(both, before[0], before[1], float(q_2 @ k_2))  # type: ignore[arg-type]


def matrix(settings: PositionSettings, pairs: list[int]) -> tuple[list[int], np.ndarray]:
    """(channels, R): the rotation at the query's position, y = R x, in the channels of these pairs."""
    some = sorted({c for pair in pairs for c in channels(settings, pair)})
    basis = torch.eye(settings.head_dim)[some]
    turned_RC = built(settings, settings.query + 1).position.rotate(basis[None, :, None], settings.query)[0, :, 0]
    return some, turned_RC[:, some].T.numpy()


def angles(settings: PositionSettings, queries: range, keys: range) -> np.ndarray:
    """(T, S): the product of the chosen pair's unit vectors at these positions, the cosine of the angle between."""
    unit_C = torch.eye(settings.head_dim)[channels(settings, settings.drawn_pair())[0]]
    rotate = built(settings, max(queries.stop, keys.stop)).position.rotate
    q_TC, k_SC = (rotate(unit_C.expand(1, 1, len(at), -1), at.start)[0, 0] for at in (queries, keys))
    return (q_TC @ k_SC.mT).numpy()
