"""A configuration as a link: the preset's name and only what differs from it, readable in the address bar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from playground import presets
from playground.controls import SLOT_KINDS, flat, leaf, put, put_kind, read

LONGEST, LONGEST_VALUE = 4000, 1200
LENSES = ("learning", "attention", "predictions")


class Shared(NamedTuple):
    """What a link carries."""

    preset: str
    raw: dict[str, Any]
    lens: str = "attention"
    probe: str | None = None
    sentences: tuple[str, ...] = ()
    """What in the link could not be taken, one sentence each."""


def link(preset: str, raw: Mapping[str, Any], *, lens: str, probe: str | None = None) -> str:
    """The query string ("?preset=...&model.layers=3"). Kinds come first, so that their fields find their place."""
    before, after = flat(presets.raw(preset)), flat(raw)
    changed = {
        p: v
        for p, v in after.items()
        if before.get(p, _ABSENT) != v and not (isinstance(v, str) and len(v) > LONGEST_VALUE)
    }
    ordered = sorted(changed, key=lambda p: (not p.endswith("kind"), p))
    pairs = [("preset", preset), *((p, json.dumps(changed[p], ensure_ascii=False)) for p in ordered)]
    pairs += [("lens", lens)] + ([("probe", probe)] if probe else [])
    return "?" + urlencode(pairs)


_ABSENT = object()


def opened(query: str | Mapping[str, str]) -> Shared | None:
    """Read a query string; None if it carries no configuration. Whatever is wrong is left out and said, the rest is taken."""
    pairs = (
        dict(parse_qsl(query[:LONGEST].lstrip("?"), keep_blank_values=True))
        if isinstance(query, str)
        else {k: str(v)[:LONGEST_VALUE] for k, v in query.items()}
    )
    pairs = {
        k: v
        for k, v in pairs.items()
        if k in ("preset", "lens", "probe") or k.split(".")[0] in ("model", "task", "training", "seed", "device")
    }
    if not pairs:
        return None
    sentences: list[str] = []
    preset = pairs.pop("preset", presets.FIRST)
    if preset not in presets.PRESETS:
        sentences.append(f"The link names a preset {preset!r:.40} that does not exist; {presets.FIRST} is shown.")
        preset = presets.FIRST
    lens, probe = pairs.pop("lens", "attention"), pairs.pop("probe", None)
    raw = presets.raw(preset)
    held: list[str] = []
    for path, text in sorted(pairs.items(), key=lambda pair: not pair[0].endswith("kind")):
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        raw, problem = _taken(raw, path, value)
        if problem == "later":
            held.append(path)
        elif problem:
            sentences.append(problem)
    for path in held:  # broken only together with a setting that came after it
        raw, problem = _taken(raw, path, json.loads(pairs[path]))
        if problem:
            sentences.append(
                read(put(raw, path, json.loads(pairs[path])))[1].get(
                    path, f"{path} does not fit the other settings and was left out."
                )
            )
    return Shared(preset, raw, lens if lens in LENSES else "attention", probe, tuple(sentences))


def _taken(raw: dict[str, Any], path: str, value: Any) -> tuple[dict[str, Any], str]:
    """(values with the change, "") or (values without it, a sentence, or "later" where only a rule across fields is broken)."""
    try:
        if path in SLOT_KINDS:
            changed = put_kind(raw, path.removesuffix(".kind"), value)
        else:
            if leaf(raw, path.rpartition(".")[0]) is None and "." in path:
                return raw, f"The link sets {path!r:.60}, which does not exist here; it was left out."
            changed = put(raw, path, value)
    except (ValueError, TypeError) as error:
        return raw, f"{error} It was left out."
    config, problems = read(changed)
    if config is not None:
        return changed, ""
    return raw, problems.get(path, "later") + (" It was left out." if path in problems else "")
