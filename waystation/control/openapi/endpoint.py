"""What a declaration of an endpoint says."""

from typing import Any, Literal

import msgspec

from waystation.control.openapi.fields import Schema

Shape = Literal["openai", "anthropic", "gemini", "management", "family", "midjourney", "suno"]
"""How its failures look."""


class Example(msgspec.Struct, frozen=True):
    """value: JSON, or the text of a stream."""

    name: str
    value: Any


class Body(msgspec.Struct, frozen=True):
    """schema: of JSON; None where it is not taken. form: the same as multipart/form-data, where
    that is; in its examples a file is its name."""

    schema: Schema | None
    examples: tuple[Example, ...]
    form: Schema | None = None
    form_examples: tuple[Example, ...] = ()


class Reply(msgspec.Struct, frozen=True):
    """content: media type → (schema, examples). headers: names of `headers.HEADERS`."""

    status: int
    description: str
    description_zh: str
    content: dict[str, tuple[Schema, tuple[Example, ...]]] = {}
    headers: tuple[str, ...] = ()


class Parameter(msgspec.Struct, frozen=True):
    name: str
    where: Literal["path", "query", "header"]
    schema: Schema
    required: bool = False
    example: Any = None


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """id: the operationId. aliases: other addresses of the same call. codes: every error code it
    can answer. security: () for public calls."""

    id: str
    method: Literal["get", "post", "put", "delete"]
    path: str
    tag: str
    summary: str
    summary_zh: str
    description: str = ""
    description_zh: str = ""
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    replies: tuple[Reply, ...]
    codes: tuple[str, ...] = ()
    shape: Shape = "openai"
    security: tuple[str, ...] = ("bearer", "apiKeyHeader", "googleKeyHeader", "keyQuery")
