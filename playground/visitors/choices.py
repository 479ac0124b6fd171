"""What a visitor has chosen to see in a lens. Each lens derives its own; they are written down with the session, and a
link brings those of the lens in sight."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar


@dataclass
class Choices:
    """Of one lens, made when it is first looked through. Nothing comes in but through `take`, which checks it."""

    lens: ClassVar[str] = ""
    """The lens that they are of."""
    lasts: ClassVar[bool] = False
    """Whether they outlive the run that they were made for."""

    def take(self, name: str, value: Any) -> None:
        """Change one choice; what is no choice is left alone."""

    def plain(self) -> dict[str, Any]:
        """Those that are plain values, to be written down and taken again."""
        return {each.name: value for each in fields(self) if is_plain(value := getattr(self, each.name))}


ChoicesT = TypeVar("ChoicesT", bound=Choices)


def is_plain(value: object) -> bool:
    """Whether a choice can be written down."""
    return value is None or (isinstance(value, (str, int, float)) and len(str(value)) <= 200)
