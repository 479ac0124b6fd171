"""The configuration in a visitor's hands: presets, single controls, links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from models.config import live, put
from playground.runs.idle import reset
from playground.runs.run import RunConfig
from playground.settings import presets
from playground.settings.forms import change, flat, leaf, plain, read
from playground.settings.limits import TEXT, excess
from playground.visitors.session.training import Training


class Editing(Training):
    """`raw` is what the controls show, `config` the last that was valid, `problems` what is wrong with the first."""

    def adopt(self, name: str) -> None:
        """Take a preset's values; the run, if any, stays until it is restarted."""
        self.preset, self.raw, self.notice = name, presets.raw(name), ""
        self.config = presets.PRESETS[name].config
        self.problems = {}
        self.rebuild_if_untouched()

    def begin_anew(self) -> None:
        """Forget the run and the controls, but not the shelf: as a page that opens for the first time."""
        self.jobs.clear()
        self.building, self.steps = False, 0
        self.run = self.entry = None
        self.lens, self.prompt, self.choices = "attention", "", {}
        self.adopt(presets.FIRST)
        self.look_afresh()

    def edit(self, path: str, value: Any, *, settled: bool = True) -> None:
        """Change one control. A value that is refused by its own field is not taken; a broken rule across fields is
        kept and said.

        A live setting acts at once; it leaves a mark when the hand has `settled`.
        """
        self.notice = ""
        if isinstance(value, str) and len(value) > TEXT:
            self.problems = {path: f"The text has {len(value):,} characters, and the page takes {TEXT:,}. Shorten it."}
            return
        try:
            changed = change(self.raw, path, value)
        except ValueError as error:
            self.problems = {path: str(error)}
            return
        config, problems = read(changed)
        if config is None and path in problems and not _crosses(self.raw, changed, path):
            self.problems = problems
            return
        self.raw, self.problems = changed, problems
        if config is not None:
            self.config, self.raw = config, plain(config)  # "3" was accepted as 3
            self.notice = " ".join(f"{said} It was put back." for said in reset(changed)[1].values())
            if self.run is not None and path in live(config) and path in live(self.run.now):
                self._retune(path, settled=settled)
            elif settled:
                self.rebuild_if_untouched()

    def _retune(self, path: str, *, settled: bool) -> None:
        """A live setting acts at once, and with it those that waited for it to make them valid. It may fit what the
        controls say and not what runs: then it waits for a restart.
        """
        assert self.run is not None
        now = flat(plain(self.run.now))
        waiting = [
            p for p in live(self.run.now) if p != path and p in live(self.config) and now[p] != leaf(self.raw, p)
        ]
        for each in (path, *waiting):
            part, _, rest = each.partition(".")
            value = leaf(self.raw, each)
            try:
                if excess(self.run.now.model_copy(update={part: put(getattr(self.run.now, part), rest, value)})):
                    raise ValueError("too large beside what runs")
                self.run.retune({each: value}, mark=settled)
            except ValueError:
                self.notice = "This value fits the model of the controls, not the one that runs: restart with it."

    def pending(self) -> list[tuple[str, Any, Any]]:
        """(path, value of the run, value of the controls) of every difference that needs a restart."""
        if self.run is None or self.building:
            return []
        old, new = flat(plain(self.run.now)), flat(self.raw)
        return [(p, old.get(p), new.get(p)) for p in {**old, **new} if old.get(p) != new.get(p)]

    def undo(self) -> None:
        """Return the controls to what the run has; live settings stay."""
        if self.run is not None:
            self.raw = plain(self.run.now)
            self.accept()

    def load(self, raw: Mapping[str, Any]) -> None:
        """Take edited values as a whole (from a link); they must be valid."""
        self.raw = dict(raw)
        self.accept()
        self.rebuild_if_untouched()

    def accept(self) -> None:
        """Read what the controls show."""
        config, self.problems = read(self.raw)
        if config is not None:
            self.config, self.raw = config, plain(config)


def _crosses(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> bool:
    """Whether the value at `path` would be fine by itself: its own type and bounds hold, only a rule across fields is
    broken.
    """
    try:
        RunConfig.model_validate(new)
    except ValidationError as error:
        return all(item["type"] == "value_error" for item in error.errors()) and leaf(old, path) != leaf(new, path)
    return False
