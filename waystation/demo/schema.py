"""A JSON value that fits a JSON Schema, made from the words of the prompt.

Covers what structured outputs and tool parameters use: types, enum, const, objects with free and
patterned keys, arrays and tuples, anyOf/oneOf/allOf, $ref into the same document, bounds,
patterns, common formats. Recursion ends by leaving out what a schema does not require, and in any
case after so many values: schemas come from callers.
"""

from typing import Any

from waystation.demo.numbers import count_of, number
from waystation.demo.schema_parts import Schema, merge, point
from waystation.demo.texts import text
from waystation.demo.words import choose, digest, words

_DEPTH_MAX = 6
_DEPTH_END = 40
_VALUES_MAX = 500
_REFERENCES_MAX = 16
_ITEMS_MAX = 200
_TRIES_MAX = 200

_KINDS = (
    ("object", ("properties", "required", "additionalProperties", "minProperties")),
    ("array", ("items", "prefixItems", "contains", "minItems", "uniqueItems")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)


def fit(schema: Any, prompt: str) -> Any:
    """A value for the schema. Enum values that the prompt names are preferred."""
    return _Fitter(schema, prompt).value(schema, "value", 0)


class _Fitter:
    """salt: 0, else another value than the one before is wanted."""

    def __init__(self, root: Any, prompt: str) -> None:
        self._root = root
        self._prompt = prompt
        self._words = words(prompt[:10_000]) or ["demo"]
        self._left = _VALUES_MAX

    def value(self, schema: Any, name: str, depth: int, salt: int = 0) -> Any:
        self._left -= 1
        if schema is False or self._left < 0 or depth > _DEPTH_END:
            return None
        if not isinstance(schema, dict):
            return self._words[0] if not salt else f"{self._words[0]} {salt}"
        schema = self._chosen(self._resolve(schema, 0), depth, name, salt)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._one_of(schema["enum"], name, salt)
        return self._typed(schema, name, depth, salt)

    def _typed(self, schema: Schema, name: str, depth: int, salt: int) -> Any:
        kind = _kind(schema, depth)
        if kind == "object":
            return self._object(schema, depth, salt)
        if kind == "array":
            return self._array(schema, name, depth, salt)
        if kind in ("integer", "number"):
            return number(schema, digest(self._prompt, name, salt), whole=kind == "integer")
        if kind == "boolean":
            return digest(self._prompt, name, salt) % 2 == 0
        if kind == "null":
            return None
        return text(schema, self._prompt, self._words, name, salt)

    def _resolve(self, schema: Schema, followed: int) -> Schema:
        """Without $ref and allOf."""
        if followed > _REFERENCES_MAX:
            return {}
        reference = schema.get("$ref")
        parts = schema.get("allOf")
        if reference is None and parts is None:
            return schema
        merged = {name: each for name, each in schema.items() if name not in ("$ref", "allOf")}
        if isinstance(reference, str):
            merged = merge(self._resolve(point(self._root, reference), followed + 1), merged)
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict):
                merged = merge(merged, self._resolve(part, followed + 1))
        return merged

    def _chosen(self, schema: Schema, depth: int, name: str, salt: int) -> Schema:
        """One of its alternatives, with what stands beside them."""
        for union in ("anyOf", "oneOf"):
            options = schema.get(union)
            if not isinstance(options, list) or not options or depth > _REFERENCES_MAX:
                continue
            rest = {key: each for key, each in schema.items() if key != union}
            known = [self._resolve(one, 0) for one in options if isinstance(one, dict)]
            if known:
                picked = merge(rest, self._simplest(known, depth, salt))
                return self._chosen(self._resolve(picked, 0), depth + 1, name, salt)
        return schema

    def _simplest(self, options: list[Schema], depth: int, salt: int) -> Schema:
        null = [one for one in options if one.get("type") == "null"]
        others = [one for one in options if one not in null] or null
        if depth >= _DEPTH_MAX:
            flat = [one for one in others if _kind(one, depth) not in ("object", "array")]
            others = null or flat or others
        return others[salt % len(others)]

    def _one_of(self, values: list[Any], name: str, salt: int) -> Any:
        lowered = self._prompt.lower()
        named = [one for one in values if isinstance(one, str) and one and one.lower() in lowered]
        if salt:
            return values[salt % len(values)]
        return named[0] if named else choose(values, self._prompt, name)

    def _object(self, schema: Schema, depth: int, salt: int) -> dict[str, Any]:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        required = schema.get("required")
        required = [one for one in _listed(required) if isinstance(one, str)]
        names = [one for one in properties if depth < _DEPTH_MAX or one in required]
        names += [one for one in required if one not in properties]
        made = {
            one: self.value(properties.get(one, self._free(schema)), one, depth + 1, salt)
            for one in names
        }
        return self._fill(schema, made, depth)

    def _free(self, schema: Schema) -> Any:
        """The schema of a key that `properties` does not name."""
        free = schema.get("additionalProperties")
        return free if isinstance(free, dict) else {}

    def _fill(self, schema: Schema, made: dict[str, Any], depth: int) -> dict[str, Any]:
        """Keys of its own choice where the schema asks for some, or offers nothing else."""
        wanted = min(count_of(schema, "minProperties", 0), _ITEMS_MAX)
        if isinstance(schema.get("additionalProperties"), dict) and depth < _DEPTH_MAX:
            wanted = max(wanted, 1)
        for place in range(_ITEMS_MAX):
            if len(made) >= wanted or schema.get("additionalProperties") is False:
                break
            word = self._words[place] if place < len(self._words) else f"key{place}"
            if word not in made:
                made[word] = self.value(self._free(schema), word, depth + 1)
        return made

    def _array(self, schema: Schema, name: str, depth: int, salt: int) -> list[Any]:
        first = schema.get("prefixItems", schema.get("items"))
        first = _listed(first)
        rest = schema.get("items", {"type": "string"})
        rest = schema.get("additionalItems", {}) if isinstance(rest, list) else rest
        made = [self.value(one, f"{name}{at}", depth + 1, salt) for at, one in enumerate(first)]
        if "contains" in schema:
            wanted = min(count_of(schema, "minContains", 1), _ITEMS_MAX)
            made += [self.value(schema["contains"], name, depth + 1, at) for at in range(wanted)]
        count = self._count(schema, name, depth)
        while len(made) < count and rest is not False and self._left > 0:
            made.append(self._item(schema, rest, f"{name}{len(made)}", depth, made))
        return made

    def _count(self, schema: Schema, name: str, depth: int) -> int:
        least = min(count_of(schema, "minItems", 0), _ITEMS_MAX)
        usual = 0 if depth >= _DEPTH_MAX else 1 + digest(self._prompt, name) % 2
        return min(max(least, usual), count_of(schema, "maxItems", _ITEMS_MAX))

    def _item(self, schema: Schema, items: Any, name: str, depth: int, made: list[Any]) -> Any:
        found = self.value(items, name, depth + 1)
        if schema.get("uniqueItems") is not True:
            return found
        for salt in range(1, _TRIES_MAX):
            if found not in made or self._left <= 0:
                break
            found = self.value(items, name, depth + 1, salt)
        return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _kind(schema: Schema, depth: int) -> str:
    """Its type, or what its other words speak of."""
    kind = schema.get("type")
    if isinstance(kind, list):
        others = [one for one in kind if one != "null"]
        if depth >= _DEPTH_MAX and len(others) < len(kind):
            return "null"
        kind = others[0] if others else "null"
    if isinstance(kind, str):
        return kind
    return next((name for name, marks in _KINDS if any(m in schema for m in marks)), "string")
