"""The Compare page as values: what is compared, the bar, the curves, the pictures side by side, the results."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from playground.comparison.finding import finding
from playground.comparison.matching import WHATS
from playground.comparison.ready import READY
from playground.comparison.results import results
from playground.comparison.setup import Setup
from playground.comparison.variants import LEAST, MOST, SEEDS, Variant
from playground.comparison.word import LONGEST, asked
from playground.laboratories.compare import table
from playground.laboratories.compare.cards import card
from playground.runs.run import RunConfig
from playground.settings.forms import accordions, leaf, plain

OWN = ("model", "training")  # what a variant may change; the task, the batches and the seed are the same for all
SAME = ("training.batch", "training.steps", "training.examples", "training.evaluate_every", "training.record_every")


def value(setup: Setup, *, running: bool = False) -> dict[str, Any]:
    """Two to four variants ("JSON" is a JSON string). `running`: whether the visitor lets them train.

    Value:

        setup    JSON {name, ready: [[id, label, hint]], match: [[what], chosen], seeds: [[count], chosen], full, few,
                 shared, lens, opened}; `shared` is a sentence of what all variants have, `lens` the picture to begin
                 with, `opened` whether the address has been read
        settings JSON [[path, label, type, [[value, label]]]] of the base, for a variant of one's own
        cards    JSON [{name, label, sub, sees, match, facts: [[label, number, unit, change]], removable,
                 experts}]; whether it can be removed, and whether the model has experts
        bar      JSON {state, notice, rate, step, last, total, looking, marks: [[step, text]]}
        maps     JSON [{step, own, layers, heads, layer, head, tokens, cut, cells, predicted, experts}], a variant each;
                 `own` where it is of the visitor's word
        word     JSON {text, own, past, ask, most, problem}: what the pictures are of, whether the visitor typed it,
                 whether a past step is seen, which has no picture of it, what may be typed, how many characters, and
                 what was wrong with the last
        at       JSON {layer, head, layers, heads, experts, seed}: what is looked at, and what there is; `seed` is
                 the one whose pictures are drawn, null where there is one alone
        results  JSON {columns, rows, name, title, note} or {}
        finding  JSON {title, html}
        problem  what could not be done, a sentence
        link     the newest link asked for

    Events (see acts.py): choose {name}, match {name}, seeds {count}, include {at, value}, leave {index},
    look {layer, head, step}, word {text} (empty: the task's own), open {query}, link, play, pause, restart, save (every
    update as CSV).
    """
    trials = setup.trials
    found, sentences = _matched(setup)
    step = trials.step if trials is not None else 0
    shown = step if setup.shown is None else min(setup.shown, step)
    ready = READY.get(setup.name)
    begin = "Press “Train them”: all learn from the same batches, in step."
    if len(setup.wanted) < LEAST:
        begin = "Add a variant to compare this one with."
    elif ready:
        begin = ready.shows
    title, text = finding(trials) if trials is not None else ("Nothing trained yet", begin)
    return {
        "setup": json.dumps(
            {
                "name": setup.name,
                "ready": [[r.name, r.label, r.shows] for r in READY.values()],
                "match": [list(WHATS), setup.what],
                "seeds": [[1, 3, SEEDS], setup.seeds],
                "full": len(setup.wanted) >= MOST,
                "few": len(setup.wanted) < LEAST,
                "shared": shared(setup),
                "lens": ready.lens if ready else "attention",
                "opened": bool(setup.opened),
            }
        ),
        "settings": settings(setup.wanted[0].config),  # pyright: ignore[reportArgumentType]  # frozen, so it has a hash
        "cards": json.dumps([card(v, found[0], s, i) for i, (v, s) in enumerate(zip(found, sentences, strict=True))]),
        "bar": json.dumps(
            {
                "state": state(setup, running=running),
                "notice": setup.notice or (trials.ended or trials.notice if trials is not None else ""),
                "rate": rate(setup),
                "step": shown,
                "last": step,
                "total": setup.total,
                "looking": setup.shown is not None,
                "marks": table.marks(trials) if trials is not None else [],
            }
        ),
        "maps": json.dumps([t.picture for t in trials.trials[: len(found)]] if trials is not None else []),
        "word": json.dumps(word(setup)),
        "at": json.dumps({"layer": setup.layer, "head": setup.head, **_there(setup)}),
        "results": json.dumps(table.rows(trials, shown) if trials is not None else {}),
        "finding": json.dumps({"title": title, "html": text}),
        "problem": setup.problem,
        "link": setup.link,
    }


def word(setup: Setup) -> dict[str, Any]:
    """What all pictures are of."""
    task = asked(setup.wanted[0].config.task)  # pyright: ignore[reportArgumentType]  # frozen, so it has a hash
    text = setup.word or task.written
    past = setup.shown is not None
    own = bool(setup.word)
    wrong = setup.wrong or (setup.trials.wrong if setup.trials is not None else "")
    return {"text": text, "own": own, "past": past, "ask": task.ask, "most": LONGEST, "problem": wrong}


def shared(setup: Setup) -> str:
    """What no variant changes."""
    config, own = setup.wanted[0].config, {v.config.seed for v in setup.wanted}
    if len(own) > 1:  # runs that go on
        return (
            f"For all: {config.task.kind.replace('_', ' ')}, up to {setup.total:,} updates of {config.training.batch} "
            f"examples; each with its own seed ({', '.join(map(str, sorted(own)))}), and so its own batches; tested on "
            "the same held-out examples."
        )
    seeds = f"seeds {config.seed} to {config.seed + setup.seeds - 1}" if setup.seeds > 1 else f"seed {config.seed}"
    return (
        f"For all: {config.task.kind.replace('_', ' ')}, {setup.total:,} updates of {config.training.batch} examples, "
        f"the same batches in the same order; {seeds}; tested on the same held-out examples."
    )


def _there(setup: Setup) -> dict[str, Any]:
    """How many layers and heads the largest variant has, whether one has experts, and whose seed is drawn."""
    models = [v.config.model for v in setup.wanted]
    return {
        "layers": max(m.layers for m in models),
        "heads": max(m.attention.query_heads() for m in models),
        "experts": any(m.feed_forward.kind == "MoE" for m in models),
        "seed": setup.wanted[0].config.seed if setup.seeds > 1 else None,
    }


@lru_cache(maxsize=64)
def settings(base: RunConfig) -> str:
    """JSON [[path, label, type, options]] of what a variant may change in the base."""
    raw, found = plain(base), []
    for each in accordions():
        kind = leaf(raw, f"{each.slot}.kind") if each.slot else ""
        if kind is None or each.name == "task":
            continue
        if each.slot:
            found.append([f"{each.slot}.kind", each.title, "choice", [[k, k] for k in each.kinds]])
        for row in each.kinds[kind]:
            if row["path"].split(".")[0] in OWN and row["path"] not in SAME and row["type"] != "text":
                found.append([row["path"], f"{each.title}: {row['label'].lower()}", row["type"], row["options"]])
    return json.dumps(found)


def state(setup: Setup, *, running: bool = False) -> str:
    """What the bar says: ready, starting, running, paused, finished, failed."""
    trials = setup.trials
    if trials is not None and (trials.ended or trials.done):
        return "failed" if trials.ended else "finished"
    if running:
        return "running" if trials is not None and trials.built else "starting"
    return "ready" if trials is None else "paused"


def rate(setup: Setup) -> str:
    """Tokens per CPU second, of each variant."""
    if setup.trials is None:
        return ""
    found = [row.rate.mean for row in results(setup.trials) if row.rate is not None]
    return f"{len(found)} × {sum(found) / len(found):,.0f}" if found else ""


def _matched(setup: Setup) -> tuple[list[Variant], list[str]]:
    """The variants as they are trained; unmatched, with the sentence, where they cannot be matched."""
    try:
        return setup.matched()
    except ValueError as error:
        setup.problem = str(error)
        return list(setup.wanted), ["" for _ in setup.wanted]
