"""The settings of the Positions page: which rows stand in which accordion, and what the chips and the card say."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from models.position import POSITIONS, RoPE, Scaling
from playground.figures.curves import COLOURS
from playground.laboratories.positions.decay.view import alike
from playground.laboratories.positions.link import link
from playground.positions.names import matters, names
from playground.positions.settings import KEPT, PositionSettings
from playground.settings.dotted import flat
from playground.settings.edited import Edited
from playground.settings.rows import rows
from playground.views import settings as settings_view
from playground.wording import said

ORDER = sorted(POSITIONS, key=lambda kind: (kind != PositionSettings().position.kind, kind == "none"))
"""Of the chips: the first one chosen first, no positions last."""
EVERYDAY = ("way", "factor", "trained", "fraction", "buckets", "furthest")  # on the Playground behind "More"


def _scheme() -> list[dict[str, Any]]:
    own = [row for kind in ORDER for row in rows(POSITIONS[kind], "position.") if ".scaling." not in row["name"]]
    first = [row for row in own if row["name"] == "position.base"]
    place = rows(PositionSettings, only=("head_dim", "heads", "head", "sight", "trained", "distance"))
    return _sorted([*first, place[0], *(row for row in own if row not in first), *place[1:]])


def _sorted(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "advanced": row["advanced"] and row["name"].rpartition(".")[2] not in EVERYDAY} for row in found]


class Accordion(NamedTuple):
    title: str
    rows: list[dict[str, Any]]


ACCORDIONS = {
    "scheme": Accordion("Rotation", _scheme()),
    "scaling": Accordion("Scaling", _sorted(rows(Scaling, "position.scaling."))),
    "places": Accordion("Positions shown", rows(PositionSettings, only=("query", "key", "shift", "pair"))),
}
IDLE = {"none": ("factor", "fast", "slow", "sharpness"), "linear": ("fast", "slow", "sharpness")}
IDLE |= {"NTK": IDLE["linear"], "llama3": ("sharpness",), "YaRN": ()}


def form_title(name: str) -> str:
    """Of an accordion's form; the title of the first accordion follows the scheme, this does not."""
    return f"Positions: {ACCORDIONS[name].title}"


def value(edited: Edited[PositionSettings]) -> dict[str, dict[str, Any]]:
    """The column on the left."""
    now, out = edited.config, {}
    excluded = alike(now)[1] if now.tab == "decay" else ()
    for name, each in ACCORDIONS.items():
        value = settings_view.value(edited, {"": each.rows}, hidden=hidden(now), hints=hints(now))
        out[f"form:{form_title(name)}"] = value
    label = {"id": "position-scheme", "text": title(now)}
    return {"schemes": scheme(edited), "kept": card(edited, excluded), **out, "label": label}


def title(settings: PositionSettings) -> str:
    """Of the first accordion."""
    return settings.position.heading or settings.position.kind


def hidden(settings: PositionSettings) -> list[str]:
    """Rows without effect on what is seen."""
    position, found = settings.position, []
    if isinstance(position, RoPE):
        idle = [name for name in IDLE[position.scaling.way] if name != "factor"]
        found += ["trained", "heads", *(f"position.scaling.{name}" for name in idle)]
    else:
        found += ["pair"]
    if not position.acts_on_scores:
        found += ["sight", "heads", "head"]
    if settings.tab == "decay" and position.kind != "T5":
        found += ["sight"]
    if settings.tab != "relative":
        found += ["shift"]
    return found


def hints(settings: PositionSettings) -> dict[str, str]:
    """Sentences beside what is right but does nothing, or ends somewhere."""
    position, found = settings.position, {}
    if isinstance(position, RoPE) and position.scaling.way == "none" and position.scaling.factor != 1:
        factor = said(position.scaling.factor)
        found["position.scaling.factor"] = f"Method is none, so a factor of {factor} has no effect. Choose a method."
    for name in ("query", "key"):
        if position.ends and getattr(settings, name) >= settings.trained:
            found[name] = f"There is no learned vector beyond position {settings.trained - 1}."
    return found


def chips() -> list[list[str]]:
    """[[kind, label]] in the order shown."""
    return [[kind, POSITIONS[kind].chip or kind] for kind in ORDER]


def scheme(edited: Edited[PositionSettings]) -> dict[str, Any]:
    """{kind, problem (sentence or ""), lines: JSON {accordion: what it says while closed}}.

    Events: edit {at, value}; open {query: {name: text}}, once, with what the page's address says. Properties: kinds
    [[kind, label]] in the order shown; about {kind: [sentence, [paper, address]]}.
    """
    raw = flat(edited.raw)
    now = edited.config
    scaled = isinstance(now.position, RoPE) and now.position.scaling
    values = matters(now.now())
    told = [names([now.now()])[0]] + [f"{values['head_dim']} channels"] * (now.position.kind != "ALiBi")
    lines = {
        "scheme": " · ".join(told),
        "scaling": "" if not scaled else scaled.way if scaled.way == "none" else f"{scaled.way} ×{scaled.factor:g}",
        "places": f"query {now.query}, key {now.key}",
    }
    return {
        "kind": raw["position.kind"],
        "problem": edited.problems.get("position.kind", "") or edited.problems.get("kept", ""),
        "lines": json.dumps(lines),
    }


def card(edited: Edited[PositionSettings], excluded: tuple[int, ...] = ()) -> dict[str, Any]:
    """{rows: JSON [[id, colour, name, why it is not drawn or ""]], the one in hand first, full: why nothing can be
    added or "", link: address of the settings}. `excluded`: the kept ones that the chart in sight cannot show.

    Event: do {action}: keep, drop:1, reset.
    """
    now = edited.config
    every = names([now.now(), *now.kept])
    shown = [["now", COLOURS[0], f"{every[0]} (now)", ""]]
    shown += [
        [str(i), COLOURS[i + 1], name, "another quantity, not in this chart" if i in excluded else ""]
        for i, name in enumerate(every[1:])
    ]
    full = f"A chart holds {KEPT + 1} curves. Remove one first." if len(now.kept) >= KEPT else ""
    twice = "It is in the chart already." if now.now() in now.kept else ""
    return {"rows": json.dumps(shown), "full": full or twice, "link": link(now)}
