"""`python -m tests.benchmarks [name ...]`: prints the tables of the modules here, all of them or those named.

A module yields `Case`s from `cases()`, which are timed against each other, or prints its own table from `main()`.
"""

import sys
from importlib import import_module
from pathlib import Path

from tests.benchmarks.harness import measure, table

chosen = sys.argv[1:] or sorted(
    path.stem for path in Path(__file__).parent.glob("[!_]*.py") if path.stem != "harness" and path.stem[:5] != "test_"
)
for name in chosen:
    module = import_module(f"tests.benchmarks.{name}")
    if hasattr(module, "main"):
        module.main([])
        continue
    for case in module.cases():
        print(table(case, measure(case)), end="\n\n", flush=True)
