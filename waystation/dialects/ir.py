"""A conversation in no dialect: what translation goes through.

Each dialect reads its requests into a `Chat` and writes one out of it; the same with `Reply` for
whole answers and with events for streams. A field stands here when several dialects have it; what
one alone has travels in `Chat.extras` (raw, by its name there) or as `Opaque`.

Events of a stream come in this order: one Started; for each part PartStarted, PartDelta …,
PartEnded (parts may overlap, each index has its own bracket, indexes rise in order of their start);
then Finished, or Failed at any time, which ends the stream. There is one answer in a stream and in
a Reply: several are made by fan-out.

Usage is no event: the meter reads it beside the translation (`dialects/lanes.py`).
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from waystation.errors import Fault

Raw = msgspec.Raw

Role = Literal["system", "user", "assistant"]
"""system: an instruction amid the turns; those at the head stand in `Chat.system`."""

MediaKind = Literal["image", "audio", "video", "file"]

Reason = Literal["stop", "stop_sequence", "length", "tool_calls", "content_filter", "pause"]
"""Why an answer ended. pause: the vendor stopped amid its own tools and wants to be called again.
What a dialect does not know is "stop", its word is in raw_reason."""


class Opaque(msgspec.Struct, frozen=True, gc=False):
    """What only its origin understands. dialect: "anthropic", "openai_chat", "openai_responses" or
    "gemini". value: JSON as it was written there (a block, a signature string with its quotes).
    path: where it stood in the request, for refusals and losses."""

    dialect: str
    value: Raw
    path: str = ""


class Text(msgspec.Struct, frozen=True, gc=False):
    """cache: Anthropic's `cache_control` as it was written, on whatever part bears it. seal: a
    signature over this part. is_refusal: the model tells why it will not answer."""

    text: str
    cache: Raw | None = None
    seal: Opaque | None = None
    is_refusal: bool = False


class Media(msgspec.Struct, frozen=True, gc=False):
    """A picture, sound or file: data (base64 text, without any prefix) or url (never a data URL)
    or file_id (at the vendor of `dialect`). mime: "" unknown. name: of a file. detail: "low",
    "high", "auto" or "". path: where it stood in the request, for refusals."""

    kind: MediaKind
    mime: str = ""
    data: str = ""
    url: str = ""
    file_id: str = ""
    dialect: str = ""
    name: str = ""
    detail: str = ""
    cache: Raw | None = None
    path: str = ""


class Reasoning(msgspec.Struct, frozen=True, gc=False):
    """Thoughts. text "" with a seal: encrypted ones. is_summary: not the thoughts themselves."""

    text: str
    seal: Opaque | None = None
    is_summary: bool = False


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """arguments: JSON text of an object, "" while a stream brings it in deltas."""

    id: str
    name: str
    arguments: str = ""
    cache: Raw | None = None
    seal: Opaque | None = None


class ToolResult(msgspec.Struct, frozen=True, gc=False):
    """Stands in a user message. name: of the tool, "" where the dialect does not tell it (writers
    find it by the call's id: `tool_names`)."""

    id: str
    parts: "tuple[Part, ...]" = ()
    name: str = ""
    is_error: bool = False
    cache: Raw | None = None


Part = Text | Media | Reasoning | ToolCall | ToolResult | Opaque


class Message(msgspec.Struct, frozen=True, gc=False):
    """path: `messages[3]`, for refusals."""

    role: Role
    parts: tuple[Part, ...]
    path: str = ""


class Tool(msgspec.Struct, frozen=True, gc=False):
    """A function. schema: JSON schema of its arguments, always an object."""

    name: str
    description: str = ""
    schema: Raw = Raw(b'{"type":"object","properties":{}}')
    strict: bool | None = None
    cache: Raw | None = None


class ToolChoice(msgspec.Struct, frozen=True, gc=False):
    """mode "tool": that of `name`. parallel: None leaves it to the model."""

    mode: Literal["auto", "any", "none", "tool"] = "auto"
    name: str = ""
    parallel: bool | None = None


Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]


class Thinking(msgspec.Struct, frozen=True, gc=False):
    """How much to think: an effort, a budget in tokens, or both; neither: the model decides. Not
    at all is effort "none". shown: whether thoughts (or a summary) are to come back; None: as
    the upstream likes."""

    effort: Effort | None = None
    budget_tokens: int | None = None
    shown: bool | None = None


class Sampling(msgspec.Struct, frozen=True, gc=False):
    """temperature: of 0 to 2; a dialect with less clamps. output_tokens: the caller's limit."""

    output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: tuple[str, ...] = ()
    seed: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None


class Output(msgspec.Struct, frozen=True, gc=False):
    """The form of the answer. schema: JSON schema, for kind "schema" only."""

    kind: Literal["text", "json", "schema"] = "text"
    schema: Raw = Raw()
    name: str = ""
    description: str = ""
    strict: bool | None = None


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A request. model: as the caller wrote it (the target's name is in `Target`). system: the
    instructions at the head, in order. tools: Opaque ones are the origin's hosted tools. thinking:
    None when the caller said nothing of it. user: whom the caller serves. extras: fields that the
    IR has no place for, by their name in `dialect`; a writer passes on those that the target has
    too and tells the rest as losses (`unsaid`)."""

    dialect: str
    model: str
    messages: tuple[Message, ...]
    system: tuple[Text, ...] = ()
    tools: tuple[Tool | Opaque, ...] = ()
    tool_choice: ToolChoice | None = None
    sampling: Sampling = Sampling()
    thinking: Thinking | None = None
    output: Output = Output()
    stream: bool = False
    user: str = ""
    extras: Mapping[str, Raw] = {}


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A whole answer. id, model: the upstream's words. stop_sequence: which of them ended it."""

    id: str
    model: str
    parts: tuple[Part, ...]
    reason: Reason
    raw_reason: str = ""
    stop_sequence: str = ""


class Started(msgspec.Struct, frozen=True, gc=False):
    """The answer begins. id, model: the upstream's words, "" unknown."""

    id: str = ""
    model: str = ""


class PartStarted(msgspec.Struct, frozen=True, gc=False):
    """part: with what is known at once; text and arguments usually come in deltas. Media and
    Opaque come whole."""

    index: int
    part: Part


class PartDelta(msgspec.Struct, frozen=True, gc=False):
    """More text, thoughts or arguments of the part."""

    index: int
    text: str


class PartEnded(msgspec.Struct, frozen=True, gc=False):
    """seal: the signature that came with the part, if any."""

    index: int
    seal: Opaque | None = None


class Finished(msgspec.Struct, frozen=True, gc=False):
    """The answer is whole. Usage is known as well as it ever will be."""

    reason: Reason
    raw_reason: str = ""
    stop_sequence: str = ""


class Failed(msgspec.Struct, frozen=True):
    """An error inside the stream, nonsense, or an early end."""

    fault: Fault


Event = Started | PartStarted | PartDelta | PartEnded | Finished | Failed


def tool_names(chat: Chat) -> dict[str, str]:
    """The tool's name for each call id, for dialects that want it in results."""
    return {
        part.id: part.name
        for message in chat.messages
        for part in message.parts
        if type(part) is ToolCall
    }
