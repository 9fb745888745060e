"""Tools that run at the vendor, and service tiers: what a body asks for, and how that is taken out.

The vendor charges for them beside tokens. A body is looked at in the words of the dialect that it
is written in (`chat`, `messages`, `responses`, `generate`); what a channel strips is gone from the
body before the channel's overrides are written in.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.kernel.scalars import kind
from waystation.kernel.strictjson import Fields, raw_of, rebuild
from waystation.meter.beside import NOTHING, SERVER_TOOLS, TIER, Beside, tier_of

CALLS_HELD = 2
"""So many calls of a tool are held for, if the caller does not allow fewer: most requests that
may call one never do."""

TYPES = (
    ("web_search", "web_search"),
    ("web_fetch", "web_fetch"),
    ("x_search", "x_search"),
    ("file_search", "file_search"),
    ("collections_search", "file_search"),
    ("code_interpreter", "code_interpreter"),
    ("code_execution", "code_execution"),
    ("computer", "computer_use"),
    ("image_generation", "image_generation"),
    ("mcp", "mcp"),
    ("shell", "shell"),
    ("local_shell", "shell"),
    ("tool_search", "tool_search"),
    ("advisor", "advisor"),
)
"""How the type of a tool begins → our name of it. Tools that the caller runs are not among them,
but for `computer_use`, whose model is dear."""

GEMINI_TOOLS = {
    "googleSearch": "web_search",
    "googleSearchRetrieval": "web_search",
    "enterpriseWebSearch": "web_search",
    "googleMaps": "maps",
    "urlContext": "url_context",
    "codeExecution": "code_execution",
    "fileSearch": "file_search",
    "retrieval": "file_search",
    "computerUse": "computer_use",
    "mcpServers": "mcp",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "chat": {
        "web_search_options": "web_search",
        "search_parameters": "web_search",
        "enable_search": "web_search",
        "search_options": "web_search",
        "plugins": "web_search",
    },
    "messages": {"mcp_servers": "mcp", "container": "code_execution"},
    "responses": {},
    "generate": {},
}
"""Fields of the body that ask for a tool, or belong to one."""

TIERS: Mapping[str, tuple[str, ...]] = {
    "chat": ("service_tier",),
    "messages": ("service_tier", "speed"),
    "responses": ("service_tier",),
    "generate": ("serviceTier", "service_tier"),
}

NAMES = frozenset((SERVER_TOOLS, TIER, *dict(TYPES).values(), *GEMINI_TOOLS.values()))
"""What a channel may strip."""

_TELLING = {name: frozenset((*own, *TIERS[name], "tools")) for name, own in FIELDS.items()}
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode = msgspec.json.Decoder().decode


class _Tool(msgspec.Struct):
    type: Any = None
    max_uses: Any = None


_decode_tools = msgspec.json.Decoder(list[_Tool]).decode
_decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


def unit_of(sort: object) -> str | None:
    """Our name of a tool's type, None for what the caller runs."""
    if isinstance(sort, str):
        for start, name in TYPES:
            if sort.startswith(start):
                return name
    return None


# ---- what is asked for ---------------------------------------------------------------------


def asked(operation: str, fields: Fields) -> Beside:
    """What a body asks for beside tokens."""
    if _TELLING[operation].isdisjoint(fields):
        return NOTHING
    calls: dict[str, int] = {}
    least: dict[str, int] = {}
    for name, unit in FIELDS[operation].items():
        if name in fields and bytes(fields[name]) not in (b"null", b"false", b"[]"):
            calls[unit] = CALLS_HELD
    if "web_search_options" in fields and "web_search" in calls:
        least["web_search"] = 1  # such models search once for each answer, and do not say so
    if "tools" in fields:
        calls |= _calls(operation, fields["tools"])
    tier = _tier(fields, TIERS[operation])
    if not (tier or calls):
        return NOTHING
    return Beside(tier, tuple(calls.items()), tuple(least.items()))


def _tier(fields: Fields, names: tuple[str, ...]) -> str:
    for name in names:
        word = _decode(fields[name]) if name in fields else None
        if name == "speed":
            if word == "fast":
                return "fast"
        elif "speed" not in names:  # Anthropic's tiers cost nothing more
            tier = tier_of(word)
            if tier:
                return tier
    return ""


def _calls(operation: str, tools: msgspec.Raw) -> dict[str, int]:
    """(unit → the most calls to be held for). Only the tools' types are looked at: agents send
    tens of kilobytes of functions."""
    try:
        if operation == "generate":
            return _google_calls(tools)
        listed = _decode_tools(tools)
    except msgspec.ValidationError:
        return {}  # not a list of objects: the upstream will say so
    found: dict[str, int] = {}
    for tool in listed:
        unit = unit_of(tool.type)
        if unit is not None:
            most = tool.max_uses
            found[unit] = min(most, CALLS_HELD) if type(most) is int and most >= 0 else CALLS_HELD
    return found


def _google_calls(tools: msgspec.Raw) -> dict[str, int]:
    """Google's are told by a field each; one tool is taken for a list of one."""
    listed = _decode_objects(tools) if kind(tools) == "[" else [_decode_fields(tools)]
    units = (GEMINI_TOOLS.get(camel(name)) for tool in listed for name in tool)
    return {unit: CALLS_HELD for unit in units if unit is not None}


def camel(name: str) -> str:
    """Google's two spellings as one."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


# ---- taking it out -------------------------------------------------------------------------


def stripped(
    operation: str, body: bytes, strip: tuple[str, ...], kept: Mapping[str, object] = {}
) -> tuple[bytes, tuple[str, ...]]:
    """(the body without what the channel strips, the places where something was). kept: fields
    that the channel itself has written, which stay."""
    if operation not in FIELDS:
        return body, ()
    fields = _decode_fields(body)
    edits: dict[str, msgspec.Raw | None] = {}
    if TIER in strip:
        edits |= {name: None for name in TIERS[operation] if name in fields}
    own = FIELDS[operation].items()
    edits |= {name: None for name, unit in own if name in fields and _goes(unit, strip)}
    places = [name for name in edits if name not in kept]
    tools = fields.get("tools")
    if tools is not None and "tools" not in kept and bytes(tools) != b"null":
        left, gone = _tools_left(operation, tools, strip)
        if gone:
            places += gone
            edits |= _with_tools(fields, left, strip)
    edits = {name: edit for name, edit in edits.items() if name not in kept}
    return (rebuild(fields, edits), tuple(places)) if edits else (body, ())


def _goes(unit: str | None, strip: tuple[str, ...]) -> bool:
    return unit is not None and (SERVER_TOOLS in strip or unit in strip)


def _tools_left(
    operation: str, tools: msgspec.Raw, strip: tuple[str, ...]
) -> tuple[list[msgspec.Raw], list[str]]:
    """(the tools that stay, the places of those that go)"""
    left: list[msgspec.Raw] = []
    gone: list[str] = []
    is_list = kind(tools) == "["
    for place, written in enumerate(_decode_list(tools) if is_list else [tools]):
        kept = _left_of(operation, written, strip)
        if kept is None or kept is not written:
            gone.append(f"tools[{place}]")
        if kept is not None:
            left.append(kept)
    return left, gone


def _left_of(operation: str, written: msgspec.Raw, strip: tuple[str, ...]) -> msgspec.Raw | None:
    """One tool: as it is, what stays of it, or None."""
    if kind(written) != "{":
        return written
    if operation != "generate":
        tool = _decode_fields(written)
        sort = _decode(tool["type"]) if "type" in tool else None
        if sort == "builtin_function":
            sort = _builtin(tool)
        return None if _goes(unit_of(sort), strip) else written
    tool = _decode_fields(written)
    kept = {name: v for name, v in tool.items() if not _goes(GEMINI_TOOLS.get(camel(name)), strip)}
    if len(kept) == len(tool):
        return written
    return raw_of(kept) if kept else None


def _builtin(tool: Fields) -> object:
    """Moonshot's: a function whose name begins with a dollar sign."""
    function = _decode(tool["function"]) if "function" in tool else None
    name = function.get("name") if isinstance(function, dict) else None
    return name.removeprefix("$") if isinstance(name, str) else None


def _with_tools(
    fields: Fields, left: list[msgspec.Raw], strip: tuple[str, ...]
) -> dict[str, msgspec.Raw | None]:
    """The tools that stay; a choice among none, or of one that went, goes too."""
    edits: dict[str, msgspec.Raw | None] = {"tools": raw_of(left) if left else None}
    beside = ("tool_choice", "parallel_tool_calls", "toolConfig", "tool_config")
    if not left:
        return edits | {name: None for name in beside if name in fields}
    choice = _decode(fields["tool_choice"]) if "tool_choice" in fields else None
    if isinstance(choice, dict) and _goes(_chosen(choice), strip):
        edits["tool_choice"] = None
    return edits


def _chosen(choice: Mapping[str, Any]) -> str | None:
    """The tool of ours that a choice names, if it does: by its type, or in Messages by its name."""
    if choice.get("type") == "function" or "function" in choice:
        return None
    return unit_of(choice.get("type")) or unit_of(choice.get("name"))
