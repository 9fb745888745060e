"""The OpenAPI 3.1 document of `/api/v1`, made of the actions' declarations."""

import inspect
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from waystation import __version__
from waystation.control.desk.action import Action
from waystation.control.openapi import faults
from waystation.control.openapi.headers import ALWAYS, HEADERS

_PAGE_NAME = re.compile(r"Page_(\w+?)View_")
_REF = "#/components/schemas/{name}"
_SECURITY = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of POST /api/v1/session.",
    },
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of POST /api/v1/access-tokens, for scripts.",
    },
    "relayKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "A relay key, `sk-…`.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "waystation_session",
        "description": "A sign-in with `cookie: true`; calls that change anything send the "
        "session's `csrf_token` as `x-csrf-token`.",
    },
}

_PEOPLE = ("session", "accessToken", "cookie")
_BY_ROLE = {"person": _PEOPLE, "operator": _PEOPLE, "token": ("relayKey",)}


def build_desk_document(actions: Sequence[Action], base_url: str = "/") -> dict[str, Any]:
    """base_url: of this deployment."""
    kinds = _kinds(actions)
    shown, schemas = msgspec.json.schema_components(kinds, ref_template=_REF)
    for schema in schemas.values():
        # Docstrings are kept with their indentation before Python 3.13 only.
        if "description" in schema:
            schema["description"] = inspect.cleandoc(schema["description"])
    by_kind = {_name(kind): schema for kind, schema in zip(kinds, shown, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    responses: dict[str, Any] = {}
    for action in actions:
        operation = _operation(action, by_kind)
        paths.setdefault(action.path, {})[action.method.lower()] = operation
        responses.update(faults.responses(action.all_codes, "management"))
    tags = dict.fromkeys(action.tag for action in actions)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Waystation console API",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": base_url.rstrip("/") or "/"}],
        "tags": [{"name": tag} for tag in tags],
        "paths": paths,
        "components": {
            "schemas": dict(
                sorted((schemas | {"ManagementError": faults.SCHEMAS["ManagementError"]}).items())
            ),
            "headers": {name: HEADERS[name] for name in (*ALWAYS, "retry-after")},
            "responses": dict(sorted(responses.items())),
            "securitySchemes": _SECURITY,
        },
    }
    renamed = _PAGE_NAME.sub(r"\1Page", msgspec.json.encode(document).decode())
    spoken: dict[str, Any] = msgspec.json.decode(renamed)
    return spoken


def _kinds(actions: Sequence[Action]) -> list[Any]:
    kinds: dict[str, Any] = {}
    for action in actions:
        for kind in (action.body, action.reply):
            if kind is not None:
                kinds.setdefault(_name(kind), kind)
    return list(kinds.values())


def _name(kind: Any) -> str:
    return repr(kind)


def _operation(action: Action, by_kind: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": action.id,
        "tags": [action.tag],
        "summary": action.summary,
        "x-summary-zh": action.summary_zh,
        "x-role": action.role,
        "parameters": [*_path_parameters(action), *_query_parameters(action)],
    }
    if action.body is not None:
        content = {"application/json": {"schema": by_kind[_name(action.body)]}}
        made["requestBody"] = {"required": True, "content": content}
    made["responses"] = {str(_status(action)): _reply(action, by_kind)} | faults.references(
        action.all_codes, "management"
    )
    made["security"] = [{name: []} for name in _BY_ROLE.get(action.role, ())]
    return made


def _status(action: Action) -> int:
    if action.reply is None and action.media == "application/json":
        return 204
    return action.status


def _reply(action: Action, by_kind: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": action.summary,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ALWAYS},
    }
    if action.reply is not None:
        made["content"] = {action.media: {"schema": by_kind[_name(action.reply)]}}
    elif action.media != "application/json":
        made["content"] = {action.media: {"schema": {"type": "string"}}}
    return made


def _path_parameters(action: Action) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)(?::\w+)?\}", action.path)
    ]


def _query_parameters(action: Action) -> list[dict[str, Any]]:
    if action.query is None:
        return []
    whole = msgspec.json.schema(action.query)
    record = whole["$defs"][whole["$ref"].rsplit("/", 1)[1]]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in record.get("required", []),
            "schema": schema,
        }
        for name, schema in record["properties"].items()
    ]
