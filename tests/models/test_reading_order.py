"""The table of contents in models/__init__.py names every module of the core, and a pass is short to read."""

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import torch

import models

CORE = Path(models.__file__).parent
ELSEWHERE = {"__init__", "config", "dropout", "edit_checks", "input_checks"}
"""What a reader meets where it is used."""


def test_the_reading_order_leaves_nothing_out():
    there = {path.stem for path in CORE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    named = set((models.__doc__ or "").replace(",", " ").replace(":", " ").replace(";", " ").split())
    assert there - named == ELSEWHERE


def entered(act: Callable[[], object]) -> set[tuple[str, int]]:
    """(file, first line) of the core's functions that are called meanwhile."""
    found: set[tuple[str, int]] = set()

    def enter(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(f"{CORE}/"):
            found.add((frame.f_code.co_filename, frame.f_code.co_firstlineno))

    sys.settrace(enter)
    try:
        act()
    finally:
        sys.settrace(None)
    return found


def functions(path: Path | str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(Path(path).read_text())) if isinstance(node, ast.FunctionDef)]


def lines(one: ast.FunctionDef) -> int:
    """Of a function, its docstring left out."""
    said = ast.get_docstring(one, clean=False)
    return (one.end_lineno or one.lineno) - one.lineno + 1 - (said.count("\n") + 1 if said else 0)


@torch.no_grad()
def test_one_tokens_way_to_its_logits_is_short():
    model, ids_BT = models.Transformer(models.PRESETS["llama-mini"]), torch.zeros(1, 8, dtype=torch.long)
    way = entered(lambda: model(ids_BT))
    files = {path for path, _ in way}
    assert {Path(path).name for path in files} >= {"transformer.py", "block.py", "softmax.py", "rope.py"}
    assert len(files) <= 9
    assert sum(lines(one) for path in files for one in functions(path) if (path, one.lineno) in way) <= 250
    assert (CORE / "block.py").read_text().count("\n") <= 70


def test_no_forward_but_the_models_own_takes_more_than_five_things():
    long = {
        path.stem
        for path in CORE.rglob("*.py")
        for one in functions(path)
        if one.name == "forward" and len([*one.args.args, *one.args.kwonlyargs]) > 6
    }
    assert long == {"transformer"}
