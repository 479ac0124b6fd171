"""A configuration as a link: the preset's name and only what differs from it, readable in the address bar."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from playground.runs.idle import reset
from playground.settings import presets
from playground.settings.forms import change, flat, ordered, plain, read

LONGEST, LONGEST_VALUE = 16_000, 1200  # characters of a query, and of one value in it
LONGEST_LENS = 40  # characters of a lens's name
CHOSEN = "chosen"  # in the lens
TOLD = 5  # sentences about what is wrong


class Shared(NamedTuple):
    """What a link carries."""

    preset: str
    raw: dict[str, Any]
    lens: str = "attention"
    probe: str | None = None
    chosen: Mapping[str, Any] = {}
    """What is chosen in the lens; its choices check what they take."""
    sentences: tuple[str, ...] = ()
    """What in the link could not be taken, one sentence each."""


def link(
    preset: str, raw: Mapping[str, Any], *, lens: str, probe: str | None = None, chosen: Mapping[str, Any] = {}
) -> str:
    """The query string ("?preset=...&model.layers=3"). Kinds come first, so that their fields find their place."""
    before, after = flat(presets.raw(preset)), flat(raw)
    changed = {p: v for p, v in after.items() if before.get(p, _ABSENT) != v}
    settings = [(path, text) for path, text in encoded(dict(sorted(changed.items()))) if len(text) <= LONGEST_VALUE]
    pairs = [("preset", preset), *settings]
    pairs += [("lens", lens)] + ([("probe", probe)] if probe else [])
    words = json.dumps(chosen, ensure_ascii=False, separators=(",", ":"))
    pairs += [(CHOSEN, words)] if chosen and len(words) <= LONGEST_VALUE else []
    return "?" + urlencode(pairs)


def left_out(preset: str, raw: Mapping[str, Any]) -> dict[str, int]:
    """{path: characters} of settings that are too long for an address."""
    before, after = flat(presets.raw(preset)), flat(raw)
    changed = {p: v for p, v in after.items() if before.get(p, _ABSENT) != v}
    return {path: len(str(changed[path])) for path, text in encoded(changed) if len(text) > LONGEST_VALUE}


_ABSENT = object()


def encoded(changed: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """(name in the address, JSON) of settings by their dotted path, in the order in which they can be taken again."""
    return [(prefix + path, json.dumps(value, ensure_ascii=False)) for path, value in ordered(changed)]


def decoded(text: str, longest: int = LONGEST_VALUE) -> Any:
    """What a value's JSON says; a text that is no JSON stands for itself."""
    try:
        return json.loads(text[:longest])
    except (ValueError, RecursionError):
        return text[:longest]


def opened(query: str | Mapping[str, str]) -> Shared | None:
    """Read a query string; None if it carries no configuration. Whatever is wrong is left out and said, the rest is
    taken.
    """
    pairs = (
        dict(parse_qsl(query[:LONGEST].lstrip("?"), keep_blank_values=True))
        if isinstance(query, str)
        else {k: str(v)[:LONGEST_VALUE] for k, v in query.items()}
    )
    pairs = {
        k: v
        for k, v in pairs.items()
        if k in ("preset", "lens", "probe", CHOSEN)
        or k.split(".")[0] in ("model", "task", "training", "seed", "device")
    }
    if not pairs:
        return None
    sentences: list[str] = []
    preset = pairs.pop("preset", presets.FIRST)
    if preset not in presets.PRESETS:
        sentences.append(f"The link names a preset {preset!r:.40} that does not exist; {presets.FIRST} is shown.")
        preset = presets.FIRST
    lens, probe = pairs.pop("lens", "attention"), pairs.pop("probe", None)
    chosen = decoded(pairs.pop(CHOSEN, "{}"))
    wanted = [(path, decoded(text)) for path, text in ordered(pairs)]
    raw, refused = taken(presets.raw(preset), wanted)
    sentences += [f"{sentence} It was left out." for sentence in refused]
    more = [f"{len(sentences) - TOLD} more settings were left out."] if len(sentences) > TOLD else []
    shown = (*sentences[:TOLD], *more)
    return Shared(preset, raw, lens[:LONGEST_LENS], probe, chosen if isinstance(chosen, dict) else {}, shown)


def taken(raw: dict[str, Any], wanted: list[tuple[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """The values with every setting that can be had, and a sentence for each of the others."""
    unknown: dict[str, str] = {}
    together = raw
    for path, value in wanted:
        try:
            together = change(together, path, value)
        except ValueError as error:
            unknown[path] = str(error)
    config, _ = read(together)
    if config is not None:
        idle = reset(together)[1]
        return plain(config), [*unknown.values(), *(idle[path] for path, _ in wanted if path in idle)]
    left, fewer, refused = wanted, True, []
    while fewer:  # one at a time, as long as another one fits
        refused = []
        for path, value in left:
            try:
                config, problems = read(change(raw, path, value))
            except ValueError as error:
                config, problems = None, {path: str(error)}
            if config is not None:
                raw = plain(config)
            else:
                refused.append((path, value, problems.get(path) or next(iter(problems.values()))))
        fewer, left = len(refused) < len(left), [(path, value) for path, value, _ in refused]
    return raw, [sentence for _, _, sentence in refused]
