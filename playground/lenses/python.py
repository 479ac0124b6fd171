"""The Python lines that build and train the run on the screen; each lens adds its own."""

from __future__ import annotations

from typing import Any

from playground.lenses.lens import Lens
from playground.runs.run import Run
from playground.settings import presets
from playground.settings.forms import flat, plain
from playground.visitors.session import Session

RECORDED = 350  # steps of the stored replay


def python(session: Session, lens: Lens) -> str:
    """Lines that build the run on the screen and give the lens's numbers; they run as they are."""
    config = session.run.config if session.run else session.config
    code = lens.code
    if code is None or not lens.has(config.model):
        return ""
    before, after = flat(presets.raw(session.preset)), flat(plain(config)) | _pinned(session.run)
    different = {p: v for p, v in after.items() if before.get(p) != v}
    lines = [
        "from playground.settings.presets import changed",
        "from playground.runs.run import Run",
        *code.imports(session),
    ]
    lines += ["", *_computed(session.run), f"run = Run(changed({session.preset!r}, {_literal(different)}))"]
    end = code.step(session) if session.run is not None else RECORDED
    back = session.shown is not None and code.back
    lines += _trained(session.run, end, back=back)
    return "\n".join([*lines, *code.numbers(session)])


def _pinned(run: Run | None) -> dict[str, Any]:
    """What "auto" came to here: elsewhere a probe of the machine may choose otherwise."""
    if run is None or run.config.training.precision != "auto":
        return {}
    return {"training.precision": run.precision.name}


def _computed(run: Run | None) -> list[str]:
    if run is None:
        return []
    return [f"# here on {run.place.label} ({run.place.detail}); another machine rounds otherwise in the last digits"]


def _trained(run: Run | None, end: int, *, back: bool) -> list[str]:
    """Lines that train to a step, with every live change where it was made; looking back, a picture is from before the
    changes at its own step.
    """
    lines, at = [], 0
    for step, name, new in run.history.changes if run else ():
        if step > end or (back and step == end):
            break
        lines += [f"for _ in run.train({step - at}): pass"] if step > at else []
        lines, at = [*lines, f"run.retune({{{name!r}: {new!r}}})"], step
    return [*lines, f"for _ in run.train({end - at}): pass"] if end > at else lines


def _literal(changes: dict[str, Any]) -> str:
    """A Python literal of the changes, one a line; a long text is read from a file that the visitor has."""
    if not changes:
        return "{}"
    shown = {p: _own_text if isinstance(v, str) and len(v) > 200 else v for p, v in changes.items()}
    return "{\n" + "".join(f"    {p!r}: {v!r},\n" for p, v in shown.items()) + "}"


class _OwnText:
    def __repr__(self) -> str:
        return 'open("own.txt").read()'


_own_text = _OwnText()
