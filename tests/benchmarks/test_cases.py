"""Every benchmark still runs: each candidate of the first case of each module once, and one update of a recipe."""

from importlib import import_module

import pytest
import torch

from tests.benchmarks import gpu, recipes


@pytest.mark.filterwarnings("ignore")  # the peers' own
@pytest.mark.parametrize("name", ["steps", "recording", "generation", "mixture", "word2vec"])
def test_every_candidate_runs_and_the_peer_is_among_them(name):
    case = next(import_module(f"tests.benchmarks.{name}").cases())
    assert [n for n in case.candidates if n.startswith(case.peers or case.peer)]
    for call in case.candidates.values():
        call()


@pytest.mark.filterwarnings("ignore")
def test_the_steps_of_the_gpu_table_run_also_where_there_is_none(capsys):
    case = next(gpu.cases(torch.device("cpu"), compiled=False))
    for call in case.candidates.values():
        call()
    if not torch.cuda.is_available():
        gpu.main([])
        assert capsys.readouterr().out == "No GPU here, so nothing of it is measured.\n"


@pytest.mark.parametrize("goal", recipes.GOALS, ids=lambda goal: f"{goal.preset} {goal.what}")
def test_every_recipe_is_a_run_that_can_be_made(goal):
    reached, steps, seconds = recipes.train(goal._replace(reached=lambda run, seen: True), 0)
    assert reached
    assert 0 < steps <= recipes.EVERY
    assert seconds > 0
