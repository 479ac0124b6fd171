"""The example of docs/extending.md, carried out on a copy of the project: a folder and a name make a lens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
USED = """
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


def blocks(text: str) -> dict[str, str]:
    """{path: source} of the code blocks that begin with a path."""
    return dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", text, re.DOTALL))


def test_the_example_of_a_lens_is_a_lens(tmp_path: Path):
    for part in ("models", "playground", "static"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    written = blocks((ROOT / "docs" / "extending.md").read_text("utf-8"))
    assert written
    for path, source in written.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(source, "utf-8")
    table = tmp_path / "playground" / "lenses" / "__init__.py"
    before = table.read_text("utf-8")
    after = before.replace("learning, positions,", "learning, norms, positions,", 1).replace(
        "(learning,", "(learning, norms,", 1
    )
    assert after.count("norms") == 2
    table.write_text(after, "utf-8")
    command = [sys.executable, "-c", USED]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False)
    assert ran.stdout.strip() == "ok", ran.stderr[-3000:]
