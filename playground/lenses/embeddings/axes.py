"""Axes of a map that stay while the vectors move, so that what moves on the screen is the vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from playground.lenses.embeddings.choices import VectorChoices
from playground.measures.circles import circles, plane
from playground.measures.projection import Basis, fit, refit

CIRCLES = 3  # offered
ENOUGH = 0.8  # of what the best plane would show: below it the axes are fitted anew


class Axes(NamedTuple):
    """Two directions, and when they were fitted."""

    basis: Basis
    step: int


class Plan(NamedTuple):
    """A map of one table."""

    axes: Axes
    name: str
    """ "principal", or the frequency of a circle."""
    names: list[list[str]]
    """[name, label] of what there is to choose."""
    share: list[float]
    """Of the variance, along each axis: of all vectors, or of the numbers that stand on the circle."""
    order: list[int]
    """Rows to be joined by a line; empty: none."""


def planned(
    choices: VectorChoices, name: str, vectors_VD: Tensor, numbers: list[int], step: int, *, check: bool
) -> Plan:
    """Principal components; or, where there are numbers, a circle on which they may stand. Positions are joined in
    their order, numbers around the circle.
    """
    found = circles(vectors_VD[numbers]) if numbers else None
    offered = found.frequencies[:CIRCLES] if found is not None and found.found() else ()
    names = [["principal", "principal"], *([str(k), f"circle {k}"] for k in offered)]
    asked, most = choices.axes, (len(numbers) - 1) // 2
    if asked.isdigit() and 0 < int(asked) <= most:
        names += [] if asked in dict(names) else [[asked, f"circle {asked}"]]
        turns, numbers_PD = int(asked), vectors_VD[numbers]
        basis = Basis(numbers_PD.mean(0), plane(numbers_PD, turns), torch.zeros(2))
        order = sorted(range(len(numbers)), key=lambda n: n * turns % len(numbers))  # met in this order, for P prime
        around = [numbers[n] for n in [*order, order[0]]]
        return Plan(Axes(basis, step), asked, names, _rounded(shares(basis, numbers_PD)), around)
    axes = held(choices.bases, name, vectors_VD, step, check=check)
    joined = list(range(len(vectors_VD))) if "position" in name else []
    return Plan(axes, "principal", names, _rounded(shares(axes.basis, vectors_VD)), joined)


def _rounded(share_P: Tensor) -> list[float]:
    return [round(s, 4) for s in share_P.tolist()]


def held(kept: dict[str, Any], name: str, vectors_VD: Tensor, step: int, *, check: bool) -> Axes:
    """The axes of a map by name: principal components, fitted once, and kept until they show too little.

    When they are fitted anew, they are turned so that the map is nearest to the last one: it neither spins nor flips.
    `check` False spares the comparison with the best plane, and is for looking back, too: then the axes stay.
    """
    axes = kept.get(name)
    if axes is None or axes.basis.mean_D.shape != vectors_VD.shape[1:]:
        axes = kept[name] = Axes(_fitted(vectors_VD), step)
    elif check and float(shares(axes.basis, vectors_VD).sum()) < ENOUGH * float(_fitted(vectors_VD).share_P.sum()):
        axes = kept[name] = Axes(refit(vectors_VD, axes.basis.project(vectors_VD)), step)
    return axes


def shares(basis: Basis, vectors_VD: Tensor) -> Tensor:
    """(2,) share of the variance of these vectors that each axis shows; the axes are at right angles."""
    x_VD = vectors_VD.float() - vectors_VD.float().mean(0)
    return (x_VD @ basis.axes_DP).square().sum(0) / x_VD.square().sum().clamp(min=1e-30)


def _fitted(vectors_VD: Tensor) -> Basis:
    """Of fewer than two vectors, or dimensions, any axes."""
    if min(vectors_VD.shape) >= 2:
        return fit(vectors_VD)
    width = vectors_VD.shape[1]
    return Basis(vectors_VD.float().mean(0), torch.eye(width, 2), torch.zeros(2))


def places(basis: Basis, vectors_VD: Tensor) -> list[list[float]]:
    """Rounded places on the map, fit for JSON."""
    return [[float(f"{x:.4g}") for x in row] for row in basis.project(vectors_VD).tolist()]
