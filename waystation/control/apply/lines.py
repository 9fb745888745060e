"""Where in a TOML text each value stands, for refusals that name their line.

tomllib checks the syntax and keeps no positions; this walks the same text afterwards, trusting it,
and notes the line of every table, key and array element by its path: ("channels", 0, "keys", 1).
"""

import re
from collections.abc import Mapping

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)


def locate(text: str) -> Mapping[Path, int]:
    """The line, from 1, of each path in a text that tomllib has read."""
    return _Walk(text).run()


def nearest(lines: Mapping[Path, int], path: Path) -> int:
    """The line of the value, else of what it is missing from; 1 when nothing of it is there."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1


class _Walk:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._line = 1
        self._counted = 0  # up to where newlines are in _line
        self._lines: dict[Path, int] = {}
        self._lengths: dict[Path, int] = {}  # of arrays of tables

    def run(self) -> Mapping[Path, int]:
        table: Path = ()
        while True:
            self._skip(_BLANK)
            before = self._place
            if before >= len(self._text):
                return self._lines
            if self._take("[["):
                table = self._array_header()
            elif self._take("["):
                table = self._inside(self._keys())
                self._lines.setdefault(table, self._here())
                self._take("]")
            else:
                self._pair(table)
            assert self._place > before, "a text that tomllib would not have read"

    def _array_header(self) -> Path:
        path = self._inside(self._keys(), last=False)
        index = self._lengths.get(path, 0)
        self._lengths[path] = index + 1
        self._lines.setdefault(path, self._here())
        self._lines[*path, index] = self._here()
        self._take("]]")
        return (*path, index)

    def _inside(self, keys: list[str], last: bool = True) -> Path:
        """The path that a header means: in an array of tables, its latest element."""
        path: Path = ()
        for count, key in enumerate(keys, 1):
            path = (*path, key)
            if path in self._lengths and (last or count < len(keys)):
                path = (*path, self._lengths[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self._here()
        path = table
        for key in self._keys():
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._skip(_BLANK)
        self._take("=")
        self._value(path)

    def _value(self, path: Path) -> None:
        self._skip(_BLANK)
        self._lines.setdefault(path, self._here())
        if self._take("["):
            self._elements(path)
        elif self._take("{"):
            self._skip(_BLANK)
            while not self._take("}"):
                self._pair(path)
                self._skip(_BLANK)
                self._take(",")
                self._skip(_BLANK)
        elif not any(self._skip(string) for string in _STRINGS):
            self._skip(_SCALAR)

    def _elements(self, path: Path) -> None:
        index = 0
        self._skip(_BLANK)
        while not self._take("]"):
            self._value((*path, index))
            index += 1
            self._skip(_BLANK)
            self._take(",")
            self._skip(_BLANK)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_BLANK)
            start = self._place
            if self._skip(_BARE):
                keys.append(self._text[start : self._place])
            elif self._skip(_STRINGS[2]) or self._skip(_STRINGS[3]):
                keys.append(self._text[start + 1 : self._place - 1])
            self._skip(_BLANK)
            if not self._take("."):
                return keys

    def _skip(self, what: re.Pattern[str]) -> bool:
        found = what.match(self._text, self._place)
        if found is None or found.end() == self._place:
            return False
        self._place = found.end()
        return True

    def _take(self, mark: str) -> bool:
        if not self._text.startswith(mark, self._place):
            return False
        self._place += len(mark)
        return True

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place
        return self._line
