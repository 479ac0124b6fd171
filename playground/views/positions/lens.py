"""The Positions lens: what each head does with distance, while the model trains."""

from playground.views.positions.trained import nothing, value

__all__ = ["nothing", "value"]
