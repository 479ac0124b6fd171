"""The scripts and styles of the page: modules in layers, and what a browser may fetch."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from playground.components import static

LAYERS = ("core", "controls", "charts", "lenses", "laboratories", "pages")
"""Folders of static/, each of which imports from those before it; a lens or a laboratory from no other one."""
WHOLE = "\n".join([*static.MODULES.values(), static.FILES["page.css"].decode()])
FETCHES = re.compile(
    r"""(?:src|href)\s*=\s*["'`]?(?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|fetch\(\s*["'`]http|import\("""
)
ABSOLUTE = re.compile(r"""(?:fetch|sendBeacon)\?*\.?\(\s*["'`]/|["'`]/(?:gradio_api|pg)/""")


def upward(path: str, target: str) -> bool:
    """Whether a module may not import this one."""
    mine, its = path.split("/"), target.split("/")
    if mine[0] == its[0] in ("lenses", "laboratories"):
        return mine[1] != its[1]
    return LAYERS.index(its[0]) > LAYERS.index(mine[0]) or (mine[0], its[0]) == ("laboratories", "lenses")


def edges(modules: dict[str, str]) -> list[tuple[str, str]]:
    return [(path, target) for path, source in modules.items() for target in static.imports(path, source)]


def rounds(modules: dict[str, str]) -> set[str]:
    """Modules that stand on a circle of imports, or lead to one."""
    left = {path: set(static.imports(path, source)) for path, source in modules.items()}
    while ready := {path for path, targets in left.items() if not targets & set(left)}:
        left = {path: targets for path, targets in left.items() if path not in ready}
    return set(left)


def test_every_import_names_a_module_that_exports_it():
    named = re.compile(r'^import \{ ([^}]+) \} from "([^"]+)";', re.MULTILINE)
    for path, source in static.MODULES.items():
        for names, target in named.findall(source):
            (found,) = static.imports(path, f'import "{target}";')
            exported = set(re.findall(r"^export (?:const|let|function) (\w+)", static.MODULES[found], re.MULTILINE))
            assert set(names.split(", ")) <= exported, (path, target)


def test_no_module_imports_from_above():
    assert not [(path, target) for path, target in edges(static.MODULES) if upward(path, target)]


def test_no_modules_import_each_other():
    """So that no name is used before it is there."""
    assert not rounds(static.MODULES)


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
    (found,) = static.imports(path, f'import {{ a }} from "{"../" * path.count("/")}{target}";')
    assert upward(path, found)


def test_a_circle_is_noticed():
    assert rounds({"core/a.js": 'import "./b.js";', "core/b.js": 'import "./a.js";', "core/c.js": ""}) == {
        "core/a.js",
        "core/b.js",
    }


def test_each_component_is_drawn_by_one_module():
    drawn = [name for source in static.MODULES.values() for name in static.DRAWN.findall(source)]
    assert len(drawn) == len(set(drawn))


def test_both_sizes_of_the_chart_library_are_of_one_version():
    small, whole = static.FILES["vendor/plotly-cartesian.min.js"], static.FILES["plotly.min.js"]
    versions = [re.search(rb"plotly\.js .*?v(\d+)\.", data[:300]) for data in (small, whole)]
    assert versions[0][1] == versions[1][1]
    assert b"MIT license" in small[:300]


def test_no_name_is_global():
    assert not re.search(r"\bwindow\.\w+\s*=[^=]|\bpg\.\w", re.sub(r"/\*.*?\*/", "", WHOLE, flags=re.DOTALL))


def test_what_is_needed_is_all_that_is_imported():
    assert static.needed(["core/keys.js"]) == ["core/keys.js", "core/mount.js", "core/storage.js", "core/theme.js"]
    with pytest.raises(ValueError, match="no script"):
        static.imported("core/nothing.js")


def test_another_file_is_another_address(tmp_path: Path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "styles" / "a.css").write_text("a{}")
    (tmp_path / "styles" / "tokens.css").write_text("t{}")
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "a.js").write_text("1")
    (tmp_path / "secret.py").write_text("2")
    files = static.read(tmp_path)
    assert files == {"core/a.js": b"1", "page.css": b"t{}\na{}"}
    assert static.digest(files) != static.digest({**files, "core/a.js": b"2"}) != static.digest({"core/a.js": b"2"})


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
