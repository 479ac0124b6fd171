"""The sentence of the causal check of induction. It may say that the check fails."""

from __future__ import annotations

from playground.findings.finding import Finding
from playground.interventions.induction import COSTS, SURE, InductionCheck, Without
from playground.measures.head_roles import NAMED_FROM
from playground.wording import percent

RULE = (
    f"A cost is a fall of more than {100 * COSTS:.0f} points and {SURE:g} standard errors, whether a head is "
    "replaced by zero or by its mean."
)


def finding(check: InductionCheck) -> Finding:
    """Whether the head does the work alone, shares it, or does not do it, by the rule of `Without.costs`."""
    if not check.rows:
        none = f"No head has an induction score of {NAMED_FROM} at step {check.step:,}, so there is none to ablate."
        return Finding("No head looks for what followed the last time", none)
    title, sentences = _verdict(check)
    whole = (
        f"On {check.examples:,} held-out examples, the whole model gets {percent(check.accuracy)} right and chance "
        f"{percent(check.chance)}."
    )
    return Finding(title, f"{sentences} {whole}")


def _verdict(check: InductionCheck) -> tuple[str, str]:
    (head,), controls, (every,) = check.of("head"), check.of("control"), check.of("induction heads")
    name, count = head.heads[0], len(every.heads)
    worst = max(controls, key=lambda row: row.lost, default=None)
    alone = f"Without {name} (induction score {head.score:.2f}) {_left(check, head)}"
    if head.costs and worst is None:
        return f"{name} does the work of induction", f"{alone}. Its layer has no other head to compare it with."
    if head.costs and worst is not None and not worst.costs:
        other = f"without {worst.heads[0]}, the costliest other head of its layer, {_left(check, worst)}."
        return f"{name} does the work of induction, and no other head of its layer", f"{alone}; {other}"
    if head.costs and worst is not None:
        other = f"so it does without {worst.heads[0]}: {_left(check, worst)} (score {worst.score:.2f})."
        return f"{name} does the work of induction, but not alone", f"{alone}. Accuracy falls, and {other}"
    if worst is not None and worst.costs:
        other = f"without {worst.heads[0]} (score {worst.score:.2f}) {_left(check, worst)}."
        return f"{worst.heads[0]} does the work of induction, more than {name}", f"{alone}, and {other}"
    if not every.costs:
        which = "it" if count == 1 else f"all {count} heads that look like it"
        title = f"{name} looks like an induction head, and can be missed"
        told = f"Without {which} {_left(check, every)}: an induction score says where a head looks, not what it is for."
        return title, told
    which = "both heads" if count == 2 else f"all {count} heads"
    return _shared(check, f"{alone}; without {which} that look like one {_left(check, every)}", count)


def _shared(check: InductionCheck, told: str, count: int) -> tuple[str, str]:
    """One head can be missed, all cannot: is that so of any heads?"""
    others = check.of("other heads")
    if not others:
        return f"{count} heads share the work of induction", f"{told}. Every head takes part: none is left for control."
    idle = len(others[0].heads)
    control = f"without the {idle} that take no part" if idle > 1 else "without the one that takes no part"
    control += f" {_left(check, others[0])}"
    if others[0].costs:
        return f"{count} heads share the work of induction, and not they alone", f"{told}, but {control}."
    return f"{count} heads share the work of induction: one can be missed, all cannot", f"{told}, and {control}."


def _left(check: InductionCheck, row: Without) -> str:
    """The accuracy that is left, by the milder of the two ablations."""
    mild = max(row.zero, row.mean, key=lambda c: c.accuracy)
    return f"{percent(check.accuracy + mild.accuracy)} ± {percent(mild.accuracy_error)} are right"
