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


TESTS = ("test_moe_twins", "test_moe_edits", "test_cost", "test_properties")
ROUTER = (
    f"TESTS = {TESTS}"
    + """
from urllib.parse import parse_qsl
import pytest
from models import Transformer, TransformerConfig
from models.cost import cost
from models.moe import ROUTERS
from playground.acts.layout import layout
from playground.runs.run import Run
from playground.settings import links
from playground.settings.presets import changed
from playground.visitors.session import Session

at = "model.feed_forward.router.kind"
forms = {box["title"]: box["panels"][0]["fixed"] for box in layout()["pages"][0]["settings"] if "panels" in box}
assert "sigmoid" in forms["Routing"]["kinds"]
sentence, paper = forms["Routing"]["about"]["sigmoid"]
assert sentence.startswith("Each token goes to") and paper[1].endswith("2310.10837")
config = changed("collapse", {at: "sigmoid", "model.feed_forward.router.k": 2})
again = TransformerConfig.model_validate_json(config.model.model_dump_json())
assert again == config.model and again.feed_forward.router.kind == "sigmoid"
assert cost(again).parameters == sum(p.numel() for p in Transformer(again).parameters())
session = Session()
session.adopt("collapse")
session.edit(at, "sigmoid")
assert not session.problems, session.problems
address = links.link("collapse", session.raw, lens="experts", probe=None)
shared = links.opened(dict(parse_qsl(address[1:])))
assert shared.raw["model"]["feed_forward"]["router"]["kind"] == "sigmoid" and not shared.sentences
run = Run(config)
assert all(metrics.loss == metrics.loss for metrics in run.train(2))
asked = ["-q", "-p", "no:cacheprovider", "-rA", "-k", "sigmoid"]
assert pytest.main([*asked, *(f"tests/models/{name}.py" for name in TESTS)]) == 0
ROUTERS["sigmoid"].paper = None
assert pytest.main([*asked, "tests/models/test_moe_twins.py"]) == 1
"""
)


def blocks(text: str) -> dict[str, str]:
    """{path: source} of the code blocks that begin with a path."""
    return dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", text, re.DOTALL))


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Carry out an example on a copy: the files whose path begins so, and two edits of a table, each once."""
    for part in ("models", "playground", "static", "tests"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "browser", "node_modules")
        )
    for each in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / each, tmp_path / each)

    def write(begin: str, table: str, *edits: tuple[str, str]) -> Path:
        found = {path: text for path, text in blocks(EXTENDING.read_text("utf-8")).items() if path.startswith(begin)}
        assert found
        for path, source in found.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(source, "utf-8")
        text = (tmp_path / table).read_text("utf-8")
        for before, after in edits:
            assert before in text
            text = text.replace(before, after, 1)
        (tmp_path / table).write_text(text, "utf-8")
        return tmp_path

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
        "playground/lenses/norms", "playground/lenses/__init__.py", learning, ("(learning,", "(learning, norms,")
    )
    assert python(copy, "-c", LENS).strip() == "ok"


def test_the_example_of_a_router_is_a_router_to_every_table_and_test(written):
    switch = ("from models.moe.soft import", "from models.moe.sigmoid import Sigmoid\nfrom models.moe.soft import")
    entry = ('    "soft": Soft,\n', '    "soft": Soft,\n    "sigmoid": Sigmoid,\n')
    copy = written("models/moe/sigmoid", "models/moe/__init__.py", switch, entry)
    said = python(copy, "-c", ROUTER)
    passed, failed = (re.findall(rf"^{how} .*sigmoid.*$", said, re.M) for how in ("PASSED", "FAILED"))
    assert len(passed) > 20, said[-6000:]
    assert {line.partition("::")[0] for line in passed} == {f"PASSED tests/models/{name}.py" for name in TESTS}
    assert len(failed) == 1, said[-6000:]
    assert "says_what_the_page_shows_of_it[sigmoid]" in failed[0]
    assert "sigmoid has no paper" in said
