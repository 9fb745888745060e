"""JSON that fits a schema: judged by jsonschema, over many schemas and many prompts."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from waystation.demo.schema import fit

PROMPTS = (
    "",
    "hm",
    "Where is parcel P-118 of Ada Lovelace?",
    "在奥斯陆的包裹在哪里？",
    "a much longer prompt " * 30,
    "celsius 17 -3.5 bad\n\n“quoted” \\ \x01",
)

OBJECT = "object"
SCHEMAS: dict[str, Any] = {
    "anything": {},
    "true": True,
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "null": {"type": "null"},
    "nullable": {"type": ["string", "null"]},
    "null_first": {"type": ["null", "integer"], "minimum": 5},
    "const": {"const": {"a": [1]}},
    "enum": {"enum": ["celsius", "fahrenheit", None]},
    "enum_of_numbers": {"type": "integer", "enum": [3, 5, 7]},
    "integer_bounds": {"type": "integer", "minimum": 3, "maximum": 4},
    "integer_single": {"type": "integer", "minimum": 3, "maximum": 3},
    "negative": {"type": "integer", "maximum": -5},
    "below_a_half": {"type": "integer", "minimum": 0.5, "maximum": 1.5},
    "exclusive": {"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5},
    "exclusive_above": {"type": "integer", "exclusiveMaximum": 0},
    "both_lows": {"type": "integer", "minimum": 10, "exclusiveMinimum": 3, "maximum": 11},
    "both_highs": {"type": "integer", "minimum": 4, "maximum": 9, "exclusiveMaximum": 5},
    "multiple": {"type": "integer", "multipleOf": 7, "minimum": 8, "maximum": 20},
    "multiple_negative": {"type": "integer", "multipleOf": 5, "minimum": -12, "maximum": -6},
    "multiple_at_the_edge": {"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 10},
    "multiple_exclusive": {"type": "integer", "multipleOf": 4, "exclusiveMinimum": 4, "maximum": 9},
    "narrow_number": {"type": "number", "minimum": 0.1, "maximum": 0.2},
    "probability": {"type": "number", "minimum": 0, "maximum": 1},
    "exclusive_number": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "half_steps": {"type": "number", "multipleOf": 0.5, "minimum": 0.3, "maximum": 1.2},
    "cents": {"type": "number", "multipleOf": 0.25, "exclusiveMinimum": 0},
    "short": {"type": "string", "maxLength": 3},
    "empty_text": {"type": "string", "maxLength": 0},
    "long": {"type": "string", "minLength": 50},
    "pattern_digits": {"type": "string", "pattern": "^[0-9]{3}-[0-9]{4}$"},
    "pattern_code": {"type": "string", "pattern": "^[A-Z]{2}\\d{2,5}$"},
    "pattern_slug": {"type": "string", "pattern": "^[a-z0-9]+(?:-[a-z0-9]+)*$"},
    "pattern_choice": {"type": "string", "pattern": "^(red|green|blue)$"},
    "pattern_open": {"type": "string", "pattern": "x+y?z"},
    "pattern_not": {"type": "string", "pattern": "^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$"},
    "pattern_with_length": {"type": "string", "pattern": "^\\w+$", "minLength": 5, "maxLength": 8},
    "pattern_and_minimum": {"type": "string", "pattern": "^[a-c]+$", "minLength": 9},
    "format_date": {"type": "string", "format": "date-time"},
    "array": {"type": "array", "items": {"type": "string"}},
    "array_bare": {"type": "array"},
    "array_bounds": {"type": "array", "items": {"type": "integer"}, "minItems": 4, "maxItems": 4},
    "array_empty": {"type": "array", "items": {"type": "integer"}, "maxItems": 0},
    "unique": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 5},
        "minItems": 5,
        "uniqueItems": True,
    },
    "unique_texts": {
        "type": "array",
        "items": {"type": "string"},
        "minItems": 3,
        "uniqueItems": True,
    },
    "unique_enum": {
        "type": "array",
        "items": {"enum": ["a", "b", "c"]},
        "minItems": 3,
        "uniqueItems": True,
    },
    "unique_booleans": {
        "type": "array",
        "items": {"type": "boolean"},
        "minItems": 2,
        "uniqueItems": True,
    },
    "tuple": {
        "type": "array",
        "prefixItems": [{"type": "string"}, {"type": "integer"}],
        "items": False,
        "minItems": 2,
    },
    "tuple_and_more": {
        "type": "array",
        "prefixItems": [{"const": 1}],
        "items": {"type": "boolean"},
        "minItems": 3,
    },
    "contains": {"type": "array", "contains": {"const": 7}},
    "nested_arrays": {
        "type": "array",
        "minItems": 1,
        "items": {"type": "array", "minItems": 2, "items": {"type": "array", "items": {}}},
    },
    "object": {
        "type": OBJECT,
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city"],
        "additionalProperties": False,
    },
    "object_by_itself": {"type": OBJECT},
    "required_without_a_schema": {"type": OBJECT, "required": ["a", "b"]},
    "free_keys": {
        "type": OBJECT,
        "additionalProperties": {"type": "integer"},
        "minProperties": 2,
    },
    "pattern_keys": {"type": OBJECT, "patternProperties": {"^x-": {"type": "integer"}}},
    "any_of": {"anyOf": [{"type": "integer", "minimum": 9}, {"type": "null"}]},
    "any_of_beside": {
        "type": OBJECT,
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "anyOf": [
            {"properties": {"size": {"type": "integer"}}, "required": ["size"]},
            {"properties": {"colour": {"type": "string"}}, "required": ["colour"]},
        ],
    },
    "one_of": {
        "oneOf": [
            {
                "type": OBJECT,
                "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}},
                "required": ["kind", "lives"],
            },
            {
                "type": OBJECT,
                "properties": {"kind": {"const": "dog"}, "name": {"type": "string"}},
                "required": ["kind", "name"],
            },
        ]
    },
    "all_of": {
        "allOf": [
            {"type": OBJECT, "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"type": OBJECT, "properties": {"b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    "all_of_bounds": {"type": "integer", "allOf": [{"minimum": 5}, {"maximum": 6}]},
    "ref": {
        "type": OBJECT,
        "properties": {"home": {"$ref": "#/$defs/place"}, "work": {"$ref": "#/$defs/place"}},
        "required": ["home", "work"],
        "$defs": {
            "place": {
                "type": OBJECT,
                "properties": {"city": {"type": "string"}, "at": {"$ref": "#/$defs/point"}},
                "required": ["city", "at"],
            },
            "point": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        },
    },
    "ref_with_more": {
        "$ref": "#/$defs/whole",
        "minimum": 40,
        "maximum": 41,
        "$defs": {"whole": {"type": "integer"}},
    },
    "ref_escaped": {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": "found"}}},
    "recursive": {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "type": OBJECT,
                "properties": {
                    "name": {"type": "string"},
                    "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
                },
                "required": ["name", "children"],
                "additionalProperties": False,
            }
        },
    },
    "linked_list": {
        "type": OBJECT,
        "properties": {
            "value": {"type": "integer"},
            "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        },
        "required": ["value", "next"],
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_value_fits_its_schema(name: str) -> None:
    schema = SCHEMAS[name]
    validator = Draft202012Validator(schema)
    for prompt in PROMPTS:
        value = fit(schema, prompt)
        json.loads(json.dumps(value))
        problems = [error.message for error in validator.iter_errors(value)]
        assert not problems, (prompt, value, problems)


class Part(BaseModel):
    name: str = Field(pattern=r"^[A-Z][a-z]+$")
    share: float = Field(gt=0, le=1)
    count: int = Field(ge=1, lt=4)


class Machine(BaseModel):
    parts: list[Part] = Field(min_length=2, max_length=3)
    tags: set[str] = Field(min_length=2)
    spare: Part | None
    figures: dict[str, int]
    pair: tuple[int, str]


def test_models_as_people_write_them() -> None:
    for prompt in PROMPTS:
        Machine.model_validate(fit(Machine.model_json_schema(), prompt))


def test_the_value_follows_the_prompt() -> None:
    unit = {"type": "object", "properties": {"unit": {"enum": ["celsius", "fahrenheit"]}}}
    assert fit(unit, "in Fahrenheit please") == {"unit": "fahrenheit"}
    assert fit(unit, "in Celsius please") == {"unit": "celsius"}
    number = {"type": "integer"}
    assert len({fit(number, f"prompt {each}") for each in range(20)}) > 5
    assert fit(number, "the same") == fit(number, "the same")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "unheard-of"},
        {"$ref": "#/nowhere"},
        {"$ref": "https://example.com/schema"},
        {"$ref": "#"},
        {"type": "object", "properties": 5, "required": 7},
        {"enum": []},
        {"anyOf": []},
        {"type": []},
        {"type": "string", "pattern": "("},
        {"type": "string", "pattern": "(a+)+b"},
        {"type": "string", "pattern": "((a{999}){999}){999}"},
        {"type": "string", "pattern": "(" * 500 + ")" * 500},
        {"type": "string", "pattern": "(?=x)y|\\1"},
        {"type": "string", "minLength": "x", "maxLength": -1},
        {"type": "integer", "minimum": 9, "maximum": 3},
        {"type": "integer", "minimum": "x", "multipleOf": 0},
        {"type": "integer", "multipleOf": 10, "minimum": 1, "maximum": 9},
        {"type": "array", "minItems": 10**9},
        {"type": "string", "minLength": 10**9},
        {"type": "number", "minimum": 1e308},
        {"allOf": [{"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}]},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 3},
        [],
        "text",
    ],
)
def test_nonsense_is_survived(schema: Any) -> None:
    """Some value, soon, and no crash: schemas come from callers."""
    assert len(json.dumps(fit(schema, "hm"))) < 1_000_000
