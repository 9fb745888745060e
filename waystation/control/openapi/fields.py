"""Schemas in few words: a type, what it means in both languages, and its limits.

Descriptions are CommonMark; `x-description-zh` carries the Chinese one. Further keywords are JSON
Schema 2020-12, passed as they are (`minimum=0`, `enum=[…]`, `default=1`).
"""

from typing import Any

Schema = dict[str, Any]


def _make(kind: str | list[str], en: str, zh: str, more: Schema) -> Schema:
    schema: Schema = {"type": kind}
    if en:
        schema["description"] = en
    if zh:
        schema["x-description-zh"] = zh
    return schema | more


def string(en: str = "", zh: str = "", **more: Any) -> Schema:
    return _make("string", en, zh, more)


def integer(en: str = "", zh: str = "", **more: Any) -> Schema:
    return _make("integer", en, zh, more)


def number(en: str = "", zh: str = "", **more: Any) -> Schema:
    return _make("number", en, zh, more)


def boolean(en: str = "", zh: str = "", **more: Any) -> Schema:
    return _make("boolean", en, zh, more)


def array(items: Schema, en: str = "", zh: str = "", **more: Any) -> Schema:
    return _make("array", en, zh, {"items": items} | more)


def record(
    properties: dict[str, Schema], required: list[str], en: str = "", zh: str = "", **more: Any
) -> Schema:
    """An object. Unknown fields are allowed unless `additionalProperties` says otherwise."""
    schema = _make("object", en, zh, {"properties": properties})
    if required:
        schema["required"] = required
    return schema | more


def one_of(schemas: list[Schema], en: str = "", zh: str = "", **more: Any) -> Schema:
    schema: Schema = {"oneOf": schemas}
    if en:
        schema["description"] = en
    if zh:
        schema["x-description-zh"] = zh
    return schema | more


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    if "type" in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"oneOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def const(value: str) -> Schema:
    return {"type": "string", "const": value}


def events(chunk: Schema) -> Schema:
    """Keywords for the text of a stream: what its events hold."""
    return {"x-event-schemas": [chunk, ref("StreamError")]}
