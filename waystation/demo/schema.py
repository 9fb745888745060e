"""A JSON value that fits a JSON Schema, made from the words of the prompt.

Covers what structured outputs and tool parameters use: types, enum, const, objects, arrays,
anyOf/oneOf/allOf, $ref into the same document, bounds, common formats. Recursion ends by taking
what a schema does not require away.
"""

from typing import Any

from waystation.demo.words import choose, digest, words

_DEPTH_MAX = 6
_FORMATS = {
    "date": "2026-01-15",
    "time": "09:30:00Z",
    "date-time": "2026-01-15T09:30:00Z",
    "email": "demo@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
    "duration": "PT1H",
}


def fit(schema: Any, prompt: str) -> Any:
    """A value for the schema. Enum values that the prompt names are preferred."""
    return _Fitter(schema, prompt).value(schema, "value", 0)


class _Fitter:
    def __init__(self, root: Any, prompt: str) -> None:
        self._root = root
        self._prompt = prompt
        self._words = words(prompt) or ["demo"]

    def value(self, schema: Any, name: str, depth: int) -> Any:
        if not isinstance(schema, dict):
            return f"{self._words[0]}"
        schema = self._resolve(schema)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._one_of(schema["enum"], name)
        for union in ("anyOf", "oneOf"):
            if isinstance(schema.get(union), list) and schema[union]:
                return self.value(self._simplest(schema[union], depth), name, depth + 1)
        return self._typed(schema, name, depth)

    def _typed(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type") or ("object" if "properties" in schema else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind in ("integer", "number"):
            return self._number(schema, name, whole=kind == "integer")
        if kind == "boolean":
            return digest(self._prompt, name) % 2 == 0
        if kind == "null":
            return None
        return self._string(schema, name)

    def _resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        for _ in range(8):
            reference = schema.get("$ref")
            if not isinstance(reference, str) or not reference.startswith("#"):
                break
            found: Any = self._root
            for step in reference.lstrip("#/").split("/"):
                found = found.get(step, {}) if isinstance(found, dict) and step else found
            schema = found if isinstance(found, dict) else {}
        merged = dict(schema)
        for part in schema.get("allOf", ()) if isinstance(schema.get("allOf"), list) else ():
            if isinstance(part, dict):
                inner = self._resolve(part)
                merged["properties"] = {
                    **inner.get("properties", {}),
                    **merged.get("properties", {}),
                }
                merged["required"] = [*merged.get("required", ()), *inner.get("required", ())]
                merged = {**inner, **merged}
        return merged

    def _one_of(self, values: list[Any], name: str) -> Any:
        for value in values:
            if isinstance(value, str) and value.lower() in self._prompt.lower():
                return value
        return choose(values, self._prompt, name)

    def _simplest(self, options: list[Any], depth: int) -> Any:
        null = [one for one in options if isinstance(one, dict) and one.get("type") == "null"]
        if depth >= _DEPTH_MAX and null:
            return null[0]
        others = [one for one in options if one not in null]
        return others[0] if others else options[0]

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            return {}
        required = schema.get("required") or ()
        deep = depth >= _DEPTH_MAX
        return {
            name: self.value(inner, name, depth + 1)
            for name, inner in properties.items()
            if not deep or name in required
        }

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        least = int(schema.get("minItems") or 0)
        count = max(least, 0 if depth >= _DEPTH_MAX else 1 + digest(self._prompt, name) % 2)
        count = min(count, int(schema.get("maxItems") or count))
        items = schema.get("items", {"type": "string"})
        return [self.value(items, f"{name}{index}", depth + 1) for index in range(count)]

    def _number(self, schema: dict[str, Any], name: str, *, whole: bool) -> Any:
        low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        high = schema.get("maximum", schema.get("exclusiveMaximum", low + 100))
        step = schema.get("multipleOf") or 1
        value = low + digest(self._prompt, name) % max(int(high - low), 1)
        if "exclusiveMinimum" in schema and value <= low:
            value = low + step
        value = -(-value // step) * step if step != 1 else value
        return int(value) if whole else float(value)

    def _string(self, schema: dict[str, Any], name: str) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        text = self._named(name) or " ".join(self._words[:4])
        least = int(schema.get("minLength") or 0)
        text = text.ljust(least, "x")
        return text[: int(schema.get("maxLength") or len(text))]

    def _named(self, name: str) -> str:
        """Something of the prompt that looks like what the field asks for: an id, a capital."""
        original = self._prompt.split()
        marked = [word.strip(".,;:!?\"'") for word in original if any(c.isdigit() for c in word)]
        if marked and ("id" in name.lower() or "number" in name.lower() or "code" in name.lower()):
            return marked[0]
        capital = [word.strip(".,;:!?\"'") for word in original[1:] if word[:1].isupper()]
        return capital[0] if capital else ""
