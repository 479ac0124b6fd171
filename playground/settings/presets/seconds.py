"""Tasks that a small model learns in seconds."""

from __future__ import annotations

from typing import Any

from models.presets import PRESETS as MODELS
from playground.settings.presets.base import Preset, run

GROUP = "Learns in seconds"
ELHAGE = ("Elhage et al. 2021", "https://transformer-circuits.pub/2021/framework/index.html")
OLSSON = ("Olsson et al. 2022", "https://arxiv.org/abs/2209.11895")


_TOPOLOGIES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("decoder-only", {"model.topology": "decoder-only"}, "writes the answer behind the prompt"),
    ("encoder-only", {"model.topology": "encoder-only"}, "fills all empty slots at once"),
    ("encoder-decoder", {"model.topology": "encoder-decoder"}, "reads with one stack and writes with the other"),
)
_SUMS = {
    "layers": 1,
    "position": {"kind": "none"},
    "init": {**MODELS["fast"].init.model_dump(), "embedding_std": 0.02, "residual_gain": 1.0},
}

SECONDS = [
    Preset(
        "induction",
        "Induction",
        GROUP,
        run("induction", {"kind": "induction"}, batch=32, steps=600),
        "Two layers of attention alone. A head of the first layer learns to look at the previous token, then one of "
        "the second finds what followed the last time.",
        (
            (
                "ALiBi",
                {"model.position.kind": "ALiBi"},
                "instead of RoPE: the head still forms, with a blurred view of the previous token",
            ),
            (
                "no positions",
                {"model.position.kind": "none"},
                "leaves only the causal mask to tell what came before: slow, and never sure",
            ),
            ("one layer", {"model.layers": 1}, "cannot: there is no earlier head to tell what came before"),
        ),
        OLSSON,
    ),
    Preset(
        "copy",
        "Copy",
        GROUP,
        run("fast", {"kind": "copy"}, batch=32, lr=5e-3, steps=300),
        "The answer is the prompt once more. A head has to look back by a fixed distance.",
        (
            (
                "no positions",
                {"model.position.kind": "none"},
                "leaves order visible only through the mask",
            ),
            *_TOPOLOGIES[1:],
        ),
    ),
    Preset(
        "reverse",
        "Reverse",
        GROUP,
        run("fast", {"kind": "reverse", "length": 5}, batch=64, steps=300),
        "The answer is the prompt backwards. Watch an anti-diagonal appear below the separator.",
        (
            ("16 symbols", {"task.length": 16}, "are more to reverse"),
            (
                "RoPE",
                {"model.position.kind": "RoPE"},
                "is slower here: the distance to the answer changes at every step",
            ),
        ),
    ),
    Preset(
        "sort",
        "Sort",
        GROUP,
        run("fast", {"kind": "sort", "length": 8}, batch=64, steps=800),
        "The answer is the prompt in order. Each query looks for the next larger symbol, wherever it stands.",
        (
            ("one layer", {"model.layers": 1}, "is enough: no head has to build on another"),
            ("5 symbols", {"task.length": 5}, "are fewer to sort"),
        ),
    ),
    Preset(
        "modular_addition",
        "Modular addition",
        GROUP,
        run("fast", {"kind": "modular_addition"}, change=_SUMS, batch=128, lr=3e-3, weight_decay=1.0, steps=800),
        "Sums modulo 31, a tenth of them never shown. The training accuracy rises first; the held-out sums follow when "
        "the model finds the rule.",
        (
            (
                "weight decay 0",
                {"training.weight_decay": 0.0},
                "leaves nothing that pulls it from remembering to the rule: some seeds never get there",
            ),
            ("hold out half", {"task.held_out": 0.5}, "leaves less to learn from: the rule comes late or never"),
        ),
        ("Power et al. 2022", "https://arxiv.org/abs/2201.02177"),
    ),
    Preset(
        "brackets",
        "Brackets",
        GROUP,
        run("fast", {"kind": "brackets"}, batch=64, steps=600),
        "Which type of bracket closes next? A head has to find the bracket that is still open.",
        (
            ("depth 3", {"task.depth": 3}, "nests less, which is easier"),
            ("4 types", {"task.types": 4}, "lowers chance to a quarter"),
            ("no positions", {"model.position.kind": "none"}, "leave the causal mask, which is enough to count"),
        ),
    ),
    Preset(
        "text",
        "Text",
        GROUP,
        run("fast", {"kind": "text"}, change={"position": {"kind": "RoPE"}}, batch=16, steps=1000),
        "English, character by character. It first learns which letters are common, then words.",
        (
            ("learned positions", {"model.position.kind": "learned"}, "let the loss fall more slowly than RoPE"),
            ("masked", {"model.topology": "encoder-only"}, "fills in hidden characters instead"),
        ),
    ),
    Preset(
        "learned",
        "Learned positions",
        GROUP,
        run(
            "induction",
            {"kind": "induction", "length": 64, "min_period": 8, "max_period": 24},
            change={"position": {"kind": "learned"}},
            batch=32,
            steps=600,
        ),
        "The induction run, twice as long, with a trained vector per position: “one before” has to be learned for each "
        "of 64 places. Nothing seems to happen for hundreds of steps, long after RoPE would have got there.",
        (
            (
                "RoPE, base 100",
                {"model.position.kind": "RoPE", "model.position.base": 100.0},
                "turns every place alike, and gets there in about 250 steps",
            ),
            (
                "a fixed period",
                {"task.min_period": 16, "task.max_period": 16},
                "is a shortcut: always look 16 back, no induction needed",
            ),
        ),
    ),
    Preset(
        "one-layer",
        "One layer",
        GROUP,
        run("induction", {"kind": "induction"}, change={"layers": 1}, batch=32, steps=1000),
        "The induction run with a single layer. No head can know what came before a key, so most tokens stay wrong "
        "however long it trains.",
        (("two layers", {"model.layers": 2}, "can"),),
        ELHAGE,
    ),
    Preset(
        "topologies",
        "Three topologies",
        GROUP,
        run(
            "fast",
            {"kind": "reverse", "length": 5},
            change={"topology": "encoder-decoder", "layers": 1, "encoder_layers": 1},
            batch=64,
            steps=300,
        ),
        "One task, three topologies. All of them reverse five letters within 60 steps; look at who sees whom.",
        (*_TOPOLOGIES, ("sort", {"task.kind": "sort"}, "takes a hundred steps or so")),
    ),
]
