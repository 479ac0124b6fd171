"""Which experiment a visitor has chosen, with which inputs, and what was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from playground.visitors.choices import Choices, is_plain

MOST = 500  # inputs that are written down
PRICED = (
    ["from playground.interventions.ablations import costs"],
    ["", "*_, found = costs(run.model, run.held_out)  # each part by itself", "print(found.frame())"],
)


@dataclass
class InterveneChoices(Choices):
    """What is chosen in the Intervene lens. The job that computes only writes `done`, `said`, `tone` and `results`."""

    lens: ClassVar[str] = "intervene"
    lasts: ClassVar[bool] = True

    trial: str = "costs"
    """Which experiment is shown."""
    chosen: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(experiment, input) -> what was chosen; what does not fit the model or probe counts as not chosen."""
    done: float = 0.0
    left: float | None = None
    """Seconds until it is done, as far as is known."""
    said: str = ""
    tone: str = ""
    results: WeakKeyDictionary[Any, dict[str, Any]] = field(default_factory=WeakKeyDictionary)
    """Run -> experiment -> what was found; it goes with the run."""

    def of(self, run: Any) -> dict[str, Any]:
        """What was found on this run, by experiment."""
        return self.results.setdefault(run, {}) if run is not None else {}

    def python(self, run: Any) -> tuple[list[str], list[str], int | None]:
        """(imports, lines, step) of the result shown; without one, what the first experiment would be."""
        found = self.of(run).get(self.trial)
        return found.python if found else (PRICED[0], PRICED[1], None)

    def take(self, name: str, value: Any) -> None:
        """Change one choice; what is no choice is left alone."""
        if name == "trial" and isinstance(value, str) and len(value) < 40:
            self.trial = value
        elif name == "chosen" and isinstance(value, list):
            sound = (each for each in value[:MOST] if isinstance(each, list) and len(each) == 3)
            self.chosen = {
                (t, f): of for t, f, of in sound if isinstance(t, str) and isinstance(f, str) and is_plain(of)
            }

    def plain(self) -> dict[str, Any]:
        """The experiment shown, and the inputs of all."""
        chosen = [[trial, name, value] for (trial, name), value in self.chosen.items() if is_plain(value)]
        return {"trial": self.trial, "chosen": chosen[-MOST:]}
