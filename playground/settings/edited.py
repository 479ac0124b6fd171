"""A config in a visitor's hands: what they type is taken, or refused with a sentence, and nothing is lost."""

from __future__ import annotations

from typing import Any, Generic

from pydantic import ValidationError

from models.config import ConfigT, problems
from playground.settings.dotted import change, kinds
from playground.settings.limits import TEXT, beyond, top


class Edited(Generic[ConfigT]):
    """`config` is the last valid one, `raw` what the controls show, `problems` {path: sentence} what is wrong with
    it.
    """

    def __init__(self, first: ConfigT):
        self.first, self.config = first, first
        self.raw: dict[str, Any] = first.model_dump()
        self.problems: dict[str, str] = {}
        self.kinds = kinds(type(first))

    def edit(self, path: str, value: Any) -> None:
        """Change one control. A value that its own field refuses is said and not taken; one that breaks a rule across
        fields is taken, and the config stays as it was until the rule holds.
        """
        if isinstance(value, str) and len(value) > TEXT:
            self.problems = {path: f"The text has {len(value):,} characters, and the page takes {TEXT:,}. Shorten it."}
            return
        try:
            changed = change(type(self.first), self.raw, path, value, self.kinds)
        except ValueError as error:
            self.problems = {path: str(error)}
            return
        if self._read(changed):
            self.raw = changed

    def reset(self) -> None:
        """Return to the first values."""
        self.__init__(self.first)

    def _read(self, raw: dict[str, Any]) -> bool:
        """Take the config if it is valid; whether else what is wrong is a rule across fields."""
        try:
            found = type(self.first).model_validate(raw)
        except ValidationError as error:
            self.problems = problems(error, type(self.first), top)
            return all(item["type"] == "value_error" for item in error.errors())
        self.problems = beyond(found)
        if not self.problems:
            self.config, self.raw = found, found.model_dump()  # "3" was accepted as 3
        return False
