"""What one visitor owns: an edited configuration, one run, and where they look. Bounded, and freed when they leave."""

from __future__ import annotations

from playground.settings import presets
from playground.visitors.jobs import Anywhere, nowhere
from playground.visitors.session.branching import Branching
from playground.visitors.session.looking import Posed

__all__ = ["Posed", "Session"]


class Session(Branching):
    """One browser tab; see `State`."""

    def __init__(self, anywhere: Anywhere = nowhere):
        super().__init__(anywhere)
        self.adopt(presets.FIRST)
