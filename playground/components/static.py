"""The folder static/ as the page fetches it: read once, under an address that changes with any of it, so that a browser
keeps what it has fetched for good. The scripts are one file, page.js, and the style sheets one, page.css: a request
each for a hundred small files would be most of the wait. plotly.min.js comes from its package; few visitors fetch it.
"""

from __future__ import annotations

import re
from graphlib import TopologicalSorter
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from posixpath import dirname, join, normpath

STATIC = Path(__file__).resolve().parents[2] / "static"
PLOTLY = Path(str(find_spec("plotly").origin)).parent / "package_data" / "plotly.min.js"  # type: ignore[union-attr]
STYLES = ("theme.css", "frame.css")
"""The first style sheets; the others follow by name."""
IMPORT = re.compile(r'^import (?:\{ ([^}]+) \} from )?"(\.[^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const (\w+) )", re.MULTILINE)
DRAWN = re.compile(r"^export const (\w+) = \(element, props", re.MULTILINE)


def imports(path: str, source: str) -> list[tuple[str, str]]:
    """(path of a module, the names "a, b" that are taken from it) for each import statement of a module."""
    return [(normpath(join(dirname(path), target)), names) for names, target in IMPORT.findall(source)]


def bundle(modules: dict[str, str]) -> str:
    """All modules as one that exports `modules`, {path: what it exports}: each a function that runs once, after those
    that it imports. Raises CycleError where modules import each other.
    """
    graph = {path: [target for target, _ in imports(path, source)] for path, source in modules.items()}
    parts = ["export const modules = {};"]
    for path in TopologicalSorter(graph).static_order():
        source = modules[path]
        taken = [f'const {{ {names} }} = modules["{target}"];' for target, names in imports(path, source) if names]
        body = EXPORT.sub("", IMPORT.sub("", source)).replace("import.meta.url", f'new URL("{path}", import.meta.url)')
        given = f"return {{ {', '.join(EXPORT.findall(source))} }};"
        parts.append("\n".join([f'modules["{path}"] = (() => {{', *taken, body, given, "})();"]))
    return "\n".join(parts)


def read(folder: Path = STATIC) -> tuple[dict[str, str], str]:
    """{path: source} of the modules, and the style sheets as one."""
    scripts = sorted(folder.rglob("*.js"))
    order = {name: i for i, name in enumerate(STYLES)}
    sheets = sorted((folder / "styles").glob("*.css"), key=lambda path: (order.get(path.name, len(order)), path.name))
    modules = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in scripts}
    return modules, "\n".join(path.read_text("utf-8") for path in sheets)


def digest(files: dict[str, bytes]) -> str:
    """16 hexadecimal digits of all names and all that the files hold."""
    each = sorted((name, sha256(data).hexdigest()) for name, data in files.items())
    return sha256(repr(each).encode()).hexdigest()[:16]


MODULES, STYLE = read()
COMPONENTS = {name: path for path, source in MODULES.items() for name in DRAWN.findall(source)}
"""{function: the module that exports it}, of those that draw a component."""
FILES = {
    "page.js": bundle(MODULES).encode(),
    "page.css": STYLE.encode(),
    "replay.json": (STATIC / "replay.json").read_bytes(),
    "plotly.min.js": PLOTLY.read_bytes(),
}
DIGEST = digest(FILES)
BASE = f"./pg/{DIGEST}/"
"""From the page's own address, wherever a proxy has put that."""
PAGE = f"import(new URL(`{BASE}page.js`, document.baseURI))"
"""JavaScript: the promise of all modules, for scripts that have no address of their own."""


def imported(path: str) -> str:
    """JavaScript: the promise of a module."""
    if path not in MODULES:
        raise ValueError(f"There is no script static/{path}.")
    return f"{PAGE}.then(page => page.modules[`{path}`])"
