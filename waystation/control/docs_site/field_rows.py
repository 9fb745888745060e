"""A schema as rows of a table of fields, nested as the schema is."""

import json
from typing import Any

import msgspec

from waystation.control.docs_site.specification import Node, Specification, described
from waystation.control.docs_site.tree.page import Language

_LIMITS = (
    "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
)  # fmt: skip


class FieldRow(msgspec.Struct, frozen=True):
    """path: from the top, `messages[].role`; where there are several forms of an object, its form
    in <>. limits: keyword and value. rows: of what is in it."""

    path: str
    name: str
    kind: str
    required: bool
    text: str
    values: tuple[str, ...] = ()
    default: str = ""
    limits: tuple[tuple[str, str], ...] = ()
    deprecated: bool = False
    rows: tuple["FieldRow", ...] = ()


def rows_of(specification: Specification, schema: Node, language: Language) -> tuple[FieldRow, ...]:
    return _Rows(specification, language).inside(schema, "", ())


def flat(rows: tuple[FieldRow, ...]) -> list[FieldRow]:
    return [one for row in rows for one in (row, *flat(row.rows))]


class _Rows:
    def __init__(self, specification: Specification, language: Language) -> None:
        self._specification = specification
        self._language = language

    def inside(self, schema: Node, path: str, seen: tuple[str, ...]) -> tuple[FieldRow, ...]:
        """Rows of the object that the schema describes, or of those in its array or its forms."""
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name in seen:
            return ()
        seen = (*seen, name) if name else seen
        schema = self._specification.resolved(schema)
        if "items" in schema:
            return self.inside(schema["items"], f"{path}[]", seen)
        forms = schema.get("oneOf") or schema.get("anyOf")
        if forms:
            return self._forms(forms, path, seen)
        dot = f"{path}." if path else ""
        required = schema.get("required", ())
        return tuple(
            self._row(name, f"{dot}{name}", each, name in required, seen)
            for name, each in schema.get("properties", {}).items()
        )

    def _forms(self, forms: list[Node], path: str, seen: tuple[str, ...]) -> tuple[FieldRow, ...]:
        full = [form for form in forms if self._has_fields(form, seen)]
        if len(full) == 1:
            return self.inside(full[0], path, seen)
        made = []
        for at, form in enumerate(full):
            name = str(form.get("$ref", "")).rpartition("/")[2] or self._told_apart(form, at)
            rows = self.inside(form, f"{path}<{name}>", seen)
            made.append(FieldRow(f"{path}<{name}>", f"<{name}>", "object", False, "", rows=rows))
        return tuple(made)

    def _has_fields(self, form: Node, seen: tuple[str, ...]) -> bool:
        return bool(self.inside(form, "", seen))

    def _told_apart(self, form: Node, at: int) -> str:
        """By its fixed field, as most objects with forms have one."""
        for each in self._specification.resolved(form).get("properties", {}).values():
            if "const" in each:
                told = each["const"]
                return told if isinstance(told, str) else json.dumps(told)
        return str(at + 1)

    def _row(
        self, name: str, path: str, schema: Node, required: bool, seen: tuple[str, ...]
    ) -> FieldRow:
        whole = self._specification.resolved(schema)
        text = described(schema, self._language) or described(whole, self._language)
        return FieldRow(
            path,
            name,
            self.kind(schema),
            required,
            text,
            tuple(_shown(value) for value in _values(whole)),
            _shown(whole["default"]) if "default" in whole else "",
            tuple((key, str(whole[key])) for key in _LIMITS if key in whole),
            bool(whole.get("deprecated")),
            self.inside(schema, path, seen),
        )

    def kind(self, schema: Node) -> str:
        """The type in words: `enum<string>`, `array[object]`, `string | null`."""
        schema = self._specification.resolved(schema)
        forms = schema.get("oneOf") or schema.get("anyOf")
        if forms:
            return " | ".join(dict.fromkeys(self.kind(form) for form in forms))
        if "items" in schema and schema.get("type") == "array":
            return f"array[{self.kind(schema['items'])}]"
        if schema.get("format") == "binary":
            return "file"
        told = schema.get("type", "any")
        if isinstance(told, list):
            return " | ".join(self.kind(schema | {"type": one}) for one in told)
        return f"enum<{told}>" if "enum" in schema else str(told)


def _values(schema: Node) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    found: list[Any] = inner.get("enum", [])
    return found


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
