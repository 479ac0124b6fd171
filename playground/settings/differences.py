"""What sets one run apart from another, in words."""

from __future__ import annotations

from models.config import extra, walk
from playground.runs.run import RunConfig
from playground.settings.forms import SLOT_KINDS, flat, plain
from playground.wording import said

SHORT = {"decoder-only": "decoder", "encoder-only": "encoder"}


def differences(base: RunConfig, other: RunConfig) -> list[tuple[str, str, str]]:
    """(setting, old, new) in words; a changed kind stands for the fields that come and go with it."""
    before, after = flat(plain(base)), flat(plain(other))
    labels = {path: extra(field).get("label", "") for config in (base, other) for path, field, _ in walk(config)}
    different = [p for p in {**before, **after} if before.get(p) != after.get(p)]
    kinds = {p.removesuffix("kind") for p in different if p in SLOT_KINDS}
    found = []
    for path in different:
        under = next((slot for slot in kinds if path.startswith(slot) and path != f"{slot}kind"), None)
        if under and (path not in before or path not in after):
            continue
        name = path.removesuffix(".kind").rpartition(".")[2].replace("_", "-") if path in SLOT_KINDS else ""
        old, new = (SHORT.get(str(v), said(v)) for v in (before.get(path), after.get(path)))
        found.append((name or (labels.get(path) or path).lower(), old, new))
    return found
