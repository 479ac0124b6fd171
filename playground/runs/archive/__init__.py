"""A run as a file: `format.py` its tensors, `header.py` its config and numbers, `loads.py` those of its experts."""

from playground.runs.archive.format import dump, read, reading

__all__ = ["dump", "read", "reading"]
