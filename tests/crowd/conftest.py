"""The app that crowds visit, one process for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.serving import Running, serving


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("crowd")
    with serving(folder / "log.txt", folder / "data", environment={"PLAYGROUND_WORKERS": "2"}) as running:
        yield running
        log = running.log.read_text()
    assert "Traceback" not in log, log[-4000:]
