"""The folder static/ as the page fetches it: read once, under an address that changes with any of it, so that a browser
keeps what it has fetched for good. The style sheets are one file, page.css; plotly.min.js comes from its package, and a
third of it, which draws all charts but one, from vendor/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from posixpath import dirname, join, normpath

STATIC = Path(__file__).resolve().parents[2] / "static"
PLOTLY = Path(str(find_spec("plotly").origin)).parent / "package_data" / "plotly.min.js"  # type: ignore[union-attr]
STYLES = ("tokens.css", "frame.css")
"""The first style sheets; the others follow by name."""
IMPORT = re.compile(r'^(?:import|export)\b[^"\n]*"(\.[^"]+)";', re.MULTILINE)
DRAWN = re.compile(r"^export const (\w+) = \(element, props", re.MULTILINE)


def read(folder: Path = STATIC) -> dict[str, bytes]:
    """{path below the folder: what it holds}."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".js", ".json")]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    order = {name: i for i, name in enumerate(STYLES)}
    sheets = sorted((folder / "styles").glob("*.css"), key=lambda path: (order.get(path.name, len(order)), path.name))
    return {**files, "page.css": b"\n".join(path.read_bytes() for path in sheets)}


def digest(files: dict[str, bytes]) -> str:
    """16 hexadecimal digits of all names and all that the files hold."""
    each = sorted((name, sha256(data).hexdigest()) for name, data in files.items())
    return sha256(repr(each).encode()).hexdigest()[:16]


FILES = {**read(), "plotly.min.js": PLOTLY.read_bytes()}
DIGEST = digest(FILES)
BASE = f"./pg/{DIGEST}/"
"""From the page's own address, wherever a proxy has put that."""


def modules(files: dict[str, bytes]) -> dict[str, str]:
    """{path: source} of the scripts of our own."""
    scripts = (name for name in files if name.endswith(".js") and not name.endswith(".min.js"))
    return {name: files[name].decode() for name in scripts}


def imports(path: str, source: str) -> list[str]:
    """The paths of the modules that a module names in its import statements."""
    return [normpath(join(dirname(path), found)) for found in IMPORT.findall(source)]


MODULES = modules(FILES)
COMPONENTS = {name: path for path, source in MODULES.items() for name in DRAWN.findall(source)}
"""{function: the module that exports it}, of those that draw a component."""


def needed(paths: Iterable[str]) -> list[str]:
    """These modules and all that they import, so that a page may ask for them at once."""
    found, waiting = dict[str, None](), list(paths)
    while waiting:
        path = waiting.pop()
        if path not in found:
            found[path] = None
            waiting += imports(path, MODULES[path])
    return sorted(found)


def imported(path: str) -> str:
    """JavaScript: the promise of a module. It stands where scripts have no address of their own."""
    if path not in MODULES:
        raise ValueError(f"There is no script static/{path}.")
    return f"import(new URL(`{BASE}{path}`, document.baseURI))"
