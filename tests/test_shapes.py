"""The watch of tests/shapes.py catches names that lie, and leaves the truthful ones alone."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import NamedTuple

import pytest
import torch
from torch import Tensor, nn

from models import Transformer
from tests.shapes import MODELS, letters, truthful
from tests.watched import replaced

HERE = str(Path(__file__))
X_BTD = torch.zeros(2, 5, 8)


class Seen(NamedTuple):
    weights_BHTS: Tensor
    crossed_BHTS: Tensor | None
    loss: Tensor


class Bank(nn.Module):
    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.up_EDF = nn.Parameter(torch.zeros(shape))


def seen(weights: tuple[int, ...], crossed: tuple[int, ...] | None = None) -> Seen:
    return Seen(torch.zeros(weights), None if crossed is None else torch.zeros(crossed), torch.zeros(()))


def pooled(x_BTD: Tensor) -> Tensor:
    mean_BD = x_BTD.mean(1)
    scale_1 = torch.ones(3)  # a number, not an axis: no letter
    keep_BT = None
    mean_B1D = mean_BD.unsqueeze(1)
    return mean_B1D * scale_1.mean() if keep_BT is None else mean_BD


def wrong_rank(x_BTD: Tensor) -> Tensor:
    mean_BD = x_BTD.mean(1, keepdim=True)
    return mean_BD


def wrong_size(x_BTD: Tensor) -> Tensor:
    turned_BTD = x_BTD.transpose(0, 1)
    return turned_BTD


def not_square(x_BTD: Tensor) -> Tensor:
    scores_TT = x_BTD[0]
    return scores_TT


def not_single(x_BTD: Tensor) -> Tensor:
    mass_BT1 = x_BTD
    return mass_BT1


def raises(x_BTD: Tensor) -> Tensor:
    wrong_BD = x_BTD
    raise ValueError(f"refused {wrong_BD.ndim}")


def inner(x_BTD: Tensor) -> Tensor:
    def turn() -> Tensor:
        y_BD = x_BTD
        return y_BD

    return turn()


def beside(made: Seen) -> tuple[int, Seen]:
    return 1, made


def examples(x_BTD: Tensor) -> Iterator[Tensor]:
    for each_T in x_BTD:
        yield each_T.clone()


def begun(x_BTD: Tensor) -> Iterator[Tensor]:
    """The examples after the first."""
    left = examples(x_BTD)
    next(left)
    return left


def test_truthful_names_pass():
    with truthful(HERE):
        pooled(X_BTD)
        seen((1, 2, 3, 3), (1, 2, 3, 7))  # the keys of cross-attention are others
        Bank(4, 8, 16)


@pytest.mark.parametrize("lie", [wrong_rank, wrong_size, not_square, not_single, inner], ids=lambda lie: lie.__name__)
def test_a_lying_local_is_caught(lie):
    with pytest.raises(AssertionError, match="has the shape"), truthful(HERE):
        lie(X_BTD)


def test_a_lie_is_caught_where_the_watched_code_raises_and_the_caller_swallows_it():
    with pytest.raises(AssertionError, match=r"wrong_BD has the shape \(2, 5, 8\)"), truthful(HERE):  # noqa: SIM117
        with pytest.raises(ValueError, match="refused"):
            raises(X_BTD)


@pytest.mark.parametrize(
    "shapes",
    [pytest.param(((2, 3, 3),), id="rank"), pytest.param(((1, 2, 3, 3), (4, 2, 3, 3)), id="size")],
)
def test_a_lying_field_of_a_record_is_caught(shapes):
    with pytest.raises(AssertionError, match=r"Seen\.\w+_BHTS has the shape"), truthful(HERE):
        seen(*shapes)


def test_a_lying_record_beside_another_value_is_caught():
    made = seen((2, 3, 3))
    with pytest.raises(AssertionError, match=r"Seen\.weights_BHTS"), truthful(HERE):
        beside(made)


def test_a_lying_parameter_is_caught():
    with pytest.raises(AssertionError, match=r"Bank\.up_EDF"), truthful(HERE):
        Bank(4, 8)


def test_a_generator_is_watched_at_each_yield_and_may_outlive_the_watch():
    left: list[Iterator[Tensor]] = []
    with pytest.raises(AssertionError, match=r"each_T has the shape \(5, 8\)"), truthful(HERE):
        left.append(begun(X_BTD))
    assert len([*left[0]]) == 1


def test_every_function_of_the_core_is_watched():
    found = {id(function) for function, _, _ in replaced(MODELS, letters, len(sys.modules))}
    assert id(Transformer.forward) in found
    missed = [f for f in gc.get_objects() if type(f) is FunctionType and id(f) not in found]
    assert not [f.__qualname__ for f in missed if f.__code__.co_filename.startswith(MODELS)]


def test_code_outside_the_folder_is_not_watched():
    with truthful(str(Path(__file__).parent / "models")):
        assert wrong_rank(X_BTD).shape == (2, 1, 8)
