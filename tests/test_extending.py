"""The examples of docs/extending.md, carried out on a copy of the project: a folder or file and a name, and no more."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXTENDING = ROOT / "docs" / "extending.md"
LENS = """
import json
from playground.acts import act, opened
from playground.acts.layout import layout
from playground.lenses import LENSES
from playground.visitors.event import Event
from playground.visitors.session import Session

assert [lens["name"] for lens in layout()["pages"][0]["tabs"]] == list(LENSES)
assert "norms" in LENSES
session = Session()
opened(session, {"preset": "copy", "model.width": "16", "model.attention.heads": "2", "lens": "norms"}, "playground")
assert session.lens == "norms", session.lens
while session.jobs:
    session.jobs.advance(next(iter(session.jobs.running.values())))
for _ in session.run.train(2):
    pass
shown = act(session, "lenses", "turn", Event({"id": "norms"}))
figure = json.loads(shown["norms-chart"]["fig"])["data"][0]
assert "step 2" in shown["norms-finding"]["html"]
names = {}
exec(shown["notes-norms"]["python"], names)
assert max(abs(a - b) for a, b in zip(figure["y"], names["norm_N"].tolist(), strict=True)) < 1e-4
assert act(session, "norms-finding", "do", Event({"action": "step:0"}))["transport"]["step"] == 0
print("ok")
"""


SMALL = {
    "model.layers": 1,
    "model.width": 16,
    "training.batch": 4,
    "training.examples": 8,
    "training.precision": "fp32",
}
VARIANT = """
import sys
from urllib.parse import parse_qsl
import pytest
from models import Transformer, TransformerConfig
from models.cost import cost
from playground.acts.layout import layout
from playground.runs.run import Run
from playground.settings import links
from playground.settings.dotted import leaf
from playground.settings.presets import changed
from playground.visitors.session import Session

def form(title):
    boxes = layout()["pages"][0]["settings"]
    return next(box["panels"][0]["fixed"] for box in boxes if "panels" in box and box["title"] == title)

def everywhere(kind, at, title, preset, lens, changes):
    "Control, JSON, cost, link and training of a variant."
    assert kind in form(title)["kinds"]
    sentence, paper = form(title)["about"][kind]
    assert sentence.endswith(".") and paper[1].startswith("https://")
    config = changed(preset, {at: kind, **changes})
    again = TransformerConfig.model_validate_json(config.model.model_dump_json())
    assert again == config.model and leaf({"model": again.model_dump()}, at) == kind
    assert cost(again).parameters == sum(p.numel() for p in Transformer(again).parameters())
    session = Session()
    session.adopt(preset)
    session.edit(at, kind)
    assert not session.problems, session.problems
    address = links.link(preset, session.raw, lens=lens, probe=None)
    shared = links.opened(dict(parse_qsl(address[1:])))
    assert leaf(shared.raw, at) == kind and not shared.sentences
    run = Run(config)
    assert all(metrics.loss == metrics.loss for metrics in run.train(2))
    return run

def tested(kind, files, also=""):
    asked = ["-q", "-p", "no:cacheprovider", "-rA", "-k", kind + also]
    return pytest.main([*asked, *(f"tests/models/{name}.py" for name in files)])
"""
TESTS = ("test_moe_twins", "test_moe_edits", "test_cost", "test_properties")
ROUTER = f"""
{VARIANT}
from models.moe import ROUTERS

at = "model.feed_forward.router."
everywhere("sigma-MoE", at + "kind", "Routing", "collapse", "experts", {{at + "k": 2, **{SMALL}}})
assert tested("sigma-MoE", {TESTS}) == 0
ROUTERS["sigma-MoE"].paper = None
assert tested("sigma-MoE", ["test_moe_twins"]) == 1
"""
ATTENDING = ("test_attention", "test_cost", "test_properties")
ATTENTION = f"""
{VARIANT}
from models.attention import ATTENTIONS
from playground.lenses.attention import view

run = everywhere("off-by-one", "model.attention.kind", "Attention", "copy", "attention", {SMALL})
assert not run.history.snapshots[0].heads["decoder"].distributions
session = Session()
session.run = run
assert "A softmax off by one leaves a row less than 1: in all, a row has 0." in view.value(session)["finding"]
assert tested("off-by-one", {ATTENDING}, " and (says or decoder-only or encoder-decoder) and not post") == 0
ATTENTIONS["off-by-one"].paper = None
assert tested("off-by-one", ["test_attention"]) == 1
"""
REMOVED = f"""
{VARIANT}
from models.attention import ATTENTIONS
from models.moe import ROUTERS

assert "differential" not in ATTENTIONS and "quantile" not in ROUTERS
assert "differential" not in form("Attention")["kinds"] and "quantile" not in form("Routing")["kinds"]
opened = links.opened({{"preset": "copy", "model.attention.kind": "differential"}})
assert opened.sentences and leaf(opened.raw, "model.attention.kind") == "MHA", opened.sentences
everywhere("sigmoid", "model.attention.kind", "Attention", "copy", "attention", {SMALL})
assert tested("multiplied_out or every_router", ["test_properties"]) == 0
print("ok")
"""


def blocks(text: str) -> dict[str, str]:
    """{path: source} of the code blocks that begin with a path."""
    return dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", text, re.DOTALL))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the project, without what only its browser tests need."""
    for part in ("models", "playground", "static", "tests"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "browser", "node_modules")
        )
    for each in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / each, tmp_path / each)
    return tmp_path


@pytest.fixture
def written(copied: Path) -> Callable[..., Path]:
    """Carry out an example on a copy: the files whose path begins so, and two edits of a table, each once."""

    def write(begin: str, table: str, *edits: tuple[str, str]) -> Path:
        found = {path: text for path, text in blocks(EXTENDING.read_text("utf-8")).items() if path.startswith(begin)}
        assert found
        for path, source in found.items():
            (copied / path).parent.mkdir(exist_ok=True)
            (copied / path).write_text(source, "utf-8")
        text = (copied / table).read_text("utf-8")
        for before, after in edits:
            assert before in text
            text = text.replace(before, after, 1)
        (copied / table).write_text(text, "utf-8")
        return copied

    return write


def python(folder: Path, *arguments: str) -> str:
    """What Python says in the copy, with the end of its complaints."""
    ran = subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=280, check=False
    )
    return ran.stdout + ran.stderr[-3000:]


def test_the_example_of_a_lens_is_a_lens(written):
    learning = ("learning, positions,", "learning, norms, positions,")
    copy = written(
        "playground/lenses/norms",
        "playground/lenses/__init__.py",
        learning,
        ("(architecture,", "(architecture, norms,"),
    )
    assert python(copy, "-c", LENS).strip() == "ok"


def reported(said: str, kind: str) -> tuple[list[str], list[str]]:
    """The lines of tests of a variant that passed, and that failed."""
    passed, failed = (re.findall(rf"^{how} .*{kind}.*$", said, re.M) for how in ("PASSED", "FAILED"))
    return passed, failed


def test_the_example_of_a_router_is_a_router_to_every_table_and_test(written):
    switch = ("from models.moe.soft import", "from models.moe.sigma_moe import SigmaMoE\nfrom models.moe.soft import")
    entry = ('    "soft": Soft,\n', '    "soft": Soft,\n    "sigma-MoE": SigmaMoE,\n')
    copy = written("models/moe/sigma_moe", "models/moe/__init__.py", switch, entry)
    said = python(copy, "-c", ROUTER)
    passed, failed = reported(said, "sigma-MoE")
    assert len(passed) > 20, said[-6000:]
    assert {line.partition("::")[0] for line in passed} == {f"PASSED tests/models/{name}.py" for name in TESTS}
    assert len(failed) == 1, said[-6000:]
    assert "says_what_the_page_shows_of_it[sigma-MoE]" in failed[0]
    assert "sigma-MoE has no paper" in said


def test_the_example_of_an_attention_is_an_attention_to_every_table_and_test(written):
    first = "from models.attention.pointwise import"
    switch = (first, f"from models.attention.off_by_one import OffByOne\n{first}")
    entry = ('    "none": NoAttention,\n', '    "off-by-one": OffByOne,\n    "none": NoAttention,\n')
    copy = written("models/attention/off_by_one", "models/attention/__init__.py", switch, entry)
    said = python(copy, "-c", ATTENTION)
    passed, failed = reported(said, "off-by-one")
    assert len(passed) > 80, said[-6000:]
    assert {line.partition("::")[0] for line in passed} == {f"PASSED tests/models/{name}.py" for name in ATTENDING}
    assert len(failed) == 1, said[-6000:]
    assert "off-by-one has no paper" in said


def test_an_attention_and_a_router_are_taken_away_by_their_file_and_line(copied):
    for table, kind, name in (("attention", "differential", "Differential"), ("moe", "quantile", "Quantile")):
        (copied / "models" / table / f"{kind}.py").unlink()
        registry = copied / "models" / table / "__init__.py"
        lines = registry.read_text("utf-8").splitlines(keepends=True)
        left = [line for line in lines if kind not in line and f'"{name}"' not in line]
        assert len(lines) - len(left) == 3  # import, entry, export
        registry.write_text("".join(left), "utf-8")
    said = python(copied, "-c", REMOVED)
    assert said.splitlines()[-1] == "ok", said[-6000:]
