"""What each kind of block does, in a sentence or two, with its formula and its source."""

from __future__ import annotations

from models.architecture import TransformerConfig

WORDS = {
    "tokens": (
        "Each token is looked up in a table and becomes a vector: the residual stream begins here. Every block below "
        "reads it and adds to it.",
        "x = E[token]",
        ("Vaswani et al. 2017, sec. 3.4", "https://arxiv.org/abs/1706.03762"),
    ),
    "positions": (
        "Attention by itself sees a set of tokens without an order. This says where each one stands.",
        "",
        ("Vaswani et al. 2017, sec. 3.5", "https://arxiv.org/abs/1706.03762"),
    ),
    "norm": (
        "Brings every vector to the same norm, so that what follows reads its direction; a gain per channel is "
        "learned.",
        "y = g · x / rms(x)",
        ("Ba et al. 2016; Zhang and Sennrich 2019", "https://arxiv.org/abs/1910.07467"),
    ),
    "attention": (
        "The only place where tokens read one another. Each position asks with a query; the keys of the positions that "
        "it may see answer; their products say how much of each value is taken along.",
        "softmax(Q Kᵀ / √C) V",
        ("Vaswani et al. 2017, eq. 1", "https://arxiv.org/abs/1706.03762"),
    ),
    "cross_attention": (
        "The decoder reads the source: its queries meet the keys and values that the encoder made, all of them.",
        "softmax(Q Kᵀ / √C) V, with K and V of the encoder",
        ("Vaswani et al. 2017, sec. 3.2.3", "https://arxiv.org/abs/1706.03762"),
    ),
    "feed_forward": (
        "Works on each position by itself: a wide hidden layer recognises what the stream holds, and what goes with it "
        "is added.",
        "W₂ act(W₁ x)",
        ("Vaswani et al. 2017, eq. 2", "https://arxiv.org/abs/1706.03762"),
    ),
    "experts": (
        "Many feed-forward networks, of which a router sends each token to a few: more parameters at the same work per "
        "token. An expert with a limited capacity drops what finds no slot.",
        "Σ gate(e) · FFN_e(x) over the chosen experts e",
        ("Shazeer et al. 2017; Fedus et al. 2021", "https://arxiv.org/abs/2101.03961"),
    ),
    "head": (
        "Compares the last vector of each position with a vector per token of the vocabulary; a softmax over these "
        "logits is the prediction.",
        "logits = x Wᵀ",
        ("Vaswani et al. 2017, sec. 3.4", "https://arxiv.org/abs/1706.03762"),
    ),
}
"""Kind of a block -> what it does, its formula, and who proposed it where."""
Words = dict[str, tuple[str, str, tuple[str, str]]]


def words(config: TransformerConfig) -> Words:
    """The same for a model, whose formulas depend on its settings; "" where one does not say it in a line."""
    found, attention = dict(WORDS), config.attention
    usual = attention.scores and not attention.rows and getattr(attention, "scale", None) is None
    if not usual:
        for kind in ("attention", "cross_attention"):
            does, _, source = found[kind]
            found[kind] = (does, "", attention.paper or source)
    if config.norm.kind == "LayerNorm":
        does, _, source = found["norm"]
        found["norm"] = (does, "y = g · (x − mean(x)) / std(x) + b" if config.norm.bias else "", source)
    if getattr(config.feed_forward, "gated", False):
        does, _, _ = found["feed_forward"]
        source = ("Shazeer 2020", "https://arxiv.org/abs/2002.05202")
        found["feed_forward"] = (does, "W₂ (act(W₁ x) · W₃ x)", source)
    return found
