"""The model core: configs that are values, modules built from them, records of what a forward pass did. torch only."""

from models.edits import Ablate, Force, Patch, Resume
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
    "LayerRecord",
    "Output",
    "Patch",
    "Resume",
    "Routing",
    "Transformer",
    "TransformerConfig",
    "Word2Vec",
    "Word2VecConfig",
]
