"""Replies held against OpenAI's own document, one of the test inputs beside the project."""

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_DEFAULT = Path(__file__).parents[3] / "shared" / "fixtures" / "wire"


def path() -> Path:
    wire = Path(os.environ.get("WAYSTATION_WIRE_FIXTURES", _DEFAULT))
    return wire.parent / "specs" / "openai-openapi.json"


@cache
def _registry() -> Registry[Any]:
    document = json.loads(path().read_text())
    return Registry().with_resource("openai", Resource(document, DRAFT202012))


@cache
def _validator(name: str) -> Draft202012Validator:
    reference = {"$ref": f"openai#/components/schemas/{name}"}
    return Draft202012Validator(reference, registry=_registry())


def fits(name: str, value: Any) -> None:
    """Fails the test unless the value is what the document's schema of that name says.

    Skips it when the document is not there: call this last in a test."""
    if not path().exists():
        pytest.skip(f"{path()} is not there")
    found = [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in _validator(name).iter_errors(value)
    ]
    assert not found, "\n".join(found)
