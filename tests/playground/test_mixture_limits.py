"""What a visitor may ask of the experts, at once and in the middle of a run; and asking never locks the page up."""

from __future__ import annotations

import threading

from playground.settings import presets
from playground.settings.forms import change, read
from playground.visitors.session import Session

MOE = "model.feed_forward"


def edited(name: str, **changes: object) -> tuple[object, dict[str, str]]:
    raw = presets.raw(name)
    for path, value in changes.items():
        raw = change(raw, path, value)
    return read(raw)


def test_more_rows_than_memory_allows_are_refused():
    wide = {f"{MOE}.experts": 64, f"{MOE}.split": 8, f"{MOE}.hidden": 8, "model.width": 16, "model.layers": 12}
    config, problems = edited("collapse", **{f"{MOE}.router.kind": "soft", **wide, "training.batch": 256})
    assert config is None
    assert problems["training.batch"].startswith("The experts would hold ")
    assert edited("collapse", **{f"{MOE}.router.k": 4})[0] is not None


def test_a_live_setting_that_is_too_much_for_what_runs_does_not_act():
    session = Session()
    for path, value in ((f"{MOE}.kind", "MoE"), (f"{MOE}.experts", 64), ("training.batch", 256)):
        session.edit(path, value)
    run = session.start()
    run.advance()
    session.edit("training.batch", 1)  # waits for a restart
    session.edit(f"{MOE}.router.k", 64)
    assert run.now.model.feed_forward.router.k == 2
    assert "restart with it" in session.notice


def test_looking_through_a_named_probe_and_starting_anew_do_not_wait_for_each_other():
    session = Session()
    session.adopt("copy")
    run = session.start()
    session.use_probe(run.task.probes[0].name)

    def look() -> None:
        for _ in range(20):
            session.look()

    def restart() -> None:
        for _ in range(5):
            session.restart()

    threads = [threading.Thread(target=each, daemon=True) for each in (look, restart)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


def test_a_live_setting_that_waited_for_another_acts_with_it():
    session = Session()
    session.edit(f"{MOE}.kind", "MoE")
    run = session.start()
    run.advance()
    session.edit(f"{MOE}.router.k", 1)  # refused while the gates are renormalised
    assert run.now.model.feed_forward.router.k == 2
    session.edit(f"{MOE}.router.renormalise", False)
    assert run.now.model.feed_forward.router.k == 1
    assert session.pending() == []
