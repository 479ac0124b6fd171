"""The lenses as tabs of this page: the same records, which read the checkpoint in place of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from playground.lenses import LENSES
from playground.lenses.lens import Act, Lens, Panel, Update, panels
from playground.visitors.event import Event
from playground.visitors.reading import PREFIX as JOB
from playground.visitors.session import Session

SHOWN = ("attention", "predictions", "positions", "embeddings", "experts", "intervene")
"""All that need no training."""
CURVES = ("roles",)
"""What they draw over the steps of a run."""
PREFIX = "checkpoint-"
"""Of views, slots and ids here: the lens itself is on the Playground, too."""
CLOSED = ("No checkpoint is open", "Choose one in the column beside this, or name a repository of the Hub or a folder.")
LACKS: Mapping[str, tuple[str, str]] = {
    "experts": (
        "This checkpoint has no experts",
        "Every token passes the one feed-forward network of each layer, so there are no routes to show. Open a mixture "
        "of experts for them.",
    ),
}
NO_HEADS = ("This checkpoint has no attention heads", "Its layers mix tokens in another way, so there are no weights.")


def tab(lens: Lens) -> Lens:
    """A lens on the checkpoint; where it cannot work for one, it says why."""
    shown = {each.view for each in panels(lens.panels)} - set(CURVES)

    def value(session: Session, charts: bool) -> Update:
        reader = session.desk.reader
        if reader is None:
            return _empty(shown, lens, CLOSED)
        if not lens.has(reader.start().config.model):
            return _empty(shown, lens, LACKS.get(lens.name, NO_HEADS))
        try:
            found = lens.value(reader, True)
        except ValueError as error:
            return _empty(shown, lens, (f"{lens.title} cannot be shown for this checkpoint", str(error)))
        return {PREFIX + view: {"empty": ""} | found.get(view, {}) for view in shown}

    def acting(act: Act) -> Act:
        def carried_out(session: Session, event: Event) -> Update | None:
            reader = session.desk.reader
            update = act(reader, event) if reader is not None else {}
            return None if update is None else {PREFIX + view: each for view, each in update.items() if view in shown}

        return carried_out

    return replace(
        lens,
        panels=tuple(_renamed(each) for each in panels(lens.panels) if each.view in shown),
        value=value,
        code=None,
        blank=_empty(shown, lens, CLOSED),
        acts={PREFIX + view: {name: acting(act) for name, act in acts.items()} for view, acts in lens.acts.items()},
        jobs={JOB + name: in_sight for name in lens.jobs},
        goes_on={},
    )


def _renamed(each: Panel) -> Panel:
    fixed = {name: PREFIX + v if name in ("slot", "elem_id") else v for name, v in each.fixed.items()}
    return Panel(each.make, PREFIX + each.view, fixed)


def in_sight(session: Session, charts: bool = True) -> Update:
    """The lens in sight, whichever a job is of."""
    return TABS[session.desk.lens].value(session, charts)


def _empty(views: set[str], lens: Lens, told: tuple[str, str]) -> Update:
    said = json.dumps(dict(zip(("title", "html"), told, strict=True)))
    nothing: dict[str, Any] = {"fig": json.dumps({"data": [], "layout": {}}), "said": ""}
    return {PREFIX + view: {"n": 0, "empty": said} if view == lens.name else nothing for view in views}


TABS: dict[str, Lens] = {name: tab(LENSES[name]) for name in SHOWN}
