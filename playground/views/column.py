"""The configuration column apart from its controls: presets, architecture card, pending changes, closed lines."""

from __future__ import annotations

import json
from typing import Any

from models.architecture import TransformerConfig
from models.config import extra, walk
from models.cost import cost
from models.feedforward import FeedForwardConfig
from models.mixture import MoE
from playground.runs.run import RunConfig
from playground.settings import presets
from playground.settings.forms import SLOT_KINDS
from playground.visitors.session import Session
from playground.wording import metric, said

BYTES = 4  # of one cached number in float32


def value(session: Session) -> dict[str, Any]:
    """Value:

    preset: id of the chosen preset, "" when the configuration is none of them.
    groups: JSON [[title, [[id, label, hint], ...]], ...], the presets.
    card: JSON [[label, value, value after a restart | "", unit], ...], numbers as text ("37,056").
    parts: JSON [[name, share], ...], where the parameters are; shares of any sum.
    parts_text: the line under the bar of the parts; "" for names and percentages.
    n_pending, pending: how many changes wait for a restart, and what they are
        ("key/value heads 4 → 2. The run goes on with 4 until then.").
    blocked: why the changes cannot be restarted with now ("The learning rate is not a number."); the button is then
        disabled and the sentence stands below the note. Optional.
    lines: JSON {name: text}, what each closed accordion says.

    Events: preset {name}, restart, fork (with what waits, at the step shown), undo.
    """
    new = session.config.model
    old = session.run.config.model if session.run and not session.building else new
    pending = session.pending()
    ranked = sorted(((name, share) for name, share in cost(new).parts.items() if share), key=lambda p: -p[1])
    rest = sum(share for _, share in ranked[2:])
    parts = [*ranked[:2], *([("rest", rest)] if rest else [])]
    return {
        "preset": session.preset if session.raw == presets.raw(session.preset) else "",
        "groups": json.dumps(presets.groups()),
        "card": json.dumps(
            [
                [label, a, b if (b, after) != (a, unit) else "", unit, after if after != unit else ""]
                for (label, a, unit), (_, b, after) in zip(card(old), card(new), strict=True)
            ]
        ),
        "parts": json.dumps(parts),
        "parts_text": "",
        "n_pending": len(pending),
        "pending": _pending(pending),
        "blocked": next(iter(session.problems.values()), ""),
        "lines": json.dumps(lines(session.config)),
    }


def card(config: TransformerConfig) -> list[tuple[str, str, str]]:
    """(label, number, unit) of what a model costs."""
    c = cost(config)
    cache, across = BYTES * c.kv_cache_elements_per_token, BYTES * c.cross_cache_elements_per_source_token
    per = "FLOP/source + target token" if across else "FLOP/token"
    window = f", of the last {config.attention.sees():,}" if config.attention.sees() else ""
    unit = f"B/token{window}" + (f", {across:,} B/source token" if across else "")
    if c.state_elements:
        cache, unit = BYTES * c.state_elements, "B, however long the text"
    return [
        ("Parameters", f"{c.parameters:,}", ""),
        ("Active per token", f"{c.active_parameters:,}", ""),
        ("Forward pass", *metric(c.flops_per_token, per)),
        ("KV cache", f"{cache:,}" if cache else "none", unit if cache else "(no decoder)"),
    ]


def lines(config: RunConfig) -> dict[str, str]:
    """What each closed accordion says."""
    m, t = config.model, config.training
    depth = (
        f"{m.encoder_layers} + {m.layers} layers"
        if m.topology == "encoder-decoder"
        else f"{m.layers} layer{'s' if m.layers > 1 else ''}"
    )
    heads = m.attention.query_heads()
    position, feed_forward, task = m.position.model_dump(), m.feed_forward.model_dump(), config.task.model_dump()
    base = f" · base {position['base']:,g}" if "base" in position else ""
    hidden = f"{said(feed_forward['activation'])} · {feed_forward['hidden']:,}" if "hidden" in feed_forward else "none"
    if isinstance(m.feed_forward, MoE):
        mixture = m.feed_forward
        hidden = f"{mixture.experts * mixture.split} × {said(mixture.activation)} · {mixture.expert_hidden():,}"
    length = f" · length {task['length']:,}" if "length" in task else ""
    return {
        "model": f"{m.topology} · {depth}" + ("" if "+" in depth else f" · width {m.width}"),
        "attention": f"{m.attention.kind} · {heads} heads" if heads else "none",
        "position": m.position.kind + base,
        "feed_forward": hidden,
        "router": routing(m.feed_forward),
        "task": type(config.task).title.lower() + length,
        "training": f"{t.optimizer} · batch {t.batch}",
    }


def routing(feed_forward: FeedForwardConfig) -> str:
    """How a mixture routes; empty without one, and then there is no such form."""
    if not isinstance(feed_forward, MoE):
        return ""
    room = feed_forward.room(1)
    chosen = feed_forward.router.average(room)
    limit = feed_forward.capacity.factor
    return f"{feed_forward.router.kind} · {chosen:g} of {room.experts}" + (f" · capacity {limit:g}" if limit else "")


def _pending(changes: list[tuple[str, Any, Any]]) -> str:
    if not changes:
        return ""
    labels = {path: extra(field).get("label", "") for path, field, _ in walk(RunConfig())}
    told = [f"{_label(path, labels)} {said(old)} → {said(new)}" for path, old, new in changes if _told(path, changes)]
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""
    return "; ".join(told[:3]) + more + ". The run goes on as it is until then."


def _told(path: str, changes: list[tuple[str, Any, Any]]) -> bool:
    """A changed kind stands for the fields that came and went with it."""
    slot, _, last = path.rpartition(".")
    return last == "kind" or f"{slot}.kind" not in {p for p, _, _ in changes} & SLOT_KINDS


def _label(path: str, labels: dict[str, str]) -> str:
    slot, _, last = path.rpartition(".")
    if path in SLOT_KINDS:
        return slot.rpartition(".")[2].replace("_", "-")
    return (labels.get(path) or last.replace("_", " ")).lower()
