"""`GET /v1/models` and `/v1/models/{id}`: what this token can call, in three clients' shapes.

The header does not tell the dialect, but on this shared path it must: `anthropic-version` asks for
Anthropic's shape; the token in `x-goog-api-key` or `?key=`, or the path's version, for Gemini's.
"""

from typing import Any
from urllib.parse import parse_qs, unquote

from waystation.dialects.pictures.names import PREFIXES
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.queries import query_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.identity.credentials import credential
from waystation.kernel.clock import now_ms
from waystation.routing.candidates import Directory

_CREATED = 1626777600
_CREATED_TEXT = "2021-07-20T10:40:00Z"
"""No upstream tells it for all its models, and clients only sort by it."""

_TYPES = (
    ("embed", "embeddings"),
    ("moderation", "moderations"),
    ("instruct", "completions"),
    ("davinci", "completions"),
    ("completion", "completions"),
)
_MAKERS = (
    ("claude", "anthropic"),
    ("image", "image-generation"),
    ("gemini", "gemini"),
    *((name, "image-generation") for name in PREFIXES),
)
_VERBS = ("mj_", "suno_", "swap_face")
"""Names of prices, which nobody calls as models."""
_PAGE_MAX = 1000


def endpoint_type(model: str) -> str:
    """By which call a model is used, read from its name; clients choose a protocol by it."""
    lower = model.lower()
    return next((kind for word, kind in _TYPES if word in lower), "openai")


def endpoint_types(model: str) -> list[str]:
    """The same with the protocol of its maker first, which clients take where they know it."""
    kind = endpoint_type(model)
    if kind != "openai":
        return [kind]
    lower = model.lower()
    return next(([own, kind] for word, own in _MAKERS if word in lower), [kind])


def _openai(name: str, vendor: str) -> dict[str, Any]:
    return {
        "id": name,
        "object": "model",
        "created": _CREATED,
        "owned_by": vendor,
        "supported_endpoint_types": endpoint_types(name),
    }


def _anthropic(name: str, vendor: str) -> dict[str, Any]:
    return {
        "type": "model",
        "id": name,
        "display_name": name,
        "created_at": _CREATED_TEXT,
        "supported_endpoint_types": endpoint_types(name),
    }


_METHODS = ["generateContent", "streamGenerateContent", "countTokens"]
_EMBEDDING_METHODS = ["embedContent", "batchEmbedContents"]


def _gemini(name: str, vendor: str) -> dict[str, Any]:
    kind = endpoint_type(name)
    methods = _EMBEDDING_METHODS if kind == "embeddings" else _METHODS
    return {
        "name": f"models/{name}",
        "displayName": name,
        "supportedGenerationMethods": methods,
        "supported_endpoint_types": endpoint_types(name),
    }


_ENTRY = {"openai": _openai, "anthropic": _anthropic, "gemini": _gemini}


class Models:
    """Handlers: `list` and `retrieve`."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def list(self, call: Call) -> None:
        shape = shape_of(call)
        try:
            caller, directory = await self._known(call)
            names = directory.models(query_of(caller), now_ms())
            page = sorted(name for name in names if not name.startswith(_VERBS))
            entries = [_ENTRY[shape](name, names[name]) for name in page]
            send_json(call, _whole(shape, page, entries, call.query))
        except Fault as fault:
            send_fault(call, fault, shape, language_of(call, self._site.settings.language))

    async def retrieve(self, call: Call) -> None:
        shape = shape_of(call)
        model = call.params["model"]
        if "%" in model:
            model = unquote(model)  # SDKs send the slash of org/model as %2F
        try:
            caller, directory = await self._known(call)
            vendor = directory.serves(query_of(caller, model))
            if vendor is None:
                raise Fault("model_not_found", model=model)
            send_json(call, _ENTRY[shape](model, vendor))
        except Fault as fault:
            send_fault(call, fault, shape, language_of(call, self._site.settings.language))

    async def _known(self, call: Call) -> tuple[Caller, Directory]:
        caller = await identify(self._site.authenticator, call)
        if self._site.directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        return caller, self._site.directory


def _whole(shape: str, page: list[str], entries: list[Any], query: str) -> dict[str, Any]:
    if shape == "gemini":
        return {"models": entries, "nextPageToken": ""}
    if shape == "openai":
        return {"object": "list", "success": True, "data": entries}
    asked = parse_qs(query)
    after = asked.get("after_id", [""])[0]
    start = page.index(after) + 1 if after in page else 0
    limit = asked.get("limit", ["20"])[0]
    count = min(max(int(limit), 1), _PAGE_MAX) if limit.isdecimal() else 20
    shown = page[start : start + count]
    return {
        "data": entries[start : start + count],
        "has_more": start + count < len(page),
        "first_id": shown[0] if shown else None,
        "last_id": shown[-1] if shown else None,
    }


def shape_of(call: Call) -> str:
    """The dialect of a call to a shared path."""
    if call.header("anthropic-version") is not None:
        return "anthropic"
    if call.path.startswith(("/v1beta/", "/v1alpha/")):
        return "gemini"
    try:
        source = credential(call.header, call.query).source
    except Fault:
        return "openai"
    return "gemini" if source in ("x-goog-api-key", "query") else "openai"
