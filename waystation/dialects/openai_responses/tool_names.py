"""Tools that stand in namespaces, under one name each for vendors that have no namespaces."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

NAME_CHARACTERS_MAX = 64
_KINDS = ("function", "custom")
_decode = msgspec.json.Decoder().decode

Home = tuple[str, str]
"""(namespace, "" none; the name there)"""


class ToolNames:
    """The names of one request's tools. customs: those, as others know them, whose calls are told
    as free text."""

    __slots__ = ("_flat", "_homes", "customs")

    def __init__(self, tools: Any) -> None:
        self._flat: dict[Home, str] = {}
        self._homes: dict[str, Home] = {}
        customs: list[str] = []
        for home, tool in sorted(_all(tools), key=lambda each: each[0][0] != ""):
            flat = self._add(home)
            if tool.get("type") == "custom":
                customs.append(flat)
        self.customs = frozenset(customs)

    @classmethod
    def of(cls, given: msgspec.Raw | None) -> "ToolNames":
        return cls(_decode(given) if given is not None else None)

    def flat(self, namespace: Any, name: Any) -> str:
        """The one name: a call's own where no other tool has it."""
        home = (namespace if isinstance(namespace, str) else "", str(name or ""))
        return self._flat.get(home) or home[1]

    def home(self, flat: str) -> Mapping[str, str]:
        """`name`, and `namespace` where it has one."""
        namespace, name = self._homes.get(flat, ("", flat))
        return {"name": name, "namespace": namespace} if namespace else {"name": name}

    def _add(self, home: Home) -> str:
        namespace, name = home
        flat = name if name not in self._homes else f"{namespace}__{name}"[-NAME_CHARACTERS_MAX:]
        self._flat[home] = flat
        self._homes.setdefault(flat, home)
        return flat


def _all(tools: Any) -> Iterator[tuple[Home, dict[str, Any]]]:
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        if tool.get("type") == "namespace":
            inside = tool.get("tools")
            for one in inside if isinstance(inside, list) else ():
                if isinstance(one, dict) and one.get("type") in _KINDS:
                    yield (str(tool.get("name") or ""), str(one.get("name") or "")), one
        elif tool.get("type") in _KINDS:
            inner = tool.get("function")
            named = inner if isinstance(inner, dict) else tool
            yield ("", str(named.get("name") or "")), tool
