"""Arguments of a call that come in pieces: `partialArgs`, each with the place it belongs to."""

import re
from typing import Any

import msgspec

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d{1,4})\]|\['((?:[^'\\]|\\.)*)'\]|\[\"([^\"]*)\"\]")
_INDEX_MOST = 9_999
_PATH_STEPS_MOST = 64


class Arguments:
    """The object so far."""

    __slots__ = ("_root",)

    def __init__(self, given: Any = None) -> None:
        self._root: dict[str, Any] = dict(given) if isinstance(given, dict) else {}

    def merge(self, given: Any) -> None:
        """Arguments that came whole."""
        if isinstance(given, dict):
            self._root.update(given)

    def add(self, piece: Any) -> None:
        """One partial argument. A text at a place that has one goes on there; a path that cannot
        be followed is passed over."""
        if not isinstance(piece, dict):
            return
        steps = _steps(str(piece.get("jsonPath") or ""))
        if steps:
            _put(self._root, steps, _value(piece))

    def text(self) -> str:
        return msgspec.json.encode(self._root).decode()


def _steps(path: str) -> list[str | int]:
    steps: list[str | int] = []
    for found in _STEP.finditer(path.removeprefix("$")):
        name, index, quoted, doubly = found.groups()
        steps.append(int(index) if index is not None else name or quoted or doubly or "")
    return steps[:_PATH_STEPS_MOST]


def _value(piece: dict[str, Any]) -> Any:
    for name in ("stringValue", "numberValue", "boolValue"):
        if name in piece:
            return piece[name]
    return None


def _put(node: Any, steps: list[str | int], value: Any) -> None:
    for at, step in enumerate(steps):
        is_last = at == len(steps) - 1
        if isinstance(step, int):
            if not isinstance(node, list) or step > _INDEX_MOST:
                return
            node += [None] * (step + 1 - len(node))
        elif not isinstance(node, dict):
            return
        known = node[step] if isinstance(step, int) else node.get(step)
        if is_last:
            grows = isinstance(known, str) and isinstance(value, str)
            node[step] = known + value if grows else value
        else:
            if not isinstance(known, dict | list):
                known = node[step] = [] if isinstance(steps[at + 1], int) else {}
            node = known
