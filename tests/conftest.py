"""What every test needs: no network, no telemetry, one thread, and the check of tensor names around the core's."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # these are read when the modules are imported
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["PLAYGROUND_HOSTED"] = "1"  # the bounds of a page that many share, on any machine

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.shapes import truthful

CORE = Path(__file__).parent / "models"

torch.set_num_threads(1)  # more are slower at these sizes, and take the cores of other runs


@pytest.fixture(autouse=True)
def _names_tell_the_truth(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test of the core also checks the names of the tensors it meets, unless it compiles: watching breaks graphs."""
    if CORE not in request.path.parents or request.node.get_closest_marker("compiled"):
        yield
        return
    with truthful():
        yield
