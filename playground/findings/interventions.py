"""The sentence of each intervention, computed from its numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from models.tap import PLACES
from playground.findings.finding import Finding
from playground.interventions.ablations import Costs
from playground.interventions.editing import Effect
from playground.interventions.logit_lens import Lens
from playground.interventions.moved import Moved
from playground.interventions.parts import kind, name
from playground.interventions.patching import Patching
from playground.interventions.places import UNITS, called
from playground.interventions.swapping import Swap
from playground.wording import change, decimal, percent

SURE = 2.0  # standard errors from which a change is said to be one
CLEAR = 0.5  # share of the logit difference from which an activation is said to carry the answer
TRIVIAL = 1e-3  # from 1: what the answer is read from, but for rounding
MOVED = 0.01  # nats of KL from which a prediction is said to change
SINGLE = ("head", "cross head", "expert")


def costs(found: Costs) -> Finding:
    """The costliest head or expert (of larger parts where there are none), and how many cannot be told from noise."""
    single = [(e, c) for e, c in found.done if kind(e) in SINGLE] or list(found.done)
    total = len([e for e in found.planned if kind(e) in SINGLE]) or len(found.planned)
    if not single:
        return Finding("Nothing is ablated yet", f"The whole model has a loss of {found.loss:.3f} nats.")
    edit, most = max(single, key=lambda pair: pair[1].loss)
    noise = sum(not abs(c.loss) > SURE * c.loss_error for _, c in single)
    harm = [(e, c) for e, c in single if c.loss < -SURE * c.loss_error]
    parts = [
        f"On {found.examples:,} examples the loss goes from {found.loss:.3f} to {found.loss + most.loss:.3f} "
        f"nats ({change(most.loss, most.loss_error)}), and accuracy from "
        f"{percent(found.accuracy)} to {percent(found.accuracy + most.accuracy)}."
    ]
    changes = "changes" if noise == 1 else "change"
    parts.append(f"Of {_count(len(single), 'part')}, {noise} {changes} the loss by less than {SURE:g} standard errors.")
    if harm:
        worst, gain = min(harm, key=lambda pair: pair[1].loss)
        parts.append(f"Without {name(worst, both=found.both)} it is lower: {change(gain.loss, gain.loss_error)} nats.")
    if len(single) < total:
        left = total - len(single)
        parts.append(f"{left} {'is' if left == 1 else 'are'} still to be measured.")
    if not most.loss > SURE * most.loss_error:
        return Finding("No single part is missed", " ".join(parts[1:]))
    return Finding(f"{_begun(name(edit, both=found.both))} is missed most", " ".join(parts))


def patching(found: Patching, words: Sequence[str]) -> Finding:
    """Which single activation brings most of the clean answer back. `words`: the vocabulary. The stream that the answer
    is read from does not count: it brings all back in any model.
    """
    shares_LX = np.nan_to_num(found.recovered_LX, nan=-np.inf)  # not known yet
    streams = found.part == "residual.after" and len(shares_LX) > 1
    trivial = streams and abs(shares_LX[-1, found.answer.at] - 1) < TRIVIAL
    if trivial:
        shares_LX[-1, found.answer.at] = 0
    row, x = (int(i) for i in np.unravel_index(shares_LX.argmax(), shares_LX.shape))
    share, layer = float(shares_LX[row, x]), found.layers[row]
    right, wrong = (words[token] for token in found.answer[1:])
    place = f"L{layer} H{x}"
    if found.by == "position":
        narrowed = [f", H{found.head}"] if found.head is not None else []
        narrowed += [f", {UNITS.get(PLACES[found.part][-1], 'key')} {found.unit}"] if found.unit is not None else []
        which = f"{'' if layer is None else f'L{layer} '}{called(found.part)}{''.join(narrowed)}"
        place = f"{which} at position {x} ({words[found.clean_ids[x]]})"
    difference = (
        f"The logit of {_safe(right)} minus that of {_safe(wrong)} is {decimal(found.clean)} on the clean prompt and "
        f"{decimal(found.corrupted)} on the corrupted one."
    )
    beyond = int((shares_LX >= CLEAR).sum())
    if share < CLEAR:
        return Finding(
            "No single activation brings the answer back",
            f"{difference} The most is {percent(share, 0)}, by {_safe(place)}.",
        )
    besides = (
        f"Besides L{found.layers[-1]} at position {found.answer.at}, where the answer is read, " if trivial else ""
    )
    some = f"{besides}{beyond} of {_count(found.recovered_LX.size - trivial, 'activation')}"
    more = f"{some} {'brings' if beyond == 1 else 'bring'} back at least {percent(CLEAR, 0)}."
    title = f"{_begun(place)} brings {percent(share, 0)} of the answer back"
    return Finding(title, f"{difference} {more}")


def lens(found: Lens, words: Sequence[str]) -> Finding:
    """From which layer on the predictions are the final ones, at the scored positions."""
    asked = ~np.isnan(found.wanted_RT[-1])
    where = asked if asked.any() else np.ones_like(asked)
    settled = found.settled()[where]
    typical = int(np.sort(settled)[len(settled) // 2])
    those = f"{len(settled)} {'scored ' if asked.any() else ''}positions"
    after = f"from {found.rows[typical]} on" if typical else "from the embedding on"
    late = int(np.flatnonzero(where)[settled.argmax()])
    final = _token(words, int(found.top_RTK[-1, late, 0]))
    last = f"The last to settle is position {late} ({final}), at {found.rows[int(settled.max())]}."
    nats = found.kl_RT[:, where].mean(axis=1)
    gone = f"Read from the embedding, predictions lose {nats[0]:.2f} nats on the final ones; before the last layer, "
    gone += f"{nats[-2]:.2f}."
    if typical == len(found.rows) - 1:  # it cannot be otherwise there
        title = "Only the last layer makes the final predictions"
        before = f"At half of the {those} the likeliest token differs from the final one before it."
        return Finding(title, f"{before} {last} {gone}")
    return Finding(
        f"Predictions settle {after}",
        f"At half of the {those} the likeliest token is the final one {after}. {last} {gone}",
    )


def rollout(
    rolled_LBTT: Tensor, words: Sequence[str], ids: Sequence[int], *, position: int, example: int = 0
) -> Finding:
    """What one position is made of after the last layer."""
    share_T = rolled_LBTT[-1, example, position]
    layers, own = len(rolled_LBTT), float(share_T[position])
    others = share_T.clone()
    others[position] = -1
    at = int(others.argmax())
    told = f"Rollout counts half of each layer as passed on, so at least {percent(0.5**layers)} stays by that alone."
    if others[at] <= 0:
        return Finding(f"Position {position} is made of its own token alone", told)
    return Finding(
        f"Position {position} draws most on position {at} ({words[ids[at]]})",
        f"{percent(float(others[at]), 0)} comes from there, {percent(own, 0)} from its own token. {told}",
    )


def swap(found: Swap, words: Sequence[str]) -> Finding:
    """How many predictions change, and which the most."""
    count, told = _moved(found.moved, words)
    old, new = words[found.old], words[found.new]
    where = f"at position {found.position}" + (" of the source" if found.side == "source" else "")
    return Finding(f"Putting {new} for {old} {where} changes {count}", told)


def edited(found: Effect, what: str, words: Sequence[str]) -> Finding:
    """What an edit does to the loss, and to which predictions. `what`: "L1 pattern, H0, set to zero"."""
    count, told = _moved(found.moved, words)
    if not found.scored:
        return Finding(f"{what}: changes {count}", f"No token here has a known answer, so there is no loss. {told}")
    (loss, right), (less, fewer), change_ = found.before.mean(), found.after.mean(), found.change
    many = len(found.before.loss_B)
    basis = f"{_count(found.scored, 'scored token')} of {_count(many, 'example')}"
    error = f" ({change(change_.loss, change_.loss_error)})" if many > 1 else ""
    verb = "stays at" if f"{loss:.3f}" == f"{less:.3f}" else f"goes from {loss:.3f} to"
    title = f"{what}: the loss {verb} {less:.3f}"
    accuracy = f"accuracy {percent(right)} → {percent(fewer)}, on {basis}."
    return Finding(
        title, f"Loss {loss:.3f} → {less:.3f} nats{error}, {accuracy} In the first example it changes {count}. {told}"
    )


def _moved(found: Moved, words: Sequence[str]) -> tuple[str, str]:
    """(how many predictions change, which the most)."""
    changed = np.flatnonzero(found.kl_T > MOVED)
    if not len(changed):
        return "no prediction", f"Every prediction stays within {MOVED} nats of what it was."
    most = int(found.kl_T.argmax())
    turned = int((found.top_before_T != found.top_after_T).sum())
    parts = [
        f"Most at position {most} ({found.kl_T[most]:.2f} nats): {_token(words, int(found.top_before_T[most]))} → "
        f"{_token(words, int(found.top_after_T[most]))}.",
        f"The likeliest token changes at {turned} of {len(found.kl_T)} positions.",
    ]
    return f"{len(changed)} of {len(found.kl_T)} predictions", " ".join(parts)


def _begun(place: str) -> str:
    """As the beginning of a sentence."""
    return f"{place[0].upper()}{place[1:]}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" + ("s" if number != 1 else "")


def _token(words: Sequence[str], token: int) -> str:
    return f"<b class='mono'>{_safe(words[token])}</b>"


def _safe(token: str) -> str:
    return token.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
