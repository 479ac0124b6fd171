"""The logit lens: what a model would predict if it stopped after each layer (nostalgebraist 2020,
https://www.lesswrong.com/posts/AcKRB8wDpdaN6v6ru/interpreting-gpt-the-logit-lens).

Every residual stream is read as the last one is: by the final norm, if there is one, and the output head. What earlier
layers write need not be meant for it: a low probability there does not say that the answer is not known yet.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch.nn import functional as F

from models import Resume, Transformer
from models.edits import Edit, StackName
from playground.interventions.ablations import last
from playground.tasks.base import IGNORE, Batch
from playground.tasks.forward import forward, to


class Lens(NamedTuple):
    """Predictions of one example. Row 0 reads the embeddings, row l the stream after l layers; the last row is the
    model's own prediction.
    """

    ids: tuple[int, ...]
    """What the stack reads, T tokens."""
    top_RTK: np.ndarray
    """(L + 1, T, K) likeliest tokens, best first."""
    probs_RTK: np.ndarray
    """(L + 1, T, K) their probabilities."""
    kl_RT: np.ndarray
    """(L + 1, T) nats that the row's prediction loses of the final one: KL(final || row), Belrose et al. 2023,
    arXiv:2303.08112, sec. 3; 0 in the last row.
    """
    wanted_RT: np.ndarray
    """(L + 1, T) probability of the token to predict; NaN where none is known."""

    @property
    def rows(self) -> tuple[str, ...]:
        return ("embedding", *(f"L{layer}" for layer in range(len(self.kl_RT) - 1)))

    def settled(self) -> np.ndarray:
        """(T,) first row from which on the likeliest token is the final one."""
        other = self.top_RTK[:, :, 0] != self.top_RTK[-1, :, 0]
        return np.where(other.any(axis=0), len(other) - other[::-1].argmax(axis=0), 0)

    def frame(self) -> pd.DataFrame:
        """One row per layer, position and rank: row, position, token, rank, prediction, probability, kl, wanted."""
        cells = [
            (
                self.rows[r],
                t,
                self.ids[t],
                k,
                int(self.top_RTK[r, t, k]),
                float(p),
                self.kl_RT[r, t],
                self.wanted_RT[r, t],
            )
            for (r, t, k), p in np.ndenumerate(self.probs_RTK)
        ]
        return pd.DataFrame(
            cells, columns=["row", "position", "token", "rank", "prediction", "probability", "kl", "wanted"]
        )


@torch.no_grad()
def lens(model: Transformer, batch: Batch, *, example: int = 0, k: int = 5, stack: StackName | None = None) -> Lens:
    """Read every stream of one example of a batch, of the stack that the head reads. Raises ValueError for another."""
    reads = "encoder" if model.config.topology == "encoder-only" else "decoder"
    if stack not in (None, reads):
        raise ValueError(
            f"A logit lens reads the stack below the output head, here the {reads}. "
            + ("The encoder's streams go to cross-attention, and predict nothing." if stack == "encoder" else "")
        )
    if not 0 <= example < len(batch.ids_BT):
        raise ValueError(f"There are {len(batch.ids_BT)} examples, counted from 0; got {example}.")
    batch = to(batch, next(model.parameters()).device)
    known = forward(model, batch, record="stream")
    layers = known.encoder if reads == "encoder" else known.decoder
    one = Batch(**{f: t[example : example + 1] for f, t in batch._asdict().items() if t is not None})
    streams = [layers[0].before_BTD, *(layer.stream_BTD for layer in layers)]
    before: list[Edit] = []
    if known.encoder and known.decoder:
        memory = last(known, "encoder")
        before = [memory._replace(stream_BTD=memory.stream_BTD[example : example + 1])]
    read = []
    for stream_BTD in streams:
        assert stream_BTD is not None
        resume = Resume(reads, len(layers), stream_BTD[example : example + 1])
        read.append(forward(model, one, edits=[*before, resume]).logits_BTV[0].float())
    logs_RTV = torch.stack(read).log_softmax(dim=-1)
    final_RTV = logs_RTV[-1:].expand_as(logs_RTV)
    top = logs_RTV.exp().topk(min(k, logs_RTV.shape[-1]), dim=-1)
    kl_RT = F.kl_div(logs_RTV, final_RTV, log_target=True, reduction="none").sum(dim=-1)
    targets_T = one.targets_BT[0]
    index_RT1 = targets_T.clamp(min=0).expand(len(logs_RTV), -1)[..., None]
    wanted_RT = logs_RTV.gather(-1, index_RT1)[..., 0].exp().masked_fill(targets_T == IGNORE, torch.nan)
    numbers = (t.cpu().numpy() for t in (top.indices, top.values, kl_RT, wanted_RT))
    return Lens(tuple(one.ids_BT[0].tolist()), *numbers)
