"""The model core: configs that are values, modules built from them, records of what a forward pass did.

A reading order, from a token to the whole:

 1. records      the legend of axis letters, and what a pass reports
 2. embedding    tokens to vectors, vectors to logits
 3. position     sinusoidal, learned, rope, alibi: where a token stands; base says where a scheme may act
 4. attention    mask (who sees whom), softmax (the one primitive), grouped (MHA, GQA, MQA), latent (MLA), then linear
 5. norm, feedforward, block, transformer with its stacks
 6. generate     a text, token by token, with a KV cache; decoding: the same, faster, one token by its formula alone
 7. moe          base (what a router is), top_k, switch, capacity, balance, experts; mixture puts them into a layer
 8. tap, edits   the named places of a pass: recorded, ablated, patched
 9. architecture, idle, cost, init, presets, published, pretrained: a whole model as a value, and models that exist
10. word2vec, windows; kernels last: the same formulas, faster, which a reader may skip

One block of a pre-norm decoder (`block.Block`), x the residual stream:

    x --+-- norm -- attention --(+)--+-- norm -- feed-forward --(+)-- x
        |                        |   |                           |
        +------------------------+   +---------------------------+

Heads of queries q (H = 4), and of the keys and values kv that they share (G), in `attention.grouped`. In multi-head
latent attention (`attention.latent`) all keys and values are made of one latent vector c of each token, which alone is
cached.

    MHA  G = 4           GQA  G = 2          MQA  G = 1           MLA  G = 4
                                                                       c
                                                                  +---++--+---+
    kv  kv  kv  kv        kv      kv              kv              kv  kv  kv  kv
    |   |   |   |        +-+-+   +-+-+      +---+-++--+---+       |   |   |   |
    q   q   q   q        q   q   q   q      q   q     q   q       q   q   q   q

Who sees whom (`attention.mask`): the query in row t may attend to the key in column s where there is an x.

    encoder-only        decoder-only        encoder-decoder: the encoder as on the left, the decoder as beside it,
    x x x x             x . . .             and its cross-attention on all of the source:
    x x x x             x x . .             x x x x x
    x x x x             x x x .             x x x x x
    x x x x             x x x x             x x x x x
"""

from models.edits import Ablate, Force, Hide, Patch, Resume, Swap
from models.presets import PRESETS
from models.published import PUBLISHED
from models.records import Cache, LayerRecord, Output, Routing
from models.transformer import Transformer, TransformerConfig
from models.word2vec import Word2Vec, Word2VecConfig

__all__ = [
    "PRESETS",
    "PUBLISHED",
    "Ablate",
    "Cache",
    "Force",
    "Hide",
    "LayerRecord",
    "Output",
    "Patch",
    "Resume",
    "Routing",
    "Swap",
    "Transformer",
    "TransformerConfig",
    "Word2Vec",
    "Word2VecConfig",
]
