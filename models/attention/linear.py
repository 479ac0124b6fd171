"""Linear attention: features in place of a softmax (Katharopoulos et al. 2020, arXiv:2006.16236)."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from torch import Tensor

from models.attention.base import FIRST, Attention, Headed, Heads, Where
from models.attention.cache import Kept, grown
from models.attention.mask import Mask
from models.attention.softmax import joined
from models.attention.sums import Features, Sums, causal, masked, phi, quadratic, summed, whole
from models.tap import Pass


class LinearAttention(Headed):
    """Weights are products of positive features, phi(x) = elu(x) + 1, over their sum: the past fits in one matrix per
    head. With RoPE the numerator alone is rotated, after phi (Su et al. 2021, arXiv:2104.09864, eq. 19): its weights
    may then be negative, and do not sum to 1.

    What is cached are sums of a constant size (eq. 18-20); keys and values besides only where weights on single keys
    are looked at.
    """

    scores: ClassVar[bool] = False
    kind: Literal["linear"] = "linear"
    paper = ("Katharopoulos et al. 2020", "https://arxiv.org/abs/2006.16236")
    rows = (
        "Rows of rotated linear attention are not probability distributions "
        '(<a href="https://arxiv.org/abs/2104.09864">Su et al. 2021, eq. 19</a>)'
    )
    unscored = (
        "Linear attention has no scores: its weights are products of features, not a softmax. With RoPE they may be "
        "negative, and a row need not sum to 1 (Su et al. 2021, eq. 19)."
    )

    def build(self, width: int, where: Where = FIRST) -> Attention:
        return LinearHeads(self, width, where)

    def matrix_weights(self, width: int) -> int:
        return 4 * width * self.heads * self.channels(width)

    def parameters(self, width: int) -> int:
        return self.matrix_weights(width)

    def looks(self, width: int, keys: int) -> int:
        """One write into the state and one reading of it: as many as C keys, however many there are."""
        return super().looks(width, self.channels(width))

    def state_elements(self, width: int) -> int:
        """A C x C matrix and a sum of C features per head."""
        c = self.channels(width)
        return self.heads * c * (c + 1)


class Past(NamedTuple):
    """What is kept of the tokens so far, or of a source."""

    sums: Sums
    keys: Kept | None
    """What the keys and values are, one by one: where they have been looked at from the first on."""


class LinearHeads(Heads):
    """Linear attention over H heads, each with its own keys and values."""

    def __init__(self, config: LinearAttention, width: int, where: Where):
        c = config.channels(width)
        super().__init__(where, config.heads, config.heads, c, width, qkv_bias=False, out_bias=False)

    def forward(self, x_BTD: Tensor, p: Pass, cached: Past | None = None) -> tuple[Tensor, Past]:
        z_BHTC, past = (self._across if self.cross else self._along)(x_BTD, p, cached)
        return joined(z_BHTC.to(x_BTD.dtype), self.out, p, self.place), past

    def _along(self, x_BTD: Tensor, p: Pass, cached: Past | None) -> tuple[Tensor, Past]:
        """Self-attention: the heads' mixtures (B, H, T, C)."""
        tap, at, mask = p.tap, self.place, p.mask
        assert mask is not None
        q, k, v = (self._split(part) for part in self.qkv(x_BTD).split(self.sizes, dim=-1))
        q_BHTC, k_BHTC = phi(tap(f"{at}.q", q)), phi(tap(f"{at}.k", k))
        v_BHTC, turned_BHTC = tap(f"{at}.v", v).to(q_BHTC.dtype), p.turned(k_BHTC)
        f = Features(q_BHTC, k_BHTC, tap(f"{at}.q.rotated", p.turned(q_BHTC)), turned_BHTC)
        past, looked = None if cached is None else cached.sums, self._looked(p, cached, "k.rotated")
        if mask.causal and not looked:
            z_BHTC, sums = causal(f, v_BHTC, past)
            return z_BHTC, Past(sums, None)
        sums, keys = summed(f, v_BHTC, past, p.keep_BT), None
        if looked or (cached is not None and cached.keys is not None):
            rows, keys = grown(cached and cached.keys, (k_BHTC, turned_BHTC, v_BHTC))
            if looked:
                every = Features(q_BHTC, rows[0], f.turned_q_BHTC, tap(f"{at}.k.rotated", rows[1]))
                return self._weighted(every, rows[2], mask, p), Past(sums, keys)
        if mask.visible is None:
            return whole(q_BHTC, f.turned_q_BHTC, sums), Past(sums, keys)
        return masked(f, v_BHTC, mask.visible[..., -q_BHTC.shape[-2] :], past), Past(sums, keys)

    def _across(self, x_BTD: Tensor, p: Pass, cached: Past | None) -> tuple[Tensor, Past]:
        """Cross-attention likewise."""
        tap, at, looked = p.tap, self.place, self._looked(p, cached, "k", "v")
        q_BHTC = phi(tap(f"{at}.q", self._split(self._project(x_BTD, 0))))
        if cached is None:
            assert p.source_BSD is not None
            k, v = (self._split(self._project(p.source_BSD, which)) for which in (1, 2))
            k_BHSC = phi(k)
            sums = summed(Features(q_BHTC, k_BHSC, q_BHTC, k_BHSC), v.to(q_BHTC.dtype), None, p.source_keep_BS)
            cached = Past(sums, Kept((k, v), []) if looked else None)
        if not looked:
            return whole(q_BHTC, q_BHTC, cached.sums), cached
        assert cached.keys is not None
        assert p.source_mask is not None
        k, v_BHSC = (tap(f"{at}.{name}", t) for name, t in zip("kv", cached.keys.tensors, strict=True))
        k_BHSC = phi(k)
        f = Features(q_BHTC, k_BHSC, q_BHTC, k_BHSC)
        return self._weighted(f, v_BHSC.to(q_BHTC.dtype), p.source_mask, p), cached

    def _looked(self, p: Pass, cached: Past | None, *places: str) -> bool:
        """Whether weights on single keys are looked at, dropped or edited.

        Raises ValueError where the cache has none: nobody looked when they were read.
        """
        looked = p.tap.wants(*(f"{self.place}.{name}" for name in ("pattern", *places)))
        looked = looked or (p.training and p.rate > 0)
        if looked and cached is not None and cached.keys is None:
            raise ValueError(
                f"{self.place}: of what was read, the cache has sums and no single keys to look at. Record from the "
                "first token on."
            )
        return looked

    def _weighted(self, f: Features, v_BHSC: Tensor, mask: Mask, p: Pass) -> Tensor:
        """With every weight written out."""
        weights_BHTS = quadratic(f, mask.written(f.q_BHTC.shape[-2], f.k_BHSC.shape[-2], v_BHSC.device))
        return p.dropout(p.tap(f"{self.place}.pattern", weights_BHTS), p.rate) @ v_BHSC

    def _split(self, x: Tensor) -> Tensor:
        """(B, T, H * C) -> (B, H, T, C)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
