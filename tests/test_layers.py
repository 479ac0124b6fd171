"""The imports of the app obey tests/layers.py, and each rule there has a source that breaks it, lest one sleep."""

import ast
import re

import pytest

from tests.layers import complaints, cycle, sources


def test_every_import_points_down():
    modules = sources()
    known = frozenset(modules)
    found = [line for module, source in modules.items() for line in complaints(module, source, known)]
    assert not found, "\n".join(found)


def test_nothing_imports_itself_through_others():
    assert cycle(sources()) == []


BAD = [
    ("models.config", "import numpy", "of libraries only torch"),
    ("models.cost", "import playground.tasks", "only models"),
    ("models.position.rope", "from models.attention import MHA", "points up"),
    ("models.moe.switch", "def f():\n    from models.feedforward import Dense", "points up"),
    ("models.attention.base", "import models.moe.base", "to a neighbour"),
    ("models.kernels.swiglu", "from models.linear import Linear", "points up"),
    ("models.transformer", "from models import presets", "points up"),
    ("models.norm", "from . import config", "no relative imports"),
    ("models.pretrained.gpt2", "from huggingface_hub import hf_hub_download", "of libraries only torch"),
    ("models.pretrained.gpt2", "import torch\ntorch.load('weights.bin')", "unpickles"),
    ("models.pretrained.gpt2", "from torch import load", "unpickles"),
    ("playground.visitors.session", "import pickle", "pickles run code"),
    ("models.init", "import torch\ntorch.manual_seed(0)", "pass a torch.Generator"),
    ("playground.runs.run", "from torch.random import manual_seed", "pass a torch.Generator"),
    ("playground.tasks.copy", "from playground.runs.run import Run", "only models playground.tasks"),
    ("playground.tasks.copy", "import numpy", "of libraries only torch"),
    ("playground.measures.head_roles", "from playground.measures import routing", "siblings"),
    ("playground.measures.head_roles", "from models.transformer import Transformer", "only models.records"),
    ("playground.measures.head_roles", "import plotly", "of libraries only torch"),
    ("playground.figures.attention", "from torch import Tensor", "of libraries only numpy"),
    ("playground.figures.attention", "from models.records import Output", "only playground.figures"),
    ("playground.figures.attention", "import playground.figures.routing", "siblings"),
    ("playground.settings.forms", "import gradio as gr", "of libraries only torch"),
    ("playground.settings.forms", "from playground.components.form import form", "knows no gradio"),
    ("playground.components.form", "from playground.pages.compare import show", "points up"),
    ("playground.pages.compare", "import huggingface_hub", "of libraries only gradio"),
    ("playground.lenses.attention.view", "import gradio as gr", "of libraries only torch"),
    ("playground.lenses.attention.view", "from playground.components.widget import widget", "knows no gradio"),
    ("playground.lenses.attention.view", "from playground.lenses.experts.view import value", "siblings"),
    ("playground.views.task", "from playground.views.column import card", "siblings"),
    ("playground.visitors.session", "from playground.views import transport", "points up"),
    ("playground.findings.finding", "from playground.visitors.session import Session", "points up"),
    ("playground.runs.history", "from playground.settings.limits import excess", "points up"),
    ("playground.runs.run", "def f():\n    from playground.settings.presets import PRESETS", "points up"),
    ("playground.settings.dotted", "from playground.settings.links import opened", "points up"),
    ("playground.settings.links", "from playground.visitors.session import Session", "to a neighbour"),
    ("playground.components.form", "from playground.components.table import table", "siblings"),
    ("app", "import flask", "of libraries only gradio"),
]
KNOWN = frozenset({"models.presets", "models.config", "playground.measures.routing"})


@pytest.mark.parametrize(("module", "source", "said"), BAD, ids=lambda value: re.sub(r"\W+", " ", value))
def test_each_rule_catches_what_breaks_it(module, source, said):
    assert said in "\n".join(complaints(module, source, KNOWN))


GOOD = [
    ("models.attention.grouped", "from models.position import Position\nfrom models.attention.base import Attention"),
    (
        "models.block",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from models.transformer import Transformer",
    ),
    ("models.init", "import torch\ntorch.Generator().manual_seed(0)"),
    ("models.pretrained.base", "from safetensors.torch import load"),
    ("playground.figures.attention", "from playground.figures.heat import heat"),
    ("playground.pages", "from playground.pages.compare import page"),
    (
        "playground.lenses.attention.view",
        "from playground.views.transport import marks\nfrom playground.findings.finding import x",
    ),
    (
        "playground.acts.replay",
        "from playground.views import transport\nfrom playground.visitors.session import Session",
    ),
    ("playground.runs.prompt", "from models.generate import generate\nfrom playground.tasks.base import MASK"),
    ("playground.runs.graft", "from playground.settings.dotted import change"),
]


@pytest.mark.parametrize(("module", "source"), GOOD, ids=lambda value: re.sub(r"\W+", " ", value))
def test_what_is_allowed_passes(module, source):
    assert list(complaints(module, source, KNOWN)) == []


def test_a_circle_is_found():
    sides = {"playground.a": "import playground.b.c", "playground.b.c": "from playground.a import x"}
    assert set(cycle(sides)) == {"playground.a", "playground.b"}
    assert cycle(sides | {"playground.a": "import torch"}) == []


def test_a_long_file_says_why():
    """One concept a file; above 200 lines its docstring has the reason, "It is long because ..." or "as a table is"."""
    silent = [
        module
        for module, source in sources().items()
        if source.count("\n") > 200 and "It is long " not in (ast.get_docstring(ast.parse(source)) or "")
    ]
    assert not silent, f"these have more than 200 lines, and no reason in their docstrings: {silent}"
