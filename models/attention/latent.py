"""Multi-head latent attention, MLA (DeepSeek-V2, arXiv:2405.04434, sec. 2.1): one short vector of each token in place
of the keys and values of all heads.

It is long because what is kept of a token is used in two forms, written out and absorbed, which belong side by side.

Names of tensors: R numbers of a latent, X of what is kept of a token (its rotated key, then its latent), U channels of
a value.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from models.attention.base import FIRST, Attention, Headed, Where
from models.attention.cache import Kept, grown
from models.attention.mask import Mask
from models.attention.softmax import attend, joined
from models.config import knob, refuse
from models.linear import Linear
from models.records import Scored
from models.tap import Pass

PAPER = ("DeepSeek-AI 2024, §2.1", "https://arxiv.org/abs/2405.04434")


class MLA(Headed):
    """Keys and values of all heads are made of one short vector of each token, its latent; RoPE turns further channels,
    whose keys all heads share. Cached are the latent and that shared key.

    Empty settings are the proportions of DeepSeek-V2-Lite. YaRN sharpens whole scores, not only the channels that turn.
    Other position schemes act where they always do, and the shared keys then do not turn (as in Kimi Linear,
    arXiv:2510.26692).
    """

    kind: Literal["MLA"] = "MLA"
    paper = PAPER
    head_dim: int | None = knob(
        None,
        "Head dimension",
        "Channels of each query and key that do not turn; empty: width divided by query heads.",
        ge=1,
        le=512,
        most=128,
        empty="auto",
    )
    rope_dim: int | None = knob(
        None,
        "Rotary dimension",
        "Further channels of each query, which RoPE turns; their keys are shared by all heads. Empty: half of the head "
        "dimension.",
        ge=2,
        le=512,
        most=64,
        step=2,
        empty="auto",
        paper=PAPER,
    )
    value_dim: int | None = knob(
        None,
        "Value dimension",
        "Channels of each value; empty: the head dimension.",
        ge=1,
        le=512,
        most=128,
        empty="auto",
        advanced=True,
    )
    latent: int | None = knob(
        None,
        "Latent dimension",
        "Numbers of the vector that keys and values are made of; empty: a quarter of width.",
        ge=1,
        le=65_536,
        most=128,
        empty="auto",
        paper=PAPER,
    )
    query_latent: int | None = knob(
        None,
        "Query latent dimension",
        "Numbers of the vector that queries are made of; empty: they are made of the stream. Saves parameters, and "
        "nothing of the cache.",
        ge=1,
        le=65_536,
        most=128,
        empty="none",
        advanced=True,
        paper=PAPER,
    )

    def plain_channels(self, width: int) -> int:
        """Channels of each query and key that do not turn."""
        return super().channels(width)

    def rope_channels(self, width: int) -> int:
        """As many pairs as a quarter of the plain channels, at least one."""
        return self.rope_dim or 2 * max(1, self.plain_channels(width) // 4)

    def channels(self, width: int) -> int:
        """Of each query and key, those that turn first."""
        return self.rope_channels(width) + self.plain_channels(width)

    def value_channels(self, width: int) -> int:
        return self.value_dim or self.plain_channels(width)

    def latents(self, width: int) -> int:
        """Numbers of the latent of keys and values."""
        return self.latent or max(1, width // 4)

    def check(self, width: int) -> None:
        super().check(width)
        if self.rope_channels(width) % 2:
            refuse("rope_dim", f"A rotary dimension of {self.rope_dim} is odd, and RoPE rotates pairs of channels.")

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return LatentAttention(self, width, where)

    def matrix_weights(self, width: int) -> int:
        of_queries, r = self.query_heads() * self.channels(width), self.latents(width)
        made = self.query_heads() * (self.plain_channels(width) + self.value_channels(width))
        queries = self.query_latent * (width + of_queries) if self.query_latent else width * of_queries
        out = self.query_heads() * self.value_channels(width) * width
        return queries + width * self.cache_elements(width) + r * made + out

    def parameters(self, width: int) -> int:
        return self.matrix_weights(width) + self.latents(width) + (self.query_latent or 0)

    def cache_elements(self, width: int) -> int:
        """A latent and a shared key."""
        return self.latents(width) + self.rope_channels(width)


class LatentAttention(Attention):
    """Eq. 37 to 47, with an RMSNorm on each latent, as in the authors' code; of a head's channels those that turn come
    first.
    """

    def __init__(self, config: MLA, width: int, where: Where):
        super().__init__()
        self.place, self.cross, self.heads = where.place, where.cross, config.heads
        c, r = config.channels(width), config.latents(width)
        self.plain, self.rope, self.scale = config.plain_channels(width), config.rope_channels(width), c**-0.5
        short = config.query_latent
        self.query_latent = Linear(width, short, bias=False) if short else None
        self.norm_query = nn.RMSNorm(short, eps=1e-6) if short else None
        self.query = Linear(short or width, config.heads * c, bias=False)
        self.latent = Linear(width, self.rope + r, bias=False)
        self.norm_latent = nn.RMSNorm(r, eps=1e-6)
        self.made = Linear(r, config.heads * (self.plain + config.value_channels(width)), bias=False)
        self.out = Linear(config.heads * config.value_channels(width), width, bias=False)

    def forward(self, x_BTD: Tensor, p: Pass, cached: Kept | None = None) -> tuple[Tensor, Kept]:
        """Cached is what `_kept` makes of each token, or its keys and values of every head where those were looked at
        when it was read: an edit of one head fits into no latent.
        """
        z_BHTU, kept = (self._across if self.cross else self._along)(x_BTD, p, cached)
        return joined(z_BHTU, self.out, p, self.place), kept

    def _along(self, x_BTD: Tensor, p: Pass, cached: Kept | None) -> tuple[Tensor, Kept]:
        """Self-attention: what the heads mix, (B, H, T, U)."""
        tap, at, mask, mixes = p.tap, self.place, p.mask, None
        assert mask is not None
        q_BHTC = p.position.sharpened(p.turned(tap(f"{at}.q", self._queries(x_BTD))))
        q_BHTC = tap(f"{at}.q.rotated", q_BHTC)
        rows, kept = self._grown(x_BTD, p, cached)
        if cached is not None and len(rows) == 1 and p.relative is None and not tap.wants(f"{at}.k.rotated"):
            return self._absorbed(q_BHTC, rows[0], mask, p), kept
        k_BHSC, v_BHSU = self._made(rows)
        k_BHSC = tap(f"{at}.k.rotated", k_BHSC)
        if p.relative is not None:
            added = self.scale * p.relative.scores(q_BHTC, k_BHSC, p.position, p.behind)
            mask = mask.plus(tap(f"{at}.relative", added))
            mixes = partial(p.relative.values, start=p.behind) if p.relative.mixes else None
        return attend(q_BHTC, k_BHSC, v_BHSU, mask, scale=self.scale, rate=p.rate, p=p, place=at, mixes=mixes), kept

    def _across(self, x_BTD: Tensor, p: Pass, cached: Kept | None) -> tuple[Tensor, Kept]:
        """Cross-attention likewise; nothing turns."""
        tap, at, mask = p.tap, self.place, p.source_mask
        assert mask is not None
        q_BHTC = tap(f"{at}.q", self._queries(x_BTD))
        if cached is not None and not tap.wants(f"{at}.k", f"{at}.v"):
            return self._absorbed(q_BHTC, cached.tensors[0], mask, p), cached
        if cached is None:
            assert p.source_BSD is not None
            cached = Kept((self._kept(p.source_BSD),), [])
        k_BHSC, v_BHSU = (tap(f"{at}.{name}", t) for name, t in zip("kv", self._made(cached.tensors), strict=True))
        return attend(q_BHTC, k_BHSC, v_BHSU, mask, scale=self.scale, rate=p.rate, p=p, place=at), cached

    def _queries(self, x_BTD: Tensor) -> Tensor:
        """(B, H, T, C)."""
        if self.query_latent is not None and self.norm_query is not None:
            x_BTD = self.norm_query(self.query_latent(x_BTD).type_as(self.norm_query.weight))
        return self.query(x_BTD).unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _kept(self, x_BTD: Tensor) -> Tensor:
        """The shared key, not yet turned, and behind it the normalised latent: (B, 1, T, X)."""
        key, latent = self.latent(x_BTD).split((self.rope, self.norm_latent.weight.numel()), dim=-1)
        return torch.cat((key, self.norm_latent(latent.type_as(self.norm_latent.weight)).type_as(key)), dim=-1)[:, None]

    def _grown(self, x_BTD: Tensor, p: Pass, cached: Kept | None) -> tuple[tuple[Tensor, ...], Kept]:
        """What is kept of all tokens, those of this pass included."""
        tap, at, new_B1TX = p.tap, self.place, self._kept(x_BTD)
        short = cached is None or len(cached.tensors) == 1
        if short and not tap.wants(f"{at}.k", f"{at}.v"):
            return grown(cached, (p.turned(new_B1TX),), p.reach)
        k_BHTC, v_BHTU = self._made((new_B1TX,))
        new = p.turned(tap(f"{at}.k", k_BHTC)), tap(f"{at}.v", v_BHTU)
        return grown(Kept(self._made(cached.tensors), []) if cached is not None else None, new, p.reach)

    def _made(self, rows: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Keys (B, H, S, C) and values (B, H, S, U) of what is kept."""
        if len(rows) != 1:
            return rows
        key, latent = rows[0].split((self.rope, self.norm_latent.weight.numel()), dim=-1)
        made = self.made(latent[:, 0]).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        return torch.cat((key.expand(*made.shape[:-1], -1), made[..., : self.plain]), dim=-1), made[..., self.plain :]

    def _absorbed(self, q_BHTC: Tensor, rows_B1SX: Tensor, mask: Mask, p: Pass) -> Tensor:
        """The same without any head's keys and values (sec. 2.1.2): as q . (W c) = (W^T q) . c, queries are brought to
        the latents, as to one key head, and their mixtures to the values: (B, H, T, U).
        """
        turning, plain = q_BHTC.split((self.rope, self.plain), dim=-1)
        to_k, to_v = self.made.weight.unflatten(0, (self.heads, -1)).split_with_sizes(
            (self.plain, self.made.out_features // self.heads - self.plain), dim=1
        )
        q_BHTX, latent_B1SR = torch.cat((turning, plain @ to_k), dim=-1), rows_B1SX[..., self.rope :]
        look = {"scale": self.scale, "rate": p.rate, "p": p, "place": self.place}
        return attend(q_BHTX, rows_B1SX, latent_B1SR, mask, **look) @ to_v.mT

    def scored(self, q_BHTC: Tensor, k_BGSC: Tensor, relative_BHTS: Tensor | None, /) -> Scored | None:
        return Scored(q_BHTC, k_BGSC, self.scale, None, relative_BHTS)
