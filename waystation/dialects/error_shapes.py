"""A fault in each dialect's own words: status, headers and body.

Text ends with the request id; `code` never changes with the language.
"""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from waystation.dialects.midjourney.error_words import words_of_fault
from waystation.errors import Fault, Language

Shape = Literal["openai", "anthropic", "gemini", "midjourney", "suno", "management", "console"]
Headers = list[tuple[bytes, bytes]]

_encode = msgspec.json.Encoder().encode

_OPENAI_TYPE = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    429: "rate_limit_error",
    500: "server_error",
    502: "upstream_error",
    503: "upstream_error",
    504: "upstream_error",
    529: "upstream_error",
}
_ANTHROPIC_TYPE = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "overloaded_error",
    504: "api_error",
    529: "overloaded_error",
}
_GEMINI_STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
# Of the house itself rather than of a channel, at 503.
_OWN_TROUBLE = frozenset({"temporarily_unavailable", "overloaded", "draining"})


def write_error(
    fault: Fault, dialect: str = "openai", request_id: str = "", language: Language = "en"
) -> tuple[int, Headers, bytes]:
    """(status, headers, body) of a fault. dialect: a Shape; the names of the chat dialects count
    as their families. retry_after becomes a header, on 503 even when the fault names none."""
    shape = _SHAPES.get(dialect, _openai)
    status = shown_status(fault, dialect)
    text = message_of(fault, request_id, language)
    body = _encode(shape(fault, status, text, request_id))
    headers: Headers = [(b"content-type", b"application/json; charset=utf-8")]
    if shape is _anthropic and request_id:  # its clients read the id by this name
        headers.append((b"request-id", request_id.encode()))
    retry_after = fault.retry_after
    if retry_after is None and status == 503:
        retry_after = 5
    if retry_after is not None:
        headers.append((b"retry-after", b"%d" % max(retry_after, 0)))
    return status, headers, body


def message_of(fault: Fault, request_id: str, language: Language = "en") -> str:
    """The fault's text in the caller's language, with the request id at its end."""
    text = fault.text(language)
    return f"{text} (request id: {request_id})" if request_id else text


def shown_status(fault: Fault, dialect: str = "openai") -> int:
    """529 is Anthropic's own; elsewhere an overloaded upstream is 503. The family's management
    calls tell failures in a 200, save for credentials and for our own trouble. Midjourney's
    clients know an unknown task as a 400."""
    if dialect == "management" and fault.status != 401 and fault.status < 500:
        return 200
    if dialect == "midjourney" and fault.code == "task_not_found":
        return 400
    if fault.status == 529 and not dialect.startswith("anthropic"):
        return 503
    return fault.status


def error_object(fault: Fault, status: int, text: str) -> dict[str, Any]:
    """The inner object of the OpenAI shape."""
    if fault.code in _OWN_TROUBLE:
        kind = "server_error"
    else:
        kind = _OPENAI_TYPE.get(status, "invalid_request_error" if status < 500 else "server_error")
    shown = {"message": text, "type": kind, "param": fault.param, "code": fault.code}
    return {**shown, **fault.extra}


def _openai(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    return {"error": error_object(fault, status, text)}


def _anthropic(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    kind = _ANTHROPIC_TYPE.get(status, "invalid_request_error" if status < 500 else "api_error")
    if fault.code in ("temporarily_unavailable", "draining"):
        kind = "api_error"
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": request_id}


def _gemini(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    name = _GEMINI_STATUS.get(status, "INVALID_ARGUMENT" if status < 500 else "INTERNAL")
    error = {"code": status, "message": text, "status": name, "details": []}
    return {"error": error}


def _midjourney(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    kind = error_object(fault, status, text)["type"]
    code, description = words_of_fault(fault, text)
    return {
        "code": code,
        "description": description,
        "result": None,
        "type": "upstream_error",
        "properties": {},
        "error": {"message": text, "type": kind, "code": fault.code},
    }


def _suno(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    return {"code": fault.code, "message": text, "data": None}


def _management(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    return {"success": False, "message": text}


def _console(fault: Fault, status: int, text: str, request_id: str) -> dict[str, Any]:
    """hint: what to do about it, where that is more than the message. fields: what is wrong with
    each field, where that is known."""
    error: dict[str, Any] = {
        "code": fault.code,
        "message": text,
        "hint": fault.extra.get("hint", ""),
        "field": fault.param,
        "request_id": request_id,
    }
    if "fields" in fault.extra:
        error["fields"] = fault.extra["fields"]
    return {"error": error}


_SHAPES: dict[str, Callable[[Fault, int, str, str], dict[str, Any]]] = {
    "openai": _openai,
    "openai_chat": _openai,
    "openai_responses": _openai,
    "anthropic": _anthropic,
    "gemini": _gemini,
    "midjourney": _midjourney,
    "suno": _suno,
    "management": _management,
    "console": _console,
}
