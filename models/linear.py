"""A linear map whose initial values come from `init.py` alone: building one draws nothing from a global generator.

On the CPU its products may be routed: torch hands fp32 matrix products to MKL, and oneDNN can be about twice as fast
(an AMD EPYC of 2024: docs/log.md). `route` turns the route on for the whole process.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

ROUTES: Any = getattr(torch.backends.mkldnn, "matmul", None)


class Linear(nn.Linear):
    """y = x W^T + b. Uninitialised until `init.initialise` has run."""

    def reset_parameters(self) -> None:
        pass


def route(on: bool) -> None:
    """Send the process's fp32 matrix products to oneDNN, or back to torch's own choice.

    torch calls this a precision, because on a CPU with AMX oneDNN then multiplies in bfloat16. Where there is none the
    products are exact: whoever turns it on has to compare them first. Does nothing where torch has no such route.
    """
    if ROUTES is not None:
        ROUTES.fp32_precision = "bf16" if on else "none"


def routed() -> bool:
    """Whether fp32 products go to oneDNN. A compiled model does not ask."""
    return ROUTES is not None and not torch.compiler.is_compiling() and ROUTES.fp32_precision == "bf16"
