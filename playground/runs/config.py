"""Everything that decides a run, as a value."""

from __future__ import annotations

from pydantic import model_validator
from typing_extensions import Self

from models import TransformerConfig
from models.config import Config, knob, refuse
from playground.compute.device import DeviceName
from playground.runs.training import Training
from playground.tasks import AnyTask, Induction


class RunConfig(Config):
    """Everything that decides a run. The task fixes the model's vocabulary and context."""

    model: TransformerConfig = TransformerConfig()
    task: AnyTask = Induction()
    training: Training = Training()
    seed: int = knob(0, "Seed", "The same seed gives the same initial values and the same batches.", ge=0, le=2**31 - 1)
    device: DeviceName = knob(
        "auto", "Device", "Where the run computes; auto takes a GPU if there is one.", advanced=True
    )

    @model_validator(mode="after")
    def _the_task_fits(self) -> Self:
        task, asked = self.task.build(), self.model
        fixed = {"vocab": len(task.vocabulary), "context": task.context(asked.topology)}
        for name, value in fixed.items():
            if name in asked.model_fields_set and getattr(asked, name) not in (
                value,
                TransformerConfig.model_fields[name].default,
            ):
                refuse(f"model.{name}", f"This task makes the model's {name} {value}; leave it out.")
        if asked.prefix and task.probe(asked.topology).prefix_B is None:
            refuse(
                "model.prefix",
                "This task has no prompt that a prefix-LM could see from both sides. Switch it off, or choose copy, "
                "reverse or sort.",
            )
        object.__setattr__(self, "model", asked.model_copy(update=fixed))
        return self
