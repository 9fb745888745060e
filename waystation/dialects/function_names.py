"""Names of functions, for vendors that take fewer than the caller's dialect does.

OpenAI takes letters, digits, `_` and `-`, 64 of them at most, Anthropic up to 128 (its own error,
`^[a-zA-Z0-9_-]{1,128}$`); Gemini `.` and `:` too, 64 at most, and a letter or `_` at first (its
FunctionDeclaration). Read 2026-11-22. What does not fit goes out under a name that does, in the
tools, in the choice and in all earlier calls, and its calls come back under the caller's own.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple

from msgspec.structs import replace

from waystation.dialects.ir import (
    Chat,
    Event,
    Message,
    Part,
    PartStarted,
    Tool,
    ToolCall,
    ToolResult,
)

Names = Mapping[str, str]

_DIGEST_CHARACTERS = 8


class Rule(NamedTuple):
    """fits: matches what the vendor takes. odd: one character that it does not. first: goes before
    a beginning that it does not take."""

    fits: re.Pattern[str]
    odd: re.Pattern[str]
    first: re.Pattern[str]
    most: int


_ANY_FIRST = re.compile("")
_OPENAI = Rule(re.compile(r"[A-Za-z0-9_-]{1,64}\Z"), re.compile(r"[^A-Za-z0-9_-]"), _ANY_FIRST, 64)
_ANTHROPIC = _OPENAI._replace(fits=re.compile(r"[A-Za-z0-9_-]{1,128}\Z"), most=128)
_GEMINI = Rule(
    re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}\Z"),
    re.compile(r"[^A-Za-z0-9_.:-]"),
    re.compile(r"[A-Za-z_]"),
    64,
)
RULES: Mapping[str, Rule] = {
    "chat": _OPENAI,
    "responses": _OPENAI,
    "messages": _ANTHROPIC,
    "generate": _GEMINI,
}


def renamed(chat: Chat, operation: str) -> tuple[Chat, Names]:
    """(the request in names that the vendor takes, the vendor's → the caller's of those that had
    to change). The same request when all fit."""
    rule = RULES[operation]
    names = _names(chat)
    odd = sorted(name for name in names if name and rule.fits.match(name) is None)
    if not odd:
        return chat, {}
    names.difference_update(odd)
    theirs: dict[str, str] = {}
    for name in odd:
        theirs[name] = made = _made(name, rule, names)
        names.add(made)
    return _written(chat, theirs), {made: name for name, made in theirs.items()}


def parts_back(parts: tuple[Part, ...], names: Names) -> tuple[Part, ...]:
    """Of an answer, its calls under the caller's names."""
    return tuple(_call(part, names) if type(part) is ToolCall else part for part in parts)


def events_back(events: Iterable[Event], names: Names) -> list[Event]:
    """The same of a stream's events."""
    return [
        replace(event, part=_call(event.part, names))
        if type(event) is PartStarted and type(event.part) is ToolCall
        else event
        for event in events
    ]


def _names(chat: Chat) -> set[str]:
    """All that the request speaks of: tools may be gone that were called."""
    names = {tool.name for tool in chat.tools if type(tool) is Tool}
    for message in chat.messages:
        for part in message.parts:
            if type(part) is ToolCall or type(part) is ToolResult:
                names.add(part.name)
    if chat.tool_choice is not None:
        names.add(chat.tool_choice.name)
    return names


def _made(name: str, rule: Rule, taken: set[str]) -> str:
    """Like the name where that is free, else with a digest of it at the end."""
    plain = rule.odd.sub("_", name)
    if rule.first.match(plain) is None:
        plain = f"_{plain}"
    if len(plain) <= rule.most and plain not in taken:
        return plain
    seed = name.encode("utf-8", "surrogatepass")
    while True:
        seed = sha256(seed).digest()
        end = f"_{seed.hex()[:_DIGEST_CHARACTERS]}"
        made = plain[: rule.most - len(end)] + end
        if made not in taken:
            return made


def _written(chat: Chat, theirs: Names) -> Chat:
    choice = chat.tool_choice
    if choice is not None and choice.name in theirs:
        choice = replace(choice, name=theirs[choice.name])
    return replace(
        chat,
        tools=tuple(
            replace(tool, name=theirs[tool.name])
            if type(tool) is Tool and tool.name in theirs
            else tool
            for tool in chat.tools
        ),
        tool_choice=choice,
        messages=tuple(_message(message, theirs) for message in chat.messages),
    )


def _message(message: Message, theirs: Names) -> Message:
    if not any(getattr(part, "name", "") in theirs for part in message.parts):
        return message
    parts = tuple(
        replace(part, name=theirs.get(part.name, part.name))
        if type(part) is ToolCall or type(part) is ToolResult
        else part
        for part in message.parts
    )
    return replace(message, parts=parts)


def _call(part: ToolCall, names: Names) -> ToolCall:
    return replace(part, name=names[part.name]) if part.name in names else part
