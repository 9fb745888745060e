"""Every value of a TOML text is found in its line."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apply.relay import RELAY
from waystation.control.apply.lines import Path, locate, nearest


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(each, (*path, key))


TRICKY = '''\
# comment with [brackets] and "quotes"
top = 1
"quoted key" = "a # no comment"
a.b.'c d' = true
many = [ # why
  1,
  [2, 3], # nested
  { x = "}", y = [4] },
]
long = """
three
lines"""
after = \'\'\'
[not.a.table]
\'\'\'
[table]
one = 1
[table.below]
two = 2
[[list]]
x = 1
[list.sub]
y = 2
[[list.inner]]
z = 1
[[list.inner]]
z = 2
[[list]]
x = 2
[[list.inner]]
z = 3
date = 1979-05-27T07:32:00Z
esc = "\\\\\\""
end = 1e5
'''


@pytest.mark.parametrize("text", [RELAY, TRICKY, "", "# nothing", "a = [[]]\nb={}\n"])
def test_every_path_has_a_line(text: str) -> None:
    lines = locate(text)
    tree = tomllib.loads(text)
    assert set(paths(tree)) == set(lines)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("quoted key",), 3),
        (("a", "b", "c d"), 4),
        (("many", 0), 6),
        (("many", 1, 1), 7),
        (("many", 2, "y", 0), 8),
        (("long",), 10),
        (("after",), 13),
        (("table", "one"), 17),
        (("table", "below", "two"), 19),
        (("list", 0, "sub", "y"), 23),
        (("list", 0, "inner", 1, "z"), 27),
        (("list", 1, "x"), 29),
        (("list", 1, "inner", 0, "z"), 31),
        (("list", 1, "inner", 0, "end"), 34),
    ],
)
def test_lines_are_right(path: Path, line: int) -> None:
    assert locate(TRICKY)[path] == line


def test_what_is_missing_stands_where_it_is_missing_from() -> None:
    lines = locate(TRICKY)
    assert nearest(lines, ("list", 1, "nothing")) == 28
    assert nearest(lines, ("nothing",)) == 1
