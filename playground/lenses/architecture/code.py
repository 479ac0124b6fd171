"""The blocks and their parameters in Python."""

from __future__ import annotations

from playground.lenses.lens import Code
from playground.visitors.session import Session


def _numbers(session: Session) -> list[str]:
    return [
        "for name, module in run.model.named_modules():  # the blocks of the picture, with their parameters",
        "    if name.count('.') in (0, 3):",
        "        print(name, sum(p.numel() for p in module.parameters()))",
        "print(cost(run.config.model).parameters)",
    ]


CODE = Code(lambda session: ["from models.cost import cost"], _numbers)
