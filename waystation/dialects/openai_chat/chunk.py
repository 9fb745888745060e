"""What is read of a chunk, and how a chunk is changed where it must be."""

from typing import Any

import msgspec

from waystation.dialects.openai_chat.legacy import reply_as_function_call
from waystation.kernel.strictjson import raw_of

ABSENT = msgspec.Raw()
Text = str | list[msgspec.Raw] | None


class FunctionDelta(msgspec.Struct, gc=False):
    name: str | None = None
    arguments: Text | dict[str, msgspec.Raw] = None


class ToolDelta(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionDelta | None = None


class Delta(msgspec.Struct):
    role: str | None = None
    content: Text = None
    reasoning_content: Text = None
    reasoning: Text = None
    refusal: str | None = None
    tool_calls: list[ToolDelta] | None = None
    function_call: FunctionDelta | None = None
    audio: msgspec.Raw = ABSENT
    images: msgspec.Raw = ABSENT


class Choice(msgspec.Struct):
    """text: of completions, which have no delta."""

    index: int | None = 0
    delta: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    usage: msgspec.Raw = ABSENT


class Groq(msgspec.Struct):
    usage: msgspec.Raw = ABSENT


class Chunk(msgspec.Struct):
    id: str | int | None = None
    object: str | None = None
    created: Any = None
    model: str | None = None
    choices: list[Choice] | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    code: Any = None
    message: Any = None
    type: Any = None
    x_groq: Groq | None = None
    service_tier: Any = None


decode_chunk = msgspec.json.Decoder(Chunk).decode
decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
decode_objects = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode
_decode = msgspec.json.Decoder().decode


class ChoiceEdit(msgspec.Struct):
    """What changes in one choice of a chunk. drop: take the choice out. texts: (reasoning,
    content) in place of the content. tool_indexes: one per tool call, in order."""

    drop: bool = False
    add_role: bool = False
    clear_finish: bool = False
    texts: tuple[str, str] | None = None
    tool_indexes: tuple[int, ...] = ()
    as_function_call: bool = False
    index: int | None = None

    @property
    def is_needed(self) -> bool:
        return (
            self.drop
            or self.add_role
            or self.clear_finish
            or self.texts is not None
            or bool(self.tool_indexes)
            or self.as_function_call
            or self.index is not None
        )


def edited_choices(choices: msgspec.Raw, edits: list[ChoiceEdit]) -> msgspec.Raw | None:
    """The array with its edits, one per choice; None when no choice is left."""
    kept = []
    for fields, edit in zip(decode_objects(choices), edits, strict=True):
        if edit.drop:
            continue
        _edit_choice(fields, edit)
        kept.append(fields)
    return raw_of(kept) if kept else None


def _edit_choice(fields: dict[str, msgspec.Raw], edit: ChoiceEdit) -> None:
    if edit.clear_finish:
        fields["finish_reason"] = msgspec.Raw(b"null")
    if edit.index is not None:
        fields["index"] = raw_of(edit.index)
    if not (edit.add_role or edit.texts is not None or edit.tool_indexes or edit.as_function_call):
        return
    given = fields.get("delta")
    delta = decode_fields(given) if given is not None and bytes(given) != b"null" else {}
    if edit.add_role:
        delta = {"role": msgspec.Raw(b'"assistant"'), **delta, **_ROLE}
    if edit.texts is not None:
        _set_texts(delta, *edit.texts)
    if edit.tool_indexes:
        delta["tool_calls"] = _with_indexes(delta["tool_calls"], edit.tool_indexes)
    if edit.as_function_call:
        reply_as_function_call(delta)
        if bytes(fields.get("finish_reason", ABSENT)) == b'"tool_calls"':
            fields["finish_reason"] = msgspec.Raw(b'"function_call"')
    fields["delta"] = raw_of(delta)


_ROLE = {"role": msgspec.Raw(b'"assistant"')}


def _set_texts(delta: dict[str, msgspec.Raw], reasoning: str, content: str) -> None:
    delta.pop("content", None)
    if reasoning:
        delta["reasoning_content"] = raw_of(reasoning)
    if content or not reasoning:
        delta["content"] = raw_of(content)


def _with_indexes(calls: msgspec.Raw, indexes: tuple[int, ...]) -> msgspec.Raw:
    rebuilt = []
    for call, index in zip(decode_objects(calls), indexes, strict=True):
        call.pop("index", None)
        fields = {"index": raw_of(index), **call}
        if "id" in call:
            fields.setdefault("type", msgspec.Raw(b'"function"'))
        rebuilt.append(fields)
    return raw_of(rebuilt)


def text_of_parts(parts: list[msgspec.Raw]) -> str:
    """The text inside content parts (`text`, nested `thinking`), for counting."""
    found: list[str] = []
    for part in parts:
        _gather(_decode(part), found)
    return "".join(found)


def _gather(value: Any, found: list[str]) -> None:
    if isinstance(value, str):
        found.append(value)
    elif isinstance(value, list):
        for item in value:
            _gather(item, found)
    elif isinstance(value, dict):
        for name in ("text", "thinking", "refusal"):
            if name in value:
                _gather(value[name], found)


def only_text(choices: list[Choice]) -> tuple[bytes, str]:
    """(key, text) of a chunk that does nothing but bring one text of one choice; no text where it
    does more."""
    if len(choices) != 1:
        return b"", ""
    delta, text = choices[0].delta, choices[0].text
    if delta is None:
        return b'"text"', text or ""
    content, thought = delta.content or "", delta.reasoning_content or ""
    if text or delta.refusal or delta.tool_calls or delta.function_call or delta.reasoning:
        return b"", ""
    if isinstance(content, str) and not thought:
        return b'"content"', content
    if isinstance(thought, str) and not content:
        return b'"reasoning_content"', thought
    return b"", ""
