"""Functions that tell what they hold when they return: their code is replaced, for a while, by one that says it.

`sys.setprofile` says so too, of every call in every library: then the tests of the core take twice their time.
"""

import ast
import builtins
import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

Told = Callable[[str, Any, Mapping[str, Any]], Any]
"""(file, line and name of a function; what it returns, yields or collects; its local variables) -> the second again."""

Named = Callable[[str], object]
"""Whether a local variable of this name matters."""

RETURNED, TELL = "_returned_", "_tell_"


class Telling(ast.NodeTransformer):
    """The same program, in which each function tells at its end, also if it raises: all that return something or hold
    what matters. A comprehension tells with each of its items, if these have a name that matters.
    """

    def __init__(self, file: str, named: Named):
        self.file, self.named = file, named

    def matters(self, *nodes: ast.AST) -> bool:
        """Whether a name in it does."""
        inside = (each for node in nodes for each in ast.walk(node))
        return any(self.named(getattr(each, "id", getattr(each, "arg", None)) or "") for each in inside)

    def tell(self, at: ast.AST, name: str, value: ast.expr) -> ast.Call:
        label = ast.Constant(f"{self.file}:{at.lineno} {name}")  # type: ignore[attr-defined]
        local = ast.Call(ast.Name("locals", ast.Load()), [], [])
        return ast.Call(ast.Name(TELL, ast.Load()), [label, value, local], [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        returns = any(isinstance(each, ast.NamedExpr) and each.target.id == RETURNED for each in ast.walk(node))
        if not (returns or node.name == "__init__" or self.matters(node)):
            return node
        end = ast.Expr(self.tell(node, node.name, ast.Name(RETURNED, ast.Load())))
        begin = ast.Assign([ast.Name(RETURNED, ast.Store())], ast.Constant(None))
        node.body = [begin, ast.Try(node.body, [], [], [end])]
        return node

    def visit_Return(self, node: ast.Return) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = ast.NamedExpr(ast.Name(RETURNED, ast.Store()), node.value)
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self.generic_visit(node)
        node.value = self.tell(node, "yield", node.value or ast.Constant(None))
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        node.body = self.tell(node, "lambda", node.body)
        return node

    def visit_ListComp(self, node: Any) -> ast.AST:
        self.generic_visit(node)
        if self.matters(*(each.target for each in node.generators)):
            node.elt = self.tell(node, "comprehension", node.elt)
        return node

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        if self.matters(*(each.target for each in node.generators)):
            node.value = self.tell(node, "comprehension", node.value)
        return node


def pairs(plain: CodeType, telling: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Each code object with its counterpart; the two programs nest alike."""
    yield plain, telling
    inner = [[const for const in code.co_consts if isinstance(const, CodeType)] for code in (plain, telling)]
    for one, other in zip(*inner, strict=True):
        yield from pairs(one, other)


@cache
def rewritten(file: str, named: Named) -> dict[CodeType, CodeType]:
    """{code: code that tells} of a file of Python."""
    source = Path(file).read_text("utf-8")
    changed = ast.fix_missing_locations(Telling(Path(file).name, named).visit(ast.parse(source)))
    codes = [compile(text, file, "exec", dont_inherit=True) for text in (source, changed)]
    return dict(pairs(*codes))


@cache
def replaced(begin: str, named: Named, modules: int) -> list[tuple[FunctionType, CodeType, CodeType]]:
    """(function, its code, code that tells) of all functions of files whose path begins so; anew when `modules`, the
    number of those that are loaded, is another.
    """
    found = [f for f in gc.get_objects() if type(f) is FunctionType and f.__code__.co_filename.startswith(begin)]
    both = [(f, f.__code__, rewritten(f.__code__.co_filename, named).get(f.__code__)) for f in found]
    return [(f, plain, telling) for f, plain, telling in both if telling is not None]


def nobody(where: str, returned: Any, local: Mapping[str, Any]) -> Any:
    """Whom a generator tells that outlives the block it began in."""
    return returned


@contextmanager
def telling(begin: str, named: Named, told: Told) -> Iterator[None]:
    """All functions of files whose path begins so tell, in every thread; at the end they have their own code again."""
    functions, before = replaced(begin, named, len(sys.modules)), getattr(builtins, TELL, nobody)
    setattr(builtins, TELL, told)
    for function, _, code in functions:
        function.__code__ = code
    try:
        yield
    finally:
        for function, code, _ in functions:
            function.__code__ = code
        setattr(builtins, TELL, before)
