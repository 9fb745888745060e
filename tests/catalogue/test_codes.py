"""Each stable error code is waited for by a test: a code that nobody produces is none."""

import ast
from collections.abc import Iterator
from pathlib import Path

from waystation.errors import TEXTS

_TESTS = Path(__file__).parents[1]
_TABLES = ("catalogue", "dialects", "docs_site")
"""Folders of tests that go through the table of codes themselves, which produces none."""


def _waited_for(module: ast.Module) -> Iterator[str]:
    """Texts in assertions, in what `pytest.raises` matches, and in tables of parameters."""
    for node in ast.walk(module):
        if isinstance(node, ast.Assert) or _is_told(node):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield inner.value


def _is_told(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("raises", "parametrize")
    )


def test_every_code_is_waited_for_by_a_test() -> None:
    found: set[str] = set()
    for path in _TESTS.rglob("*.py"):
        text = path.read_text()
        if path.relative_to(_TESTS).parts[0] not in _TABLES and "assert" in text:
            found.update(_waited_for(ast.parse(text)))
    assert sorted(set(TEXTS) - found) == []
