"""Expert choice (Zhou et al. 2022, arXiv:2202.09368): each expert takes the tokens that score highest for it, always
the same number. Which tokens those are depends on all of them, also on later ones.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import torch

from models.config import knob
from models.moe.base import Asked, Choice, Learned, LearnedRouter, Room, Router


class ExpertChoice(Learned):
    """Each expert chooses its tokens: perfectly balanced, and not for decoders."""

    kind: Literal["expert choice"] = "expert choice"
    paper = ("Zhou et al. 2022", "https://arxiv.org/abs/2202.09368")
    picks = "experts"
    selects, causal = False, False
    factor: float = knob(
        2.0,
        "Experts per token on average",
        "Each expert takes tokens ÷ experts × this; a token may get none or all.",
        live=True,
        gt=0.0,
        le=256.0,
        most=64.0,
    )

    def build(self, room: Room) -> Router:
        return ExpertChoiceRouter(self, room)

    def choices(self, room: Room) -> int:
        return room.experts

    def average(self, room: Room) -> float:
        return min(room.experts, self.factor * room.split)


class ExpertChoiceRouter(LearnedRouter):
    """S = softmax over experts; each expert takes the rows of its highest S, which are also the gates."""

    config: ExpertChoice

    def forward(self, asked: Asked) -> Choice:
        if asked.forced_N is not None:
            raise ValueError("In expert choice the experts choose: no token can be forced.")
        logits_NE = self.logits(asked)
        probs_NE = logits_NE.softmax(dim=-1)
        bids_XSE = probs_NE.detach().unflatten(0, (asked.groups, -1))  # S: a token of the group
        real_XS = torch.ones_like(bids_XSE[..., 0], dtype=torch.bool)
        if asked.keep_N is not None:
            real_XS = asked.keep_N.unflatten(0, (asked.groups, -1))
            bids_XSE = bids_XSE.masked_fill(~real_XS[..., None], -1.0)
        share = Fraction(str(self.config.factor)) * self.room.split / self.room.experts  # exact on every device
        seats_X = -(-real_XS.sum(dim=1) * share.numerator // share.denominator)  # rounded up
        rank_XSE = bids_XSE.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        taken_NE = ((rank_XSE < seats_X[:, None, None]) & real_XS[..., None]).flatten(0, 1)
        experts_NE = torch.arange(self.room.experts, device=probs_NE.device).expand_as(probs_NE)
        return Choice(logits_NE, probs_NE, experts_NE, probs_NE * taken_NE, experts_NE, taken_NE)
