"""JSON schemas made fit for Gemini, which takes a subset and refuses the rest.

References are put in place, `const` becomes an enum of one, a type list with null becomes
`nullable`, `oneOf` becomes `anyOf`, `allOf` is merged; keywords outside the subset are left out.
"""

from collections.abc import Mapping
from typing import Any

DEPTH_MAX = 32
NODES_MAX = 5_000
"""References that unfold into themselves end here."""

_KEPT = frozenset(
    (
        "title",
        "description",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "default",
        "example",
        "propertyOrdering",
        "nullable",
    )
)
_FORMATS = {
    "STRING": frozenset(("enum", "date-time")),
    "NUMBER": frozenset(("float", "double")),
    "INTEGER": frozenset(("int32", "int64")),
}
_TYPES = frozenset(("STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"))


def cleaned(schema: Any) -> dict[str, Any]:
    """A schema that Gemini takes."""
    return _Cleaner(schema if isinstance(schema, Mapping) else {}).clean(schema, 0)


def lowered(schema: Any) -> Any:
    """Google's schema as a plain JSON schema: types in small letters, nullable as a type."""
    if isinstance(schema, list):
        return [lowered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for name, value in schema.items():
        if name == "type" and isinstance(value, str):
            found[name] = value.lower()
        elif name in ("properties", "$defs", "definitions") and isinstance(value, dict):
            found[name] = {key: lowered(each) for key, each in value.items()}
        elif name in ("items", "anyOf", "allOf", "oneOf", "additionalProperties", "prefixItems"):
            found[name] = lowered(value)
        elif name != "propertyOrdering":
            found[name] = value
    if found.pop("nullable", False) is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if isinstance(found.get("enum"), list):
            found["enum"] = [*found["enum"], None]
    return found


class _Cleaner:
    """One schema's way through; root: where `#/…` begins."""

    __slots__ = ("_left", "_root")

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = NODES_MAX

    def clean(self, node: Any, depth: int) -> dict[str, Any]:
        self._left -= 1
        if not isinstance(node, Mapping) or depth > DEPTH_MAX or self._left < 0:
            return {"type": "OBJECT"} if isinstance(node, Mapping) else {}
        node = self._merged(self._resolved(node), depth)
        found = {name: node[name] for name in _KEPT.intersection(node) if node[name] is not None}
        choices = self._choices(node, found, depth)
        kind = self._type(node, found)
        if kind:
            found["type"] = kind
        if choices and not kind:
            found["anyOf"] = choices
        self._enum(node, found, kind)
        if node.get("format") in _FORMATS.get(kind, ()):
            found["format"] = node["format"]
        self._inside(node, found, kind, depth)
        return found

    def _inside(
        self, node: Mapping[str, Any], found: dict[str, Any], kind: str, depth: int
    ) -> None:
        properties = node.get("properties")
        if kind == "OBJECT" and isinstance(properties, Mapping) and properties:
            found["properties"] = {
                str(name): self.clean(each, depth + 1) or {"type": "STRING"}
                for name, each in properties.items()
            }
            listed = node.get("required")
            named = listed if isinstance(listed, list) else ()
            needed = [n for n in named if isinstance(n, str) and n in properties]
            if needed:
                found["required"] = needed
        elif kind == "ARRAY" and "items" not in found:
            items = node.get("items")
            if not isinstance(items, Mapping):
                several = node.get("prefixItems")
                items = several[0] if isinstance(several, list) and several else {}
            found["items"] = self.clean(items, depth + 1) or {"type": "STRING"}

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a local reference leads to; what stands beside it wins."""
        for _ in range(8):
            reference = node.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                break
            target: Any = self._root
            for step in reference.lstrip("#").split("/")[1:]:
                step = step.replace("~1", "/").replace("~0", "~")
                target = target.get(step) if isinstance(target, Mapping) else None
            beside = {name: value for name, value in node.items() if name != "$ref"}
            node = {**target, **beside} if isinstance(target, Mapping) else beside
        return node

    def _merged(self, node: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
        """The node with its `allOf` folded in."""
        parts = node.get("allOf")
        if not isinstance(parts, list):
            return node
        merged: dict[str, Any] = {}
        for part in [*parts, {n: v for n, v in node.items() if n != "allOf"}]:
            part = self._resolved(part) if isinstance(part, Mapping) else {}
            for name, value in part.items():
                if name == "properties" and isinstance(merged.get(name), Mapping):
                    merged[name] = {**merged[name], **value}
                elif name == "required" and isinstance(merged.get(name), list):
                    merged[name] = [*merged[name], *(v for v in value if v not in merged[name])]
                else:
                    merged[name] = value
        return merged

    def _choices(
        self, node: Mapping[str, Any], found: dict[str, Any], depth: int
    ) -> list[dict[str, Any]]:
        """`anyOf` or `oneOf`; null among them makes the whole nullable, one alone is no choice."""
        listed = node.get("anyOf") or node.get("oneOf")
        if not isinstance(listed, list):
            return []
        real = [each for each in listed if not _is_null(each)]
        if len(real) < len(listed):
            found["nullable"] = True
        if len(real) == 1:
            only = self.clean(real[0], depth + 1)
            found.update({name: value for name, value in only.items() if name not in found})
            return []
        return [self.clean(each, depth + 1) for each in real]

    def _type(self, node: Mapping[str, Any], found: dict[str, Any]) -> str:
        given = node.get("type", found.get("type"))
        if isinstance(given, list):
            if "null" in given:
                found["nullable"] = True
            given = next((each for each in given if each != "null"), "string")
        if isinstance(given, str) and given.upper() in _TYPES:
            return given.upper()
        if "properties" in node:
            return "OBJECT"
        if "items" in node:
            return "ARRAY"
        return "STRING" if "enum" in node or "const" in node else ""

    def _enum(self, node: Mapping[str, Any], found: dict[str, Any], kind: str) -> None:
        """Only of texts: other enums are refused."""
        values = node.get("enum", [node["const"]] if "const" in node else None)
        if not isinstance(values, list) or kind != "STRING":
            return
        if None in values:
            found["nullable"] = True
        texts = [
            str(value) for value in values if isinstance(value, str | int | float) and value != ""
        ]
        if texts:
            found["enum"] = texts


def _is_null(node: Any) -> bool:
    return isinstance(node, Mapping) and node.get("type") == "null"
