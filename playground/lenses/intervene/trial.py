"""What an experiment of the Intervene lens is: inputs, a computation, and what is shown of its result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import pandas as pd
import torch

from playground.findings.finding import Finding
from playground.runs.run import Run
from playground.tasks.base import Batch
from playground.visitors.session import Session

LONGEST = 64  # tokens of a probe: of more, the first ones
BEGINNING = 8  # tokens of an example by which it is told from others
TOKENS = 1024  # that one chooses among
AUTO, ALL = "auto", "all"
Option = tuple[Any, str]


class Field(NamedTuple):
    """One input. What is chosen is one of the options; the server takes nothing else."""

    name: str
    label: str
    options: tuple[Option, ...]
    value: Any
    kind: Literal["choice", "select", "number", "place"] = "choice"
    at_once: bool = False
    """Whether it changes what is shown of a result, and needs no new one."""
    below: int = 0
    """Of a number: it may be any whole one from 0 up to here, or an option."""
    absent: tuple[str, ...] = ()
    """What is not to be had here, each with its reason."""
    help: str = ""
    """One line, told over its label."""

    def takes(self, value: Any) -> bool:
        """Whether it may be chosen."""
        if type(value) is int and 0 <= value < self.below:
            return True
        return any(value == each and type(value) is type(each) for each, _ in self.options)


class Subject(NamedTuple):
    """What is intervened on."""

    run: Run
    """While computing a stand-in, whose model nobody trains."""
    batch: Batch
    """The probe in use, at most `LONGEST` tokens of it; its first example is looked at."""
    words: tuple[str, ...]
    note: str = ""
    """Where the probe is longer."""
    probe: str | None = None
    """Its text; None: the fixed one."""

    def tokens(self, side: str = "") -> list[str]:
        """What a stack reads of the first example: "encoder" of an encoder-decoder, else what predicts."""
        source_BS = self.batch.source_BS
        read_BT = source_BS if side in ("encoder", "source") and source_BS is not None else self.batch.ids_BT
        return [self.words[i] for i in read_BT[0].tolist()]


class Shown(NamedTuple):
    """A result as it is drawn."""

    finding: Finding
    table: dict[str, Any]
    """Of the panel `table`."""
    maps: tuple[dict[str, Any], ...] = ()
    """{title, note, heat, pick}: heat maps; `pick` says what a press of a cell opens: the attention whose
    heads they are ("decoder", "encoder", "cross"), the stack whose experts they are ("decoder expert"), or ""."""
    bars: dict[str, Any] | None = None
    """{title, fig, said}"""
    note: str = ""
    """On how many examples, with which errors."""


class Python(NamedTuple):
    """The same in Python: imports, and lines after those that build and train `run`."""

    imports: list[str]
    lines: list[str]


class Trial(NamedTuple):
    """One experiment."""

    id: str
    label: str
    does: str
    """One sentence, html, with its paper."""
    fields: Callable[[Subject, Mapping[str, Any]], list[Field]]
    start: Callable[[Subject, dict[str, Any], Callable[[], bool]], Iterator[tuple[float, Any]]]
    """Yields (share done, result so far or None) after each slice; ValueError says why it cannot be had."""
    shown: Callable[[Subject, Any, dict[str, Any]], Shown]
    python: Callable[[Subject, Any, dict[str, Any]], Python]
    probes: bool = True
    """Whether it looks through the probe."""
    refused: Callable[[Run], bool] = lambda run: False
    """Whether it is not offered for a run."""


def subject(session: Session, *, frozen: bool = False) -> Subject:
    """The visitor's run and probe; `frozen`: with a copy of the model, so that training may go on."""
    run, batch = session.start(), session.seen_through()[0].batch
    run = run.frozen() if frozen else run
    longest = max(t.shape[1] for t in (batch.ids_BT, batch.source_BS) if t is not None)
    note = f"the first {LONGEST} of the probe’s {longest:,} tokens" if longest > LONGEST else ""
    return Subject(run, cropped(batch), run.task.vocabulary, note, session.probe_seen)


def cropped(batch: Batch) -> Batch:
    """The first tokens: to a causal model they are the same with or without the rest."""
    cut = {name: t[:, :LONGEST] if t.dim() > 1 else t for name, t in batch._asdict().items() if t is not None}
    if batch.prefix_B is not None:
        cut["prefix_B"] = batch.prefix_B.clamp(max=min(LONGEST, batch.ids_BT.shape[1]))
    return Batch(**cut)


def example(batch: Batch, index: int = 0) -> Batch:
    """One example of a batch, by itself."""
    return Batch(**{name: t[index : index + 1] for name, t in batch._asdict().items() if t is not None})


def pick(
    name: str, label: str, options: Iterable[Option], chosen: Mapping[str, Any], default: Any = None, **more: Any
) -> Field:
    """An input; what is chosen and not offered is the default, or the first."""
    there, wanted = tuple(options), chosen.get(name)
    field = Field(name, label, there, there[0][0] if default is None else default, **more)
    return field._replace(value=wanted) if field.takes(wanted) else field


def places(tokens: Sequence[str]) -> list[Option]:
    return [(i, f"{i} {token}") for i, token in enumerate(tokens)]


def examples(subject: Subject) -> list[Option]:
    """The other examples of the probe, each with what it begins with."""
    batch = subject.batch
    read_BT = batch.ids_BT if batch.source_BS is None else batch.source_BS
    told = (" ".join(subject.words[i] for i in ids[:BEGINNING]) for ids in read_BT[1:].tolist())
    return [(i, f"{i}: {beginning}") for i, beginning in enumerate(told, start=1)]


def vocabulary(subject: Subject) -> list[Option]:
    """Tokens to choose from: all, or of a large vocabulary those that the probe reads."""
    batch, words = subject.batch, subject.words
    read = torch.cat([t.flatten() for t in (batch.ids_BT, batch.source_BS) if t is not None]).unique().tolist()
    return [(AUTO, "automatic"), *((i, words[i]) for i in (range(len(words)) if len(words) <= TOKENS else read))]


def table(frame: pd.DataFrame, name: str, title: str, digits: Mapping[str, int] | None = None) -> dict[str, Any]:
    """A frame as a value of a table; missing numbers are null."""
    rows = frame.astype(object).where(frame.notna(), None).values.tolist()
    plain = [[cell.item() if hasattr(cell, "item") else cell for cell in row] for row in rows]
    columns = [{"label": c.replace("_", " "), "digits": (digits or {}).get(c)} for c in frame.columns]
    return {"columns": columns, "rows": plain, "name": name, "title": title}


def named(frame: pd.DataFrame, words: Sequence[str], *columns: str) -> pd.DataFrame:
    """The frame with tokens in place of their numbers."""
    said = {c: [None if pd.isna(i) else words[int(i)] for i in frame[c]] for c in columns}
    return frame.assign(**said)


def batch_lines(subject: Subject) -> tuple[list[str], str]:
    """(lines, name) of the batch looked through."""
    if subject.note:
        text = "" if subject.probe is None else f", {subject.probe!r}"
        lines = ["from playground.lenses.intervene.trial import cropped"]
        return [*lines, f"batch = cropped(run.task.probe(run.topology{text}))"], "batch"
    if subject.probe is not None:
        return [f"batch = run.task.probe(run.topology, {subject.probe!r})"], "batch"
    return [], "run.probe.batch"
