"""The relay's OpenAPI document is well-formed, whole, and true in its examples."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.control.conftest import Console
from waystation.control.desk.actions import ACTIONS
from waystation.control.openapi import build_document, codes
from waystation.control.openapi.endpoints import ENDPOINTS
from waystation.control.openapi.faults import error_body
from waystation.dialects.error_shapes import shown_status
from waystation.errors import TEXTS, Fault

DOCUMENT = build_document("https://relay.example")
METHODS = {"get", "post", "put", "delete"}


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = DOCUMENT
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def media_objects() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, method, operation in operations():
        if "requestBody" in operation:
            for media, made in operation["requestBody"]["content"].items():
                yield f"{method} {path} {media}", made
        for status, response in operation["responses"].items():
            for media, made in resolve(response).get("content", {}).items():
                yield f"{method} {path} {status} {media}", made


def untranslated(node: Any, path: str = "") -> Iterator[str]:
    """Where a schema is described in English only."""
    if isinstance(node, dict):
        if isinstance(node.get("description"), str) and "x-description-zh" not in node:
            yield path
        for name, value in node.items():
            if name not in ("example", "examples", "default"):
                yield from untranslated(value, f"{path}/{name}")
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from untranslated(value, f"{path}/{at}")


def valid(schema: dict[str, Any], value: Any) -> list[str]:
    whole = schema | {"components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(whole)
    return [error.message for error in validator.iter_errors(value)]


def test_what_is_described_is_described_in_chinese_too() -> None:
    assert [*untranslated(DOCUMENT["components"]), *untranslated(DOCUMENT["paths"])] == []


def test_every_parameter_has_a_meaning() -> None:
    untold = [
        (path, parameter["name"])
        for path, _, operation in operations()
        for parameter in operation["parameters"]
        if not parameter["schema"].get("description")
    ]
    assert untold == []


def test_the_frame() -> None:
    assert set(DOCUMENT) == {
        "openapi", "info", "jsonSchemaDialect", "servers", "tags", "paths", "components",
    }  # fmt: skip
    assert DOCUMENT["openapi"] == "3.1.0"
    assert DOCUMENT["servers"] == [{"url": "https://relay.example"}]
    assert all(path.startswith("/") for path in DOCUMENT["paths"])
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        assert resolve({"$ref": reference})


def test_nothing_is_declared_for_nobody() -> None:
    used = set(references(DOCUMENT))
    for kind in ("schemas", "headers", "responses"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, name


def test_operations_are_whole() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    tags = {tag["name"] for tag in DOCUMENT["tags"]}
    for path, method, operation in operations():
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        for field in ("summary", "x-summary-zh", "responses", "security", "parameters"):
            assert field in operation, (path, field)
        assert operation["summary"] != operation["x-summary-zh"]
        assert ("description" in operation) == ("x-description-zh" in operation)
        if operation["operationId"] != "cancelResponse":  # it is always refused
            assert any(status.startswith("2") for status in operation["responses"])
        for response in map(resolve, operation["responses"].values()):
            assert response["description"]
            assert response["x-description-zh"]


def test_parameters_are_whole() -> None:
    for path, _, operation in operations():
        named = [(p["name"].lower(), p["in"]) for p in operation["parameters"]]
        assert len(named) == len(set(named))
        in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert in_path == set(re.findall(r"\{(\w+)\}", path))
        for parameter in operation["parameters"]:
            assert parameter["in"] in {"path", "query", "header"}
            assert parameter["required"] or parameter["in"] != "path"
            if "example" in parameter:
                assert not valid(parameter["schema"], parameter["example"])


def test_security_names_schemes() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    for _, _, operation in operations():
        for requirement in operation["security"]:
            assert set(requirement) <= set(schemes)


def test_every_schema_is_a_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    for where, made in media_objects():
        jsonschema.Draft202012Validator.check_schema(made["schema"])
        assert where


def test_no_required_field_is_unknown_or_has_a_default() -> None:
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field in schema.get("required", []):
            assert field in schema["properties"], (name, field)
            assert "default" not in schema["properties"][field], (name, field)


def test_every_example_fits_its_schema() -> None:
    count = 0
    for where, made in media_objects():
        for name, example in made.get("examples", {}).items():
            count += 1
            assert not valid(made["schema"], example["value"]), (where, name)
            if "x-value-zh" in example:
                assert not valid(made["schema"], example["x-value-zh"]), (where, name)
    assert count > 200


def test_stream_examples_are_made_of_chunks() -> None:
    seen = 0
    for where, made in media_objects():
        if not where.endswith("text/event-stream"):
            continue
        chunk, broken = map(resolve, made["schema"]["x-event-schemas"])
        for example in made["examples"].values():
            assert example["value"].endswith("\n\n")
            blocks = example["value"].split("\n\n")[:-1]
            frames = [block.partition("data: ")[2] for block in blocks]
            for frame in frames:
                if frame == "[DONE]":
                    continue
                event = json.loads(frame)
                schema = broken if "error" in event else chunk
                assert not valid(schema, event), event
                seen += 1
    assert seen >= 6


def test_headers_are_whole() -> None:
    for name, header in DOCUMENT["components"]["headers"].items():
        assert name == name.lower()
        assert header["description"] != header["x-description-zh"]
        assert "example" in header


def test_every_error_code_is_documented() -> None:
    told = {code for endpoint in ENDPOINTS for code in endpoint.codes}
    told |= {code for action in ACTIONS for code in action.all_codes}
    assert told <= set(TEXTS)
    assert set(TEXTS) - told == codes.UNSEEN


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.id)
def test_each_code_stands_at_its_status(endpoint: Any) -> None:
    operation = DOCUMENT["paths"][endpoint.path][endpoint.method]
    shape = {"management": "console", "family": "management"}.get(endpoint.shape, endpoint.shape)
    for code in endpoint.codes:
        response = resolve(operation["responses"][str(shown_status(Fault(code), shape))])
        assert code in response["x-error-codes"]
        assert response["content"]["application/json"]["examples"][code]["value"] == error_body(
            code, endpoint.shape
        )


def test_no_example_has_an_unfilled_placeholder() -> None:
    for code in TEXTS:
        for language in ("en", "zh"):
            text = json.dumps(error_body(code, "openai", language), ensure_ascii=False)
            assert "{" not in text.replace('{"error": {', "").replace("}", ""), text
            assert "$ " not in text
            assert "''" not in text


async def test_it_is_served_with_the_deployments_address(console: Console) -> None:
    reply = await console.call("GET", "/openapi.json")
    assert reply.content_type == "application/json"
    document = await reply.json()
    assert document["servers"] == [{"url": "/"}]
    assert document["paths"] == DOCUMENT["paths"]
