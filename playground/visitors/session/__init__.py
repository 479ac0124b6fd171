"""What one visitor owns: an edited configuration, one run, and where they look. Bounded, and freed when they leave."""

from __future__ import annotations

from playground.settings import presets
from playground.visitors.session.branching import Branching
from playground.visitors.session.looking import Posed

__all__ = ["Posed", "Session"]


class Session(Branching):
    """One browser tab. Every method is called under Gradio's threads: see `State`."""

    def __init__(self, token: str):
        super().__init__(token)
        self.adopt(presets.FIRST)
