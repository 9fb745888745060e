"""Each stable error code is produced by a running app in a test: a code that nobody produces is
none."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from waystation.errors import TEXTS

_TESTS = Path(__file__).parents[1]
_TABLES = ("catalogue", "dialects", "docs_site")
"""Folders of tests that go through the table of codes themselves, which produces none."""
_RUNNING = frozenset(
    {
        "tests.support.gateway",
        "tests.support.serve",
        "tests.control.conftest",
        "tests.desk.conftest",
    }
)
"""Who imports one of these, or whose folder's conftest does, calls a running app over sockets."""


@cache
def _module(path: Path) -> ast.Module:
    return ast.parse(path.read_text() if path.exists() else "")


@cache
def _imports(path: Path) -> frozenset[str]:
    nodes = _module(path).body
    return frozenset(n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module)


def _calls_an_app(path: Path) -> bool:
    """Support and tables of faults do not assert by themselves."""
    return not _RUNNING.isdisjoint(_imports(path) | _imports(path.parent / "conftest.py"))


def _refusals() -> set[str]:
    """Codes of the table whose rows are each brought about in every dialect."""
    for node in _module(_TESTS / "pairs" / "refusals.py").body:
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "BEFORE":
            assert isinstance(node.value, ast.Dict)
            return {ast.literal_eval(key) for key in node.value.keys if key is not None}
    raise AssertionError("tests/pairs/refusals.py has no table BEFORE")


def _waited_for(module: ast.Module) -> Iterator[str]:
    """Texts in assertions, and in tables of parameters."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assert):
            yield from _texts(node.test)
        elif _is_table(node):
            yield from _texts(node)


def _texts(node: ast.AST) -> Iterator[str]:
    """What an expression says to be there, not what it denies."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return
    if isinstance(node, ast.Compare) and any(
        isinstance(o, ast.NotEq | ast.NotIn) for o in node.ops
    ):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for inner in ast.iter_child_nodes(node):
        yield from _texts(inner)


def _is_table(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "parametrize"
    )


def test_every_code_is_produced_by_an_app_that_runs() -> None:
    found = _refusals()
    for path in _TESTS.rglob("test_*.py"):
        if path.relative_to(_TESTS).parts[0] not in _TABLES and _calls_an_app(path):
            found.update(_waited_for(_module(path)))
    assert sorted(set(TEXTS) - found) == []


def test_the_table_of_refusals_is_run() -> None:
    names = ast.walk(_module(_TESTS / "pairs" / "test_tables.py"))
    assert "BEFORE" in {node.id for node in names if isinstance(node, ast.Name)}
