"""Under each lens: what to try next, as links that set controls, and the Python lines that give the same numbers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from playground.findings import verdicts
from playground.lenses.lens import Lens
from playground.lenses.python import python
from playground.settings import presets
from playground.visitors.session import Session


def value(session: Session, lens: Lens) -> dict[str, Any]:
    """Two columns of text, {try: JSON string of html, whose <a data-do="preset:copy"> fire `do {action}`; python: lines
    of code with a Copy button, "" hides that column}.
    """
    preset = presets.PRESETS[session.preset]
    tries = "".join(
        f'<li><a data-do="{_action(changes)}">{text}</a> {what}.</li>' for text, changes, what in preset.tries
    )
    source = f'<p>Source: <a href="{preset.source[1]}">{preset.source[0]}</a>.</p>' if preset.source else ""
    said = verdicts.told(session.preset)
    measured = f"<p><b>Measured</b></p><ul>{''.join(f'<li>{each}</li>' for each in said)}</ul>" if said else ""
    html = f"<p>{preset.shows}</p>{f'<ul>{tries}</ul>' if tries else ''}{measured}{source}"
    return {"try": json.dumps(html), "python": python(session, lens)}


def _action(changes: dict[str, Any]) -> str:
    return "set:" + quote(json.dumps(changes))
