"""The table of contents in models/__init__.py names every module and folder of the core."""

from pathlib import Path

import models

CORE = Path(models.__file__).parent
ELSEWHERE = {"__init__", "config", "dropout", "edit_checks", "input_checks"}
"""What a reader meets where it is used."""


def test_the_reading_order_leaves_nothing_out():
    there = {path.stem for path in CORE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    named = set((models.__doc__ or "").replace(",", " ").replace(":", " ").replace(";", " ").split())
    assert there - named == ELSEWHERE
