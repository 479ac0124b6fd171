"""The short form of `make soak`: a small crowd trains together, opens pages and behaves like people."""

from __future__ import annotations

import asyncio
from statistics import median

from tests.crowd.scenarios import behave, crowd, openings


def test_everybody_gets_a_turn_and_a_like_share(app):
    found = asyncio.run(crowd(app.url, app.process.pid, training=6, looking=4, seconds=20.0))
    assert not found.problems
    assert len(found.first) == 6
    assert min(found.steps) >= 0.3 * median(found.steps) > 0, found.steps  # so short a time


def test_pages_open_in_a_crowd(app):
    taken, problems = asyncio.run(openings(app.url, count=25, seconds=5.0))
    assert not problems
    assert len(taken) == 25


def test_people_who_reload_leave_and_come_back_lose_nothing(app):
    returned, problems = asyncio.run(behave(app.url, people=5, seconds=30.0))
    assert not problems
    assert returned > 0
