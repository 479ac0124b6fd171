"""What keeps experts busy: losses that ask for balance, and a bias that makes it without one.

Every loss is reported in units where a uniform router has 1 (the z-loss: where all scores are 0, (ln E)²), whatever
the number of experts and choices; the communication loss where besides every token is sent to M devices. HF Mixtral,
OLMoE and Qwen3-MoE count k times as much, and over the tokens of all layers at once; here each layer has its own and
they are added up.

| loss | of one group of tokens | source |
| --- | --- | --- |
| auxiliary | E Σ f P | Fedus et al. 2021, arXiv:2101.03961 eq. 4; k > 1: DeepSeek-V2, arXiv:2405.04434 eq. 23 |
| device | D Σ f' P', f' and P' summed over a device's experts | DeepSeekMoE, arXiv:2401.06066 eq. 15 to 17 |
| communication | Σ f'' P'', f'' = D/M x share of tokens sent to a device | DeepSeek-V2 eq. 29 to 31 |
| z | mean of (ln Σ exp scores)² | Zoph et al. 2022, arXiv:2202.08906, eq. 5 |

f is the share of choices that fell on an expert, counted before any is dropped and without gradient; P its mean
probability.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from models.config import Config, knob
from models.moe.base import Choice


class Balance(Config):
    """Weights of the losses, and the speed of the bias. All of them act at the next update."""

    auxiliary: float = knob(
        0.01,
        "Auxiliary loss",
        "Weight of the loss that asks for equal loads; 1 is what a uniform router costs at weight 1.",
        live=True,
        ge=0.0,
        le=1000.0,
        most=10.0,
        step=0.01,
        paper=("Fedus et al. 2021, eq. 4", "https://arxiv.org/abs/2101.03961"),
    )
    over: Literal["batch", "sequence"] = knob(
        "batch",
        "Balanced over",
        "The loads of the whole batch, or those of each sequence by itself (DeepSeek).",
        live=True,
        advanced=True,
        paper=("DeepSeek-AI 2024", "https://arxiv.org/abs/2405.04434"),
    )
    unit: Literal["uniform = 1", "uniform = k"] = knob(
        "uniform = 1",
        "Unit of the auxiliary loss",
        "What a uniform router costs. Some implementations do not divide by the number of choices (HF Mixtral).",
        live=True,
        advanced=True,
    )
    z: float = knob(
        0.0,
        "Router z-loss",
        "Weight of the loss that keeps the router's scores small; it balances nothing.",
        live=True,
        ge=0.0,
        le=100.0,
        most=1.0,
        step=0.001,
        paper=("Zoph et al. 2022", "https://arxiv.org/abs/2202.08906"),
    )
    bias_speed: float = knob(
        0.0,
        "Bias balancing",
        "After each update the bias of every overloaded expert falls by this, that of every underloaded one rises. "
        "It only selects: no gate and no loss knows it.",
        live=True,
        ge=0.0,
        le=10.0,
        most=1.0,
        step=0.001,
        paper=("Wang et al. 2024", "https://arxiv.org/abs/2408.15664"),
    )
    device: float = knob(
        0.0,
        "Device loss",
        "The same as the auxiliary loss between devices instead of experts.",
        live=True,
        ge=0.0,
        le=1000.0,
        most=10.0,
        step=0.01,
        advanced=True,
        paper=("Dai et al. 2024", "https://arxiv.org/abs/2401.06066"),
    )
    communication: float = knob(
        0.0,
        "Communication loss",
        "Asks that each device receive equally many tokens.",
        live=True,
        ge=0.0,
        le=1000.0,
        most=10.0,
        step=0.01,
        advanced=True,
        paper=("DeepSeek-AI 2024", "https://arxiv.org/abs/2405.04434"),
    )

    def losses(
        self, choice: Choice, keep_N: Tensor | None, examples: int, devices: int, reach: int
    ) -> dict[str, Tensor]:
        """Each loss unweighted. `reach`: on how many devices a token's experts may be."""
        groups = examples if self.over == "sequence" else 1
        f_XE, p_XE, keep_XS = shares(choice, keep_N, groups)
        experts, k = p_XE.shape[1], choice.counted_NK.shape[1]
        found = {"auxiliary": experts * (f_XE * p_XE).sum(-1) * (k if self.unit == "uniform = k" else 1)}
        one_X = torch.ones_like(found["auxiliary"])
        found |= {"device": one_X, "communication": one_X}  # what they are on a single device
        if devices > 1:
            f_XD, p_XD = (t.unflatten(1, (devices, -1)).sum(-1) for t in (f_XE, p_XE))
            found["device"] = devices * (f_XD * p_XD).sum(-1)
            found["communication"] = devices / reach * (_sent(choice, keep_XS, devices) * p_XD).sum(-1)
        z_N = choice.logits_NE.logsumexp(dim=-1).square()
        kept_N = torch.ones_like(z_N) if keep_N is None else keep_N.to(z_N.dtype)
        return {name: of_X.mean() for name, of_X in found.items()} | {
            "z": (z_N * kept_N).sum() / kept_N.sum().clamp(min=1)
        }

    def weighted(self, losses: dict[str, Tensor]) -> Tensor:
        """What is added to the training loss."""
        weights = {"auxiliary": self.auxiliary, "device": self.device, "communication": self.communication, "z": self.z}
        wanted = [weights[name] * loss for name, loss in losses.items() if weights[name]]  # others need no gradient
        return torch.stack(wanted).sum() if wanted else losses["auxiliary"].new_zeros(())


def shares(choice: Choice, keep_N: Tensor | None, groups: int) -> tuple[Tensor, Tensor, Tensor]:
    """(groups, E) f and P, both with rows that sum to 1, and (groups, tokens of one) 1 where a token is no
    padding.
    """
    probs_XSE = choice.probs_NE.unflatten(0, (groups, -1))
    keep_XS = (
        torch.ones_like(probs_XSE[..., 0]) if keep_N is None else keep_N.unflatten(0, (groups, -1)).to(probs_XSE.dtype)
    )
    with torch.no_grad():
        counted_XSK = choice.counted_NK.unflatten(0, (groups, -1))
        ones_XSK = keep_XS[..., None].expand(counted_XSK.shape)
        if choice.chosen_NK is not None:
            ones_XSK = ones_XSK * choice.chosen_NK.unflatten(0, (groups, -1))
        count_XE = torch.zeros_like(probs_XSE[:, 0]).scatter_add_(1, counted_XSK.flatten(1), ones_XSK.flatten(1))
        f_XE = count_XE / count_XE.sum(-1, keepdim=True).clamp(min=1)
    p_XE = (probs_XSE * keep_XS[..., None]).sum(1) / keep_XS.sum(-1, keepdim=True).clamp(min=1)  # no product: in fp32
    return f_XE, p_XE, keep_XS


@torch.no_grad()
def _sent(choice: Choice, keep_XS: Tensor, devices: int) -> Tensor:
    """(groups, D) share of the tokens that have an expert on a device."""
    groups, size = keep_XS.shape
    device_NK = choice.counted_NK // (choice.probs_NE.shape[1] // devices)
    there_NKD = F.one_hot(device_NK, devices)
    if choice.chosen_NK is not None:
        there_NKD = there_NKD * choice.chosen_NK[..., None]
    there_XSD = there_NKD.amax(dim=1).unflatten(0, (groups, size)).to(keep_XS.dtype)
    return (there_XSD * keep_XS[..., None]).sum(1) / keep_XS.sum(-1, keepdim=True).clamp(min=1)


@torch.no_grad()
def move_bias(bias_E: Tensor, demand_E: Tensor, speed: float) -> None:
    """b += speed x sign(mean load - load), in place, after an update (DeepSeek-V3, arXiv:2412.19437, sec. 2.1.2)."""
    demand_E = demand_E.to(bias_E.dtype)
    bias_E += speed * torch.sign(demand_E.mean() - demand_E)
