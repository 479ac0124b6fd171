"""Data flows one way: config -> core -> records -> measures -> figures and components -> views -> pages -> app.

The imports are read, not run.
"""

import ast
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

CORE = (  # a row may import the rows above it; what stands in one row does not know its neighbours
    ("config", "kernels", "records"),
    ("dropout", "edits", "init", "linear", "windows"),
    ("position",),
    ("tap",),
    ("norm",),
    ("attention", "embedding", "moe"),
    ("feedforward",),
    ("mixture",),
    ("idle",),
    ("architecture",),
    ("block", "edit_checks", "input_checks"),
    ("transformer",),
    ("decoding",),
    ("cost", "generate", "presets", "pretrained", "word2vec"),
    ("published",),
)
AROUND = (  # the same for the folders around the core; a dotted name is a file that stands lower than its folder
    ("figures", "folder", "settings.dotted", "tasks", "wording"),
    ("compute", "measures"),
    ("runs",),
    ("settings",),
    ("checkpoints", "interventions", "words"),
    ("findings",),
    ("experiments", "positions"),
    ("comparison",),
    ("visitors",),
    ("views",),
    ("lenses",),
    ("laboratories",),
    ("acts",),
    ("workers",),
    ("doors",),
    ("components",),
    ("pages",),
)
TABLES = {"models": CORE, "playground": AROUND}


class Layer(NamedTuple):
    """What the modules of a folder may import: third-party libraries, and modules of ours by prefix."""

    libraries: str
    ours: str


LAYERS = {  # the longest prefix of a module's name decides
    "models": Layer("torch pydantic typing_extensions safetensors gguf", "models"),
    "playground": Layer("torch pydantic typing_extensions safetensors numpy pandas regex", "models playground"),
    "playground.tasks": Layer("torch pydantic typing_extensions", "models playground.tasks"),
    "playground.compute": Layer("torch psutil", "models playground"),
    "playground.measures": Layer("torch numpy pandas", "models.records playground.tasks.base playground.measures"),
    "playground.figures": Layer("numpy", "playground.figures"),
    "playground.checkpoints": Layer("httpx2 huggingface_hub tokenizers torch", "models playground"),
    "playground.workers": Layer("orjson psutil torch", "playground"),
    "playground.doors": Layer("starlette", "playground.doors playground.workers.edge"),
    "playground.components": Layer("gradio", "playground.components"),  # the page's process knows no model
    "playground.pages": Layer(
        "gradio orjson starlette",
        "playground.components playground.doors playground.pages playground.workers playground.folder "
        "playground.visitors.folders",
    ),
    "app": Layer("gradio orjson starlette", "playground"),
}
STRANGERS = {  # folders whose files do not know each other, but for those named
    "playground.measures": (),
    "playground.figures": ("curves", "heat"),
    "playground.components": ("static", "widget"),
    "playground.views": ("transport",),
    "playground.laboratories": (),
    "playground.lenses": ("heads", "lens", "lines", "notes", "page", "python"),
}
PICKLES = {"pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
UNSAFE = re.compile(r"torch(\.\w+)*\.load|(pd|pandas)\.read_pickle")
GLOBAL_SEED = re.compile(r"torch(\.\w+)*\.(manual_seed|manual_seed_all|seed|seed_all)")


class Import(NamedTuple):
    name: str  # the module, where it is known; a relative import keeps its dots
    runs: bool  # False under `if TYPE_CHECKING:`


def sources() -> dict[str, str]:
    """Every module of the app by its dotted name. A package bears the name of its folder."""
    paths = [path for part in ("models", "playground") for path in (ROOT / part).rglob("*.py")]
    names = {path: path.relative_to(ROOT).with_suffix("").parts for path in (*paths, *ROOT.glob("app.py"))}
    return {".".join(p for p in parts if p != "__init__"): path.read_text() for path, parts in names.items()}


def imports(tree: ast.Module, known: frozenset[str]) -> Iterator[Import]:
    """What a module imports, in functions too. `from models import cost` is models.cost if that is a known module."""
    idle = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in (deeper for statement in node.body for deeper in ast.walk(statement))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node not in idle) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            for alias in node.names:
                whole = f"{base}.{alias.name}"
                yield Import(whole if whole in known else base, node not in idle)


def names(tree: ast.Module) -> Iterator[str]:
    """Every dotted name that is used or imported: torch.load, also as `from torch import load`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, prefixes: str) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in prefixes.split())


def layer(module: str) -> Layer:
    return LAYERS[max((prefix for prefix in LAYERS if within(module, prefix)), key=len)]


def row(module: str) -> int | None:
    """The row of a module in the table of its folder, by its longest name there; None for those that no table names,
    and for the folder itself.
    """
    folder, _, inner = module.partition(".")
    found = [(len(u), height) for height, units in enumerate(TABLES.get(folder, ())) for u in units if within(inner, u)]
    return max(found)[1] if found else None


def strangers(module: str, name: str) -> bool:
    """Is `name` a sibling that `module` must not know?"""
    for folder, shared in STRANGERS.items():
        if within(module, folder) and within(name, folder) and module != folder:
            mine, other = ((*path.split("."), "")[2] for path in (module, name))
            return mine != other and other not in shared
    return False


def complaints(module: str, source: str, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """A sentence for each rule that the source of `module` breaks."""
    tree, may, here = ast.parse(source), layer(module), row(module)
    for name, runs in imports(tree, known):
        library, there = name.split(".")[0], row(name)
        if name.startswith("."):
            yield f"{module} imports {name}: no relative imports"
        elif library in PICKLES:
            yield f"{module} imports {name}: pickles run code"
        elif library in {"models", "playground", "app"}:
            if not within(name, may.ours):
                yield f"{module} imports {name}: only {may.ours}"
            if "gradio" in layer(name).libraries and "gradio" not in may.libraries:
                yield f"{module} imports {name}: it knows no gradio"
            together = module.split(".")[0] == library and unit(module) != unit(name)
            if runs and together and here is not None and there is not None and here <= there:
                yield f"{module} imports {name}: it points up, or to a neighbour"
            if strangers(module, name):
                yield f"{module} imports {name}: siblings do not know each other"
        elif library not in sys.stdlib_module_names and library not in may.libraries.split():
            yield f"{module} imports {name}: of libraries only {may.libraries}"
    for name in names(tree):
        if UNSAFE.fullmatch(name):
            yield f"{module} uses {name}: it unpickles"
        if GLOBAL_SEED.fullmatch(name):
            yield f"{module} uses {name}: pass a torch.Generator"


LOWER = {f"{folder}.{unit}" for folder, rows in TABLES.items() for units in rows for unit in units if "." in unit}


def unit(module: str) -> str:
    """A file or folder directly in models/ or playground/, with all that is in it but what stands lower."""
    return next((low for low in LOWER if within(module, low)), ".".join(module.split(".")[:2]))


def cycle(modules: dict[str, str]) -> list[str]:
    """Units that import each other in a circle, or nothing. What only a type checker imports does not count."""
    graph: dict[str, set[str]] = {}
    for module, source in modules.items():
        found = {unit(name) for name, runs in imports(ast.parse(source), frozenset(modules)) if runs}
        graph.setdefault(unit(module), set()).update(found - {unit(module)})
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return error.args[1]
    return []
