"""A comparison as a link, and back: a ready one by its name, another by its base and the changes of each variant."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from playground.comparison.ready import READY
from playground.comparison.setup import Setup
from playground.comparison.variants import MOST, SEEDS, Variant, changed, variant
from playground.runs.run import RunConfig
from playground.settings import links, presets
from playground.settings.forms import flat, plain, read

OWN = "own"  # stands for a name where the comparison has none
LONGEST = 4000  # characters of one value
LABEL = 40  # characters of one label
KINDS = (".kind", ".topology")  # settings that bring others with them
NAMES = ("compare", "match", "seeds", "word", "base", *(f"{part}{i}" for part in "vn" for i in range(1, MOST)))
"""What a link may carry beside the base, which stands as the Playground's own links write it: v1 are the changes of the
first variant as JSON, n1 its label where that is not what it would be called anyway."""


def link(setup: Setup) -> str:
    """ "?at=compare&compare=heads&match=parameters". Runs that go on are told by their settings alone."""
    base, *others = setup.wanted
    ready = READY.get(setup.name)
    pairs = [("at", "compare"), ("compare", setup.name or OWN)]
    pairs += [("match", setup.what)] if setup.what != (ready.match if ready else "nothing") else []
    pairs += [("seeds", str(setup.seeds))] if setup.seeds > 1 else []
    pairs += [("word", setup.word)] if setup.word else []
    if ready is None:
        raw = plain(base.config)
        queries = (links.link(name, raw, lens="attention")[1:] for name in presets.PRESETS)
        pairs += [("base", base.label), *(p for p in parse_qsl(min(queries, key=len)) if p[0] != "lens")]
        for i, other in enumerate(others, 1):
            pairs += _told(i, base, other)
    return "?" + urlencode(pairs)


def _told(i: int, base: Variant, other: Variant) -> list[tuple[str, str]]:
    after = flat(plain(other.config))
    kinds = {path: value for path, value in _differing(base.config, after).items() if path.endswith(KINDS)}
    try:
        changes = kinds | _differing(changed(base.config, kinds), after)  # beyond what comes with a kind
    except ValueError:  # a kind whose own fields must be given
        changes = _differing(base.config, after)
    named = other.label != variant(base.config, other.config).label
    text = json.dumps(changes, ensure_ascii=False, separators=(",", ":"))
    return [(f"v{i}", text), *([(f"n{i}", other.label)] if named else [])]


def _differing(config: RunConfig, after: Mapping[str, Any]) -> dict[str, Any]:
    before = flat(plain(config))
    return {path: value for path, value in after.items() if path not in before or before[path] != value}


def opened(setup: Setup, query: Mapping[str, str]) -> list[str]:
    """Take the comparison of an address, if it has one; returns a sentence for each part that could not be taken."""
    mine = {name: query[name][:LONGEST] for name in NAMES if name in query}
    if "compare" not in mine:
        return []
    name, said = mine["compare"], list[str]()
    if name == OWN:
        said += _base(setup, mine.get("base", ""), query)
        for i in range(1, MOST):
            changes, label = mine.get(f"v{i}"), _label(mine.get(f"n{i}", ""))
            said += _tried(
                lambda text=changes, label=label: setup.add(_changes(text or ""), label), changes is not None
            )
    else:
        said += _tried(lambda: setup.choose(name))
    said += _tried(lambda: setup.matched_by(mine["match"]), "match" in mine)
    said += _tried(lambda: setup.seeded(_seeds(mine["seeds"])), "seeds" in mine)
    return said + _tried(lambda: setup.worded(mine["word"]), "word" in mine)


def _tried(act: Callable[[], object], wanted: bool = True) -> list[str]:
    try:
        if wanted:
            act()
    except ValueError as error:
        return [f"{error} It was left out."]
    return []


def _base(setup: Setup, label: str, query: Mapping[str, str]) -> list[str]:
    shared = links.opened(query)
    config, problems = read(shared.raw if shared else presets.raw(presets.FIRST))
    if config is None:
        return [next(iter(problems.values()))]
    setup.begin_with(config, _label(label))
    return list(shared.sentences) if shared else ["The link does not say what the base is; the first preset is taken."]


def _label(text: str) -> str:
    """A few plain words: charts read marks into a text."""
    return re.sub(r"[^\w ,.+→−-]", "", text)[:LABEL]


def _changes(text: str) -> dict[str, Any]:
    found = links.decoded(text, LONGEST)
    if not isinstance(found, dict):
        raise ValueError("The link's variant is cut short or damaged.")
    return {str(path)[:200]: value for path, value in found.items()}


def _seeds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:4]) <= SEEDS:
        raise ValueError(f"Between 1 and {SEEDS} seeds are compared; got {text!r:.40}.")
    return int(text)
