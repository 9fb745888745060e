"""A stream put together into the whole answer that was asked for.

Unofficial upstreams stream whatever the caller said. Texts are joined, tool calls gathered by
index, other fields of a delta or a chunk kept as last told.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.errors import Fault
from waystation.kernel.sse import SseParser

_JOINED = ("content", "reasoning_content", "reasoning", "refusal")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


def looks_like_stream(content_type: str, body: bytes) -> bool:
    """Whether a body is an event stream, by its type or by its first bytes."""
    if "event-stream" in content_type:
        return body.lstrip()[:1] != b"{"
    return body[:64].lstrip(b"\xef\xbb\xbf \r\n").startswith((b"data:", b"event:", b":"))


def assembled(body: bytes, object_name: str, secrets: Sequence[str] = ()) -> bytes:
    """One object out of the stream. Raises Fault when it holds an error, nonsense or no end."""
    parser = SseParser(max(len(body), 1))
    whole = _Whole()
    for frame in [*parser.feed(body), *parser.close()]:
        payload = frame.data.strip()
        if payload == b"[DONE]":
            whole.is_ended = True
            break
        if payload:
            whole.take(_chunk(payload, frame.event, secrets))
    if not whole.choices or not (whole.is_ended or whole.all_finished):
        raise Fault("bad_upstream_response", reason="the stream ended before its end")
    return _encode(whole.reply(object_name))


def _chunk(payload: bytes, event: bytes | None, secrets: Sequence[str]) -> dict[str, Any]:
    try:
        chunk = _decode(payload)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Fault("bad_upstream_response", reason="a frame that is no valid chunk") from None
    if chunk.get("error") or event == b"error":
        raise read_error(200, payload, secrets)
    return chunk


class _Whole:
    """What the chunks add up to."""

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {}
        self.choices: dict[int, dict[str, Any]] = {}
        self.usage: Any = None
        self.is_ended = False

    @property
    def all_finished(self) -> bool:
        return all(choice.get("finish_reason") for choice in self.choices.values())

    def take(self, chunk: dict[str, Any]) -> None:
        choices = chunk.pop("choices", None)
        usage = chunk.pop("usage", None)
        if isinstance(usage, dict):
            self.usage = usage
        for name, value in chunk.items():
            if value or name not in self.fields:
                self.fields[name] = self.fields.get(name) or value
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                self._take_choice(choice)

    def _take_choice(self, choice: dict[str, Any]) -> None:
        index = choice.get("index") or 0
        if not isinstance(index, int) or index > 127:
            raise Fault("bad_upstream_response", reason="too many choices")
        whole = self.choices.setdefault(index, {"index": index})
        delta = choice.get("delta")
        if isinstance(delta, dict):
            _add_delta(whole.setdefault("message", {"role": "assistant"}), delta)
        if isinstance(choice.get("text"), str):
            whole["text"] = whole.get("text", "") + choice["text"]
        if isinstance(choice.get("logprobs"), dict):
            _add_logprobs(whole.setdefault("logprobs", {}), choice["logprobs"])
        if choice.get("finish_reason"):
            whole["finish_reason"] = choice["finish_reason"]
        if isinstance(choice.get("usage"), dict) and self.usage is None:
            self.usage = choice["usage"]

    def reply(self, object_name: str) -> dict[str, Any]:
        choices = []
        for index in sorted(self.choices):
            choice = self.choices[index]
            _close_choice(choice)
            choices.append(choice)
        reply = {**self.fields, "object": object_name, "choices": choices}
        if self.usage is not None:
            reply["usage"] = self.usage
        return reply


def _close_choice(choice: dict[str, Any]) -> None:
    choice.setdefault("logprobs", None)
    message = choice.get("message")
    if message is None:
        choice.setdefault("finish_reason", "stop")
        return
    calls = message.pop("_calls", None)
    if calls:
        message["tool_calls"] = [calls[index] for index in sorted(calls)]
    message.setdefault("content", None)
    choice.setdefault("finish_reason", "tool_calls" if calls else "stop")


def _add_delta(message: dict[str, Any], delta: dict[str, Any]) -> None:
    for name, value in delta.items():
        if value is None or name == "role":
            continue
        if name == "tool_calls" and isinstance(value, list):
            calls = message.setdefault("_calls", {})
            for call in value:
                if isinstance(call, dict):
                    _add_call(calls, call)
        elif name == "function_call" and isinstance(value, dict):
            _add_function(message.setdefault("function_call", {"name": "", "arguments": ""}), value)
        elif name in _JOINED or isinstance(message.get(name), type(value)):
            _join(message, name, value)
        else:
            message[name] = value


def _join(message: dict[str, Any], name: str, value: Any) -> None:
    known = message.get(name)
    if isinstance(known, str) and isinstance(value, str):
        message[name] = known + value
    elif isinstance(known, list) and isinstance(value, list):
        known.extend(value)
    elif value or known is None:
        message[name] = value


def _add_call(calls: dict[int, dict[str, Any]], delta: dict[str, Any]) -> None:
    index = delta.get("index")
    if not isinstance(index, int):
        opens_next = delta.get("id") and all(c["id"] != delta["id"] for c in calls.values())
        index = len(calls) if opens_next or not calls else max(calls)
    function = {"name": "", "arguments": ""}
    call = calls.setdefault(index, {"id": "", "type": "function", "function": function})
    for name, value in delta.items():
        if name == "function" and isinstance(value, dict):
            _add_function(call["function"], value)
        elif name != "index" and value:
            call[name] = value


def _add_function(function: dict[str, Any], delta: dict[str, Any]) -> None:
    if delta.get("name") and not function["name"]:
        function["name"] = delta["name"]
    arguments = delta.get("arguments")
    if isinstance(arguments, dict):
        arguments = _encode(arguments).decode()
    if isinstance(arguments, str):
        function["arguments"] += arguments


def _add_logprobs(known: dict[str, Any], told: dict[str, Any]) -> None:
    for name, value in told.items():
        if isinstance(value, list):
            known.setdefault(name, []).extend(value)
        elif value is not None or name not in known:
            known[name] = value
