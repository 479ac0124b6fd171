"""The sentences: where each stands, what is trained for it, and when it holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from models.cost import cost
from playground.comparison.matching import match
from playground.comparison.ready import READY
from playground.lenses.attention.finding import named_heads
from playground.runs.run import Run, RunConfig
from playground.settings.presets import PRESETS, changed

FEED_FORWARD = "model.feed_forward"
Figures = dict[str, float]


class Claim(NamedTuple):
    """`sentence` stands in what the page says of the preset or of the ready comparison of this name."""

    name: str
    sentence: str
    measured: Callable[[int], Figures]
    """Of a seed."""
    holds: Callable[[Figures], bool]
    short: bool = False
    """Whether it takes a few seconds."""


def of(name: str, seed: int, **changes: Any) -> Run:
    """A preset's run; `model__norm__place="pre"` changes a setting."""
    return Run(changed(name, {"seed": seed} | {path.replace("__", "."): value for path, value in changes.items()}))


def until(run: Run, accuracy: float, steps: int) -> float:
    """The first update at which so many of the held-out answers are right; infinite if none of so many is."""
    for metrics in run.train(steps):
        if (metrics.validation_accuracy or 0.0) >= accuracy:
            return metrics.step
    return float("inf")


def after(run: Run, steps: int) -> float:
    """Accuracy on held-out examples after so many updates."""
    for _ in run.train(steps):
        pass
    return run.evaluate().accuracy


def heads(seed: int) -> Figures:
    """Layers of the highest previous-token and induction heads of the first preset."""
    run = of("induction", seed)
    after(run, 400)
    seen = run.history.snapshots[-1].heads["decoder"]
    found = {role: layer for layer, _, role, _ in reversed(named_heads(seen))}
    return {role: found.get(role, -1) for role in ("previous token", "induction")}


def fullest(run: Run) -> float:
    """Largest load over the mean load of the last layer's experts, in the newest update."""
    load_E = run.routed.layers[-1].load_E.float()
    return float(load_E.max() / load_E.mean())


def collapse(seed: int) -> Figures:
    run, figures = of("collapse", seed), {}
    after(run, 50)
    figures["after 50"] = fullest(run)
    run.retune({f"{FEED_FORWARD}.balance.auxiliary": 0.1})
    after(run, 60)
    return figures | {"60 updates later": fullest(run)}


def dropped(seed: int) -> Figures:
    """Shares of the choices that found no slot."""
    run, shares = of("capacity", seed, training__steps=200), list[float]()
    for _ in run.train():
        layers = run.routed.layers
        asked, kept = (sum(int(getattr(one, name).sum()) for one in layers) for name in ("demand_E", "load_E"))
        shares.append(1 - kept / asked)
    return {"largest of the first 20": max(shares[:20]), "mean of the last 20": sum(shares[-20:]) / 20}


def reached(name: str, accuracy: float) -> Callable[[int], Figures]:
    """Updates until each variant of a ready comparison gets there."""

    def measured(seed: int) -> Figures:
        variants = READY[name].variants()
        return {
            one.label: until(Run(seeded(one.config, seed)), accuracy, one.config.training.steps) for one in variants
        }

    return measured


def losses(name: str, what: str) -> Callable[[int], Figures]:
    """Held-out losses at the end of a comparison of two, the second matched to the first."""

    def measured(seed: int) -> Figures:
        base, other = (one.config for one in READY[name].variants())
        matched, _ = match(base, other, what)
        found = {}
        for label, config in (("dense", base), ("experts", matched)):
            run = Run(seeded(config, seed))
            after(run, config.training.steps)
            found[label] = run.evaluate().loss
        return found

    return measured


def seeded(config: RunConfig, seed: int) -> RunConfig:
    return config.model_copy(update={"seed": seed})


def sizes(_: int) -> Figures:
    mixture, dense = PRESETS["sparse"].config, changed("sparse", {f"{FEED_FORWARD}.kind": "dense"})
    return {"times": cost(mixture.model).parameters / cost(dense.model).parameters}


CLAIMS = [
    Claim(
        "induction",
        "A head of the first layer learns to look at the previous token, then one of the second finds",
        heads,
        lambda f: f == {"previous token": 0, "induction": 1},
    ),
    Claim(
        "one-layer",
        "most tokens stay wrong however long it trains",
        lambda seed: {"right": after(of("one-layer", seed), 1000)},
        lambda f: f["right"] < 0.5,
    ),
    Claim(
        "reverse",
        "is slower here: the distance to the answer changes at every step",
        lambda seed: {
            "RoPE": until(of("reverse", seed, model__position__kind="RoPE"), 0.99, 300),
            "preset": until(of("reverse", seed), 0.99, 300),
        },
        lambda f: f["RoPE"] > f["preset"] and f["preset"] <= 80,
        short=True,
    ),
    Claim(
        "sort",
        "is enough: no head has to build on another",
        lambda seed: {"one layer": until(of("sort", seed, model__layers=1), 0.95, 400)},
        lambda f: f["one layer"] <= 400,
    ),
    Claim(
        "modular_addition",
        "The training accuracy rises first; the held-out sums follow",
        lambda seed: {
            "half of the held-out sums": until(run := of("modular_addition", seed), 0.5, 800),
            "all of them": until(run, 0.99, 800),
            "training then": run.history.metrics[-1].accuracy,
        },
        lambda f: f["all of them"] <= 800 and f["training then"] > 0.99,
    ),
    Claim(
        "topologies",
        "All of them reverse five letters within 60 steps",
        lambda seed: {
            kind: after(of("topologies", seed, model__topology=kind), 60)
            for kind in ("decoder-only", "encoder-only", "encoder-decoder")
        },
        lambda f: min(f.values()) >= 0.95,
        short=True,
    ),
    Claim(
        "learned",
        "turns every place alike, and gets there in about 250 steps",
        lambda seed: {
            "RoPE": until(of("learned", seed, model__position={"kind": "RoPE", "base": 100.0}), 0.95, 400),
            "preset": until(of("learned", seed), 0.95, 600),
        },
        lambda f: 150 <= f["RoPE"] <= 350 and f["preset"] > f["RoPE"] + 50,
    ),
    Claim(
        "bert",
        "learns this more slowly: a mirror is no distance",
        lambda seed: {
            "preset": until(of("bert", seed), 0.95, 200),
            "RoPE": until(of("bert", seed, model__position__kind="RoPE"), 0.95, 200),
        },
        lambda f: f["preset"] <= 140 and f["RoPE"] > f["preset"] + 40,
    ),
    Claim(
        "collapse",
        "Turn the auxiliary loss to 0.1 at any step, and the load spreads within 60",
        collapse,
        lambda f: f["after 50"] > 5 and f["60 updates later"] < 3,
    ),
    Claim(
        "capacity",
        "about a third of all choices are (31 to 42 % on three seeds); as the load evens out, few",
        dropped,
        lambda f: 0.25 < f["largest of the first 20"] < 0.5 and f["mean of the last 20"] < 0.1,
    ),
    Claim("sparse", "five times the parameters", sizes, lambda f: 4.75 < f["times"] < 5.25, short=True),
    Claim(
        "heads",
        "All four reach 99 % within 280 updates on five of five seeds",
        reached("heads", 0.99),
        lambda f: max(f.values()) <= 280,
    ),
    Claim(
        "positions",
        "RoPE, which reaches 99 % first; learned positions follow, and ALiBi is not there after 600 updates",
        reached("positions", 0.99),
        lambda f: f["RoPE"] < f["learned"] and f["ALiBi"] == float("inf"),
    ),
    Claim(
        "active",
        "with eight the loss ended lower on every seed tried, eleven, by 0.4 to 7 %",
        losses("active", "nothing"),
        lambda f: f["experts"] < f["dense"],
    ),
    Claim(
        "total",
        "On five of five seeds the dense model's loss ended lower, by 1 to 4 %",
        losses("total", "parameters"),
        lambda f: f["dense"] < f["experts"],
    ),
]
