"""A small language whose word classes are known: sentences from templates, each with the words of a few classes.

Words of one class stand in the same places, so that whatever learns from company has to bring them together.
"""

from __future__ import annotations

import torch

CLASSES = {
    "animal": ["dog", "cat", "horse", "cow", "sheep", "goat", "fox", "wolf", "bear", "mouse"],
    "food": ["bread", "cheese", "rice", "soup", "cake", "apple", "fish", "honey", "bean", "plum"],
    "colour": ["red", "blue", "green", "yellow", "white", "black", "brown", "pink", "grey", "purple"],
    "person": ["anna", "ben", "clara", "david", "emma", "frank", "grace", "henry", "iris", "jack"],
    "place": ["garden", "forest", "kitchen", "market", "village", "river", "field", "castle", "harbour", "mountain"],
    "motion": ["runs", "walks", "jumps", "swims", "climbs", "crawls", "wanders", "hurries", "dances", "travels"],
    "eating": ["eats", "likes", "wants", "cooks", "buys", "sells", "finds", "tastes", "steals", "brings"],
    "number": ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"],
    "time": ["today", "yesterday", "tomorrow", "soon", "often", "never", "always", "sometimes", "later", "early"],
}
TEMPLATES = (
    "the colour animal motion in the place",
    "person eating the food in the place",
    "time person motion to the place",
    "the animal eating number food",
    "person saw number colour animal near the place",
    "time the animal motion with person",
    "a colour food is for person",
    "number animal and number food were in the place",
)


def classes() -> dict[str, str]:
    """Word -> its class. Words that only hold a sentence together have none."""
    return {word: name for name, words in CLASSES.items() for word in words}


def sentences(count: int, seed: int) -> list[list[str]]:
    """Sentences as lists of words; the same seed, the same sentences. Templates and words are each equally likely."""
    generator = torch.Generator().manual_seed(seed)
    which = torch.randint(len(TEMPLATES), (count,), generator=generator).tolist()
    longest = max(len(template.split()) for template in TEMPLATES)
    lots = torch.rand(count, longest, generator=generator).tolist()
    return [
        [
            CLASSES[slot][int(lot * len(CLASSES[slot]))] if slot in CLASSES else slot
            for slot, lot in zip(slots, row, strict=False)
        ]
        for slots, row in zip((TEMPLATES[w].split() for w in which), lots, strict=True)
    ]
