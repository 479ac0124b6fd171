"""A small language whose word classes are known: sentences from templates, each with the words of a few classes.

Words of one class stand in the same places, so that whatever learns from company has to bring them together. Words of
a pair share all their company but for what "he" and "she" tell apart: king is to queen as father is to mother.
"""

from __future__ import annotations

from collections.abc import Iterator

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

PAIRS = {  # he and she of a house -> what only that house has
    ("king", "queen"): ("crown", "throne"),
    ("father", "mother"): ("child", "cradle"),
    ("brother", "sister"): ("school", "lesson"),
    ("uncle", "aunt"): ("holiday", "letter"),
    ("prince", "princess"): ("tower", "dragon"),
}
PRONOUNS = (("he", "his", "himself"), ("she", "her", "herself"))
STORIES = (
    "the {who} said {he} lost {his} {first}",
    "{he} is the {who} with the {second}",
    "the {first} and the {second} of the {who} {himself}",
    "{his} {first} made the {who} proud of {himself}",
)


def classes() -> dict[str, str]:
    """Word -> its class. Words that only hold a sentence together have none."""
    return {word: name for name, words in CLASSES.items() for word in words}


def sentences(count: int, seed: int) -> list[list[str]]:
    """Sentences as lists of words; the same seed, the same sentences. Templates and words are each equally likely."""
    return [_filled(*lot) for lot in _templates(count, seed)]


def _templates(count: int, seed: int) -> list[tuple[int, list[float]]]:
    """(template, a number from 0 to 1 for each of its places) of each sentence."""
    generator = torch.Generator().manual_seed(seed)
    which = torch.randint(len(TEMPLATES), (count,), generator=generator).tolist()
    longest = max(len(template.split()) for template in TEMPLATES)
    return list(zip(which, torch.rand(count, longest, generator=generator).tolist(), strict=True))


def _filled(which: int, lots: list[float]) -> list[str]:
    return [
        CLASSES[slot][int(lot * len(CLASSES[slot]))] if slot in CLASSES else slot
        for slot, lot in zip(TEMPLATES[which].split(), lots, strict=False)
    ]


def _story(a: float, b: float, c: float) -> list[str]:
    """A sentence about one of the pairs."""
    pair, (first, second) = list(PAIRS.items())[int(a * len(PAIRS))]
    sex = int(b * 2)
    he, his, himself = PRONOUNS[sex]
    story = STORIES[int(c * len(STORIES))]
    return story.format(who=pair[sex], he=he, his=his, himself=himself, first=first, second=second).split()


def language(count: int, seed: int) -> Iterator[list[str]]:
    """Both kinds of sentences, mixed: every fifth is a story; house, sex and story are each equally likely."""
    plain = count - count // 5
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
    lots = _templates(plain, seed)
    stories = torch.rand(count - plain, 3, generator=torch.Generator().manual_seed(seed)).tolist()
    for i in order:
        yield _filled(*lots[i]) if i < plain else _story(*stories[i - plain])
