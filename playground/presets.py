"""The chips of the page: named runs, what each one is there to show, and what to change next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from models.presets import PRESETS as MODELS
from playground.controls import change, plain, read
from playground.run import RunConfig


class Preset(NamedTuple):
    """A named run. `shows` says in two sentences what to look at; `tries` are (link text, changes, what happens)."""

    name: str
    label: str
    group: str
    config: RunConfig
    shows: str
    tries: tuple[tuple[str, dict[str, Any], str], ...] = ()
    source: tuple[str, str] | None = None


SECONDS, FAMOUS = "Learns in seconds", "Well known, in miniature"
ELHAGE = ("Elhage et al. 2021", "https://transformer-circuits.pub/2021/framework/index.html")
OLSSON = ("Olsson et al. 2022", "https://arxiv.org/abs/2209.11895")


def _run(model: str, task: dict[str, Any], *, change: dict[str, Any] | None = None, **training: Any) -> RunConfig:
    base = MODELS[model].model_dump(exclude={"vocab", "context"})
    return RunConfig.model_validate({"model": {**base, **(change or {})}, "task": task, "training": training})


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

_LIST = [
    Preset(
        "induction",
        "Induction",
        SECONDS,
        _run("induction", {"kind": "induction"}, batch=32, steps=600),
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
        SECONDS,
        _run("fast", {"kind": "copy"}, batch=32, lr=5e-3, steps=300),
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
        SECONDS,
        _run("fast", {"kind": "reverse", "length": 5}, batch=64, steps=300),
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
        SECONDS,
        _run("fast", {"kind": "sort", "length": 8}, batch=64, steps=800),
        "The answer is the prompt in order. Each query looks for the next larger symbol, wherever it stands.",
        (
            ("one layer", {"model.layers": 1}, "is enough: no head has to build on another"),
            ("5 symbols", {"task.length": 5}, "are fewer to sort"),
        ),
    ),
    Preset(
        "modular_addition",
        "Modular addition",
        SECONDS,
        _run("fast", {"kind": "modular_addition"}, change=_SUMS, batch=128, lr=3e-3, weight_decay=1.0, steps=800),
        "Sums modulo 31, a tenth of them never shown. The training accuracy rises first; the unseen sums follow when "
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
        SECONDS,
        _run("fast", {"kind": "brackets"}, batch=64, steps=600),
        "Which type of bracket closes next? A head has to find the bracket that is still open.",
        (
            ("depth 3", {"task.depth": 3}, "nests less, which is easier"),
            ("4 types", {"task.types": 4}, "leaves guessing only a quarter right"),
            ("no positions", {"model.position.kind": "none"}, "leave the causal mask, which is enough to count"),
        ),
    ),
    Preset(
        "text",
        "Text",
        SECONDS,
        _run("fast", {"kind": "text"}, change={"position": {"kind": "RoPE"}}, batch=16, steps=1000),
        "English, character by character. It first learns which letters are common, then words.",
        (
            ("learned positions", {"model.position.kind": "learned"}, "let the loss fall more slowly than RoPE"),
            ("masked", {"model.topology": "encoder-only"}, "fills in hidden characters instead"),
        ),
    ),
    Preset(
        "learned",
        "Learned positions",
        SECONDS,
        _run(
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
        SECONDS,
        _run("induction", {"kind": "induction"}, change={"layers": 1}, batch=32, steps=1000),
        "The induction run with a single layer. No head can know what came before a key, so most tokens stay wrong "
        "however long it trains.",
        (("two layers", {"model.layers": 2}, "can"),),
        ELHAGE,
    ),
    Preset(
        "topologies",
        "Three topologies",
        SECONDS,
        _run(
            "fast",
            {"kind": "reverse", "length": 5},
            change={"topology": "encoder-decoder", "layers": 1, "encoder_layers": 1},
            batch=64,
            steps=300,
        ),
        "One task, three topologies. All of them reverse five letters within 60 steps; look at who sees whom.",
        (*_TOPOLOGIES, ("sort", {"task.kind": "sort"}, "takes a hundred steps or so")),
    ),
    Preset(
        "gpt2",
        "GPT-2",
        FAMOUS,
        _run("gpt2-mini", {"kind": "text"}, batch=16, lr=2e-3, weight_decay=0.1, warmup=50, steps=1000),
        "Decoder-only, pre-LayerNorm, learned positions, tanh GELU, tied head. It predicts the next character.",
        (
            ("RoPE", {"model.position.kind": "RoPE"}, "is what later models changed first"),
            (
                "grouped keys",
                {"model.attention.kind": "GQA", "model.attention.kv_heads": 2},
                "need a third of the KV cache",
            ),
        ),
        (
            "Radford et al. 2019",
            "https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf",
        ),
    ),
    Preset(
        "bert",
        "BERT",
        FAMOUS,
        _run("bert-mini", {"kind": "text"}, batch=16, lr=2e-3, weight_decay=0.1, warmup=100, clip=1.0, steps=1000),
        "Encoder-only, post-LayerNorm, learned positions and segments. It fills in hidden characters and sees both "
        "sides.",
        (
            ("RoPE", {"model.position.kind": "RoPE"}, "learns faster than a table of positions"),
            ("pre-norm", {"model.norm.place": "pre"}, "leaves the residual stream untouched"),
        ),
        ("Devlin et al. 2019", "https://arxiv.org/abs/1810.04805"),
    ),
    Preset(
        "t5",
        "T5",
        FAMOUS,
        _run("t5-mini", {"kind": "text"}, batch=16, lr=3e-3, warmup=50, steps=1000),
        "Encoder-decoder with a relative bias in buckets, shared by all layers of a stack. The encoder reads a "
        "beginning, the decoder writes how it goes on.",
        (("reverse", {"task.kind": "reverse"}, "is a task whose cross-attention is easy to read"),),
        ("Raffel et al. 2020", "https://arxiv.org/abs/1910.10683"),
    ),
    Preset(
        "llama",
        "LLaMA",
        FAMOUS,
        _run("llama-mini", {"kind": "text"}, batch=16, lr=2e-3, weight_decay=0.1, warmup=50, steps=1000),
        "Decoder-only, pre-RMSNorm, RoPE, SwiGLU, grouped keys and no biases. It predicts the next character.",
        (
            ("multi-head", {"model.attention.kind": "MHA"}, "needs three times the KV cache"),
            ("a window of 8", {"model.attention.window": 8}, "lets each query see eight tokens only"),
        ),
        ("Touvron et al. 2023", "https://arxiv.org/abs/2302.13971"),
    ),
]

PRESETS: dict[str, Preset] = {preset.name: preset for preset in _LIST}
FIRST = "induction"


def changed(name: str, changes: Mapping[str, Any]) -> RunConfig:
    """A preset with some settings changed, by dotted path; raises ValueError with a sentence for what does not fit."""
    values = raw(name)
    for path, value in sorted(changes.items(), key=lambda item: not item[0].endswith(".kind")):
        values = change(values, path, value)
    config, problems = read(values)
    if config is None:
        raise ValueError(" ".join(problems.values()))
    return config


def groups() -> list[list[Any]]:
    """[[title, [[name, label, hint], ...]], ...] for the chips."""
    return [[title, [[p.name, p.label, p.shows] for p in _LIST if p.group == title]] for title in (SECONDS, FAMOUS)]


def raw(name: str) -> dict[str, Any]:
    """The editable values of a preset; raises ValueError for an unknown name."""
    if name not in PRESETS:
        raise ValueError(f"There is no preset called {name!r:.40}. There are {', '.join(PRESETS)}.")
    return plain(PRESETS[name].config)
