"""What came from outside, checked once: whatever is read behind this line is JSON of a sane size that can be written
again.
"""

from __future__ import annotations

import math
from typing import Any

DEPTH = 12  # lists and objects within one another
NODES = 20_000  # values, with those inside them
LONGEST = 1_100_000  # characters of one string: a text of a visitor's own, and some more
WHOLE = 2**63  # whole numbers lie below, on either side of zero


def clean(value: Any, *, depth: int = DEPTH, nodes: int = NODES) -> Any:
    """The same JSON, in lists and objects of its own. Halves of characters that lost their other half (lone
    surrogates: what somebody typed, cut in the middle) become U+FFFD.

    Raises ValueError with a sentence for numbers that are not finite or do not fit 64 bits, for what is nested deeper
    than `depth` or has more than `nodes` values, for strings above `LONGEST`, and for what is no JSON at all.
    """
    left = nodes

    def cleaned(value: Any, room: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"This is more than {nodes:,} values at once.")
        if isinstance(value, str):
            return whole(value)
        if value is None or value is True or value is False:
            return value
        if isinstance(value, dict):
            if not room:
                raise ValueError(f"These values are nested deeper than {depth} levels.")
            found = {}
            for key, inner in value.items():
                if not isinstance(key, str):
                    raise ValueError("The names of values are texts.")
                found[whole(key)] = cleaned(inner, room - 1)
            return found
        if isinstance(value, (list, tuple)):
            if not room:
                raise ValueError(f"These values are nested deeper than {depth} levels.")
            return [cleaned(inner, room - 1) for inner in value]
        if isinstance(value, int):
            if not -WHOLE <= value < WHOLE:
                raise ValueError(f"A whole number lies between −{WHOLE:,} and {WHOLE - 1:,}; this one does not.")
            return value
        if isinstance(value, float):
            if not math.isfinite(value):
                raise ValueError(f"A number is expected; {value} is none.")
            return value
        raise ValueError(f"A {type(value).__name__} is no value that can be sent.")

    return cleaned(value, depth)


def whole(text: str) -> str:
    """The text with U+FFFD for each lone surrogate. Raises ValueError where it is too long."""
    if len(text) > LONGEST:
        raise ValueError(f"The text has {len(text):,} characters, and {LONGEST:,} are taken at most. Shorten it.")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
