"""The scripts and styles of the page: modules in layers, and what a browser may fetch."""

from __future__ import annotations

import re
from graphlib import CycleError
from pathlib import Path

import pytest

from playground.components import static

LAYERS = ("core", "controls", "charts", "lenses", "laboratories", "pages")
"""Folders of static/, each of which imports from those before it; a lens or a laboratory from no other one."""
WHOLE = static.FILES["page.js"].decode() + static.STYLE
FETCHES = re.compile(
    r"""(?:src|href)\s*=\s*["'`]?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|"""
    r"""@import(?! \{)|fetch\(\s*["'`]http|import\("""
)
ABSOLUTE = re.compile(r"""(?:fetch|sendBeacon)\?*\.?\(\s*["'`]/|["'`]/(?:gradio_api|pg)/""")


def upward(path: str, target: str) -> bool:
    """Whether a module may not import this one."""
    mine, its = path.split("/"), target.split("/")
    if mine[0] == its[0] in ("lenses", "laboratories"):
        return mine[1] != its[1]
    return LAYERS.index(its[0]) > LAYERS.index(mine[0]) or (mine[0], its[0]) == ("laboratories", "lenses")


def edges(modules: dict[str, str]) -> list[tuple[str, str]]:
    return [(path, target) for path, source in modules.items() for target, _ in static.imports(path, source)]


def test_every_import_names_what_a_module_exports():
    for path, source in static.MODULES.items():
        for target, names in static.imports(path, source):
            exported = set(static.EXPORT.findall(static.MODULES[target]))
            assert set(names.split(", ")) - {""} <= exported, (path, target)


def test_every_statement_of_a_module_is_one_that_is_bundled():
    for path, source in static.MODULES.items():
        told = static.EXPORT.sub("", static.IMPORT.sub("", source))
        assert not re.search(r"^(import|export)\b(?!\.)", told, re.MULTILINE), path


def test_no_module_imports_from_above():
    assert not [(path, target) for path, target in edges(static.MODULES) if upward(path, target)]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("core/bus.js", "core/../pages/header.js"),
        ("charts/plot.js", "lenses/attention/attention.js"),
        ("lenses/attention/attention.js", "lenses/experts/experts.js"),
        ("laboratories/compare/compare.js", "lenses/attention/attention.js"),
    ],
)
def test_an_import_from_above_is_noticed(path, target):
    ((found, _),) = static.imports(path, f'import {{ a }} from "{"../" * path.count("/")}{target}";')
    assert upward(path, found)


def test_modules_run_once_after_those_they_import_and_keep_their_names():
    modules = {
        "core/b.js": 'import { a } from "./a.js";\nimport "./c.js";\nexport const b = a + 1;\nlet x = import.meta.url;',
        "core/a.js": "export const a = 1;\nconst own = 2;",
        "core/c.js": "said();",
    }
    text = static.bundle(modules)
    assert text.index('modules["core/a.js"] = (') < text.index('modules["core/b.js"] = (')
    assert text.index("said();") < text.index("const b = a + 1;")
    assert 'const { a } = modules["core/a.js"];' in text
    assert "return { b };" in text
    assert 'let x = new URL("core/b.js", import.meta.url);' in text
    assert text.count("export ") == 1


def test_modules_that_import_each_other_are_refused():
    with pytest.raises(CycleError):
        static.bundle({"core/a.js": 'import "./b.js";', "core/b.js": 'import "./a.js";', "core/c.js": ""})


def test_each_component_is_drawn_by_one_module():
    drawn = [name for source in static.MODULES.values() for name in static.DRAWN.findall(source)]
    assert len(drawn) == len(set(drawn))


def test_no_name_is_global():
    assert not re.search(r"\bwindow\.\w+\s*=[^=]|\bpg\.\w", re.sub(r"/\*.*?\*/", "", WHOLE, flags=re.DOTALL))


def test_a_script_that_there_is_not_is_refused():
    assert "`core/keys.js`" in static.imported("core/keys.js")
    with pytest.raises(ValueError, match="no script"):
        static.imported("core/nothing.js")


def test_another_file_is_another_address(tmp_path: Path):
    for name, text in {"styles/a.css": "a{}", "styles/theme.css": "t{}", "core/a.js": "1"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert static.read(tmp_path) == ({"core/a.js": "1"}, "t{}\na{}")
    assert len({static.digest(files) for files in ({"a": b"1"}, {"a": b"2"}, {"b": b"1"}, {"a": b"1", "b": b"2"})}) == 4


def test_nothing_is_fetched_from_outside():
    assert not FETCHES.search(WHOLE)
    hosts = set(re.findall(r"https?://([\w.]+)", WHOLE))
    assert hosts <= {"www.w3.org"}, "only the name of the SVG namespace is an address"


def test_nothing_is_asked_from_the_root_of_the_host():
    """The app may stand behind a path of its own."""
    assert not ABSOLUTE.search(WHOLE)
    assert ABSOLUTE.search("fetch('/pg/pulse')")


@pytest.mark.parametrize(
    "bad", ["<script src='https://x.y/z.js'>", "url(//x.y/f.woff)", "@import 'a.css'", "fetch('http://x')"]
)
def test_what_would_be_fetched_is_noticed(bad):
    assert FETCHES.search(bad)


def test_storage_that_throws_is_asked_in_one_place():
    direct = re.compile(r"(?<!\")\b(?:session|local)Storage\b[.\[]")
    assert not [path for path, source in static.MODULES.items() if direct.search(source)], "use core/storage.js"


def test_presses_are_numbered_by_no_clock():
    assert "Date.now" not in WHOLE
