"""`python -m tests.benchmarks [name ...]`: prints the table of every Case that `cases()` of a module here yields."""

import sys
from importlib import import_module
from pathlib import Path

from tests.benchmarks.harness import measure, table

chosen = sys.argv[1:] or sorted(
    path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "harness" and path.stem[:5] != "test_"
)
for name in chosen:
    for case in import_module(f"tests.benchmarks.{name}").cases():
        print(table(case, measure(case)), end="\n\n", flush=True)
