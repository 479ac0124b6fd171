"""A linear map whose initial values come from `init.py` alone: building one draws nothing from a global generator."""

from __future__ import annotations

from torch import nn


class Linear(nn.Linear):
    """y = x W^T + b. Uninitialised until `init.initialise` has run."""

    def reset_parameters(self) -> None:
        pass
