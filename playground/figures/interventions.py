"""Heat maps of interventions: around 0 of what was changed, and of what layers say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from playground.figures.heat import Heat, heat

FEW = 4  # tokens in which two prompts differ and are both written below a map


def costs(loss_LX: np.ndarray, error_LX: np.ndarray, *, unit: str) -> Heat:
    """What removing each head or expert costs: (L, X) change of the loss and its standard error; NaN: none, or not
    measured yet. `unit` is "head" or "expert".
    """
    layers, units = loss_LX.shape
    letter = unit.split()[-1][0].upper()
    return heat(
        loss_LX,
        x=[f"{letter}{i}" for i in range(units)],
        y=[f"L{i}" for i in range(layers)],
        x_title=unit,
        y_title="layer",
        z_title="change of loss, nats",
        hover=[
            [_cost(f"L{i} {letter}{j}", loss_LX[i, j], error_LX[i, j]) for j in range(units)] for i in range(layers)
        ],
    )


def parts(losses: Mapping[str, np.ndarray], errors: Mapping[str, np.ndarray]) -> Heat:
    """The same of whole parts, a column each: part -> (L, 1). What belongs to all layers has one number, (1, 1), under
    "position", and its own row.
    """
    whole = "position" in losses
    layers = max((len(v) for name, v in losses.items() if name != "position"), default=0)
    rows = [f"L{i}" for i in range(layers)] + ["all layers"] * whole
    loss, error = (np.full((len(rows), len(losses)), np.nan) for _ in range(2))
    for j, name in enumerate(losses):
        at = slice(layers, layers + 1) if name == "position" else slice(0, len(losses[name]))
        loss[at, j], error[at, j] = losses[name][:, 0], errors[name][:, 0]
    names = list(losses)
    hover = [
        [_cost(f"{row} {name}", loss[i, j], error[i, j]) for j, name in enumerate(names)] for i, row in enumerate(rows)
    ]
    return heat(loss, x=names, y=rows, x_title="part", y_title="layer", z_title="change of loss, nats", hover=hover)


def patching(
    recovered_LX: np.ndarray,
    *,
    layers: Sequence[int | None],
    clean: Sequence[str] = (),
    corrupted: Sequence[str] = (),
) -> Heat:
    """Share of the logit difference that each activation brings back; NaN: not known yet. `layers` of the rows, None
    for what has none. By position: what the prompts read there; without them, by head.
    """
    columns, rows = recovered_LX.shape[1], ["all layers" if i is None else f"L{i}" for i in layers]
    if clean:
        where = [a if a == b else f"{a} | {b}" for a, b in zip(clean, corrupted, strict=True)]
        few = sum(a != b for a, b in zip(clean, corrupted, strict=True)) <= FEW
        x = where if few else list(clean)  # of another example: pairs of all would have no room
        x_title = (
            "position (clean | corrupted token where they differ)" if few else "position (token of the clean prompt)"
        )
        where = [f"position {j}, {name}" for j, name in enumerate(where)]
    else:
        x, x_title = [f"H{i}" for i in range(columns)], "head"
        where = x
    hover = [
        [f"{row}, {where[j]}: {'not known yet' if np.isnan(v) else f'{v:.3f}'}" for j, v in enumerate(shares)]
        for row, shares in zip(rows, recovered_LX, strict=True)
    ]
    return heat(
        recovered_LX,
        x=x,
        y=rows,
        x_title=x_title,
        y_title="layer",
        z_title="recovered share",
        hover=hover,
        least=1.0,
    )


def lens(probs_RT: np.ndarray, said: Sequence[Sequence[str]], *, rows: Sequence[str], tokens: Sequence[str]) -> Heat:
    """The logit lens: the likeliest token of each row and position, coloured by its probability."""
    hover = [
        [f"{row}, position {t}, after {tokens[t]}: {said[r][t]}, {probs_RT[r, t]:.3f}" for t in range(len(tokens))]
        for r, row in enumerate(rows)
    ]
    return heat(
        probs_RT,
        x=tokens,
        y=rows,
        x_title="token read",
        y_title="read after",
        z_title="probability",
        hover=hover,
        text=said,
        around=False,
    )


def rollout(shares_LT: np.ndarray, *, tokens: Sequence[str], position: int) -> Heat:
    """What one position is made of after each layer: shares of the input tokens, rows sum to 1."""
    layers = [f"L{i}" for i in range(len(shares_LT))]
    hover = [
        [f"after {row}, {t} at {i}: {shares_LT[j, i]:.3f}" for i, t in enumerate(tokens)]
        for j, row in enumerate(layers)
    ]
    return heat(
        shares_LT,
        x=tokens,
        y=layers,
        x_title=f"input token that position {position} is made of",
        y_title="after layer",
        z_title="share",
        hover=hover,
        around=False,
    )


def _cost(name: str, loss: float, error: float) -> str:
    return f"{name}: not measured" if np.isnan(loss) else f"without {name}: {loss:+.4f} ± {error:.4f} nats"
