"""What a finding is: the sentence at the top of a lens."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """A title, and a sentence of html whose data-do links move the picture."""

    title: str
    html: str
