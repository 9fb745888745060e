"""A completion served by a model that only chats: the prompt as one user turn, its answer as text.

What a chat has no place for is content of the request and refused: other prompts than one text,
`suffix`, `echo`, `logprobs`, `best_of`. Settings that get lost are told as everywhere. Thoughts
have no place in a completion: they are charged, and not shown.
"""

from collections.abc import Sequence
from secrets import token_hex
from time import time
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
from waystation.dialects.ir import (
    Chat,
    Event,
    Finished,
    Message,
    PartDelta,
    PartStarted,
    Reply,
    Text,
)
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_chat.chunk_writer import TEXT_SHAPE, StreamPart
from waystation.dialects.openai_chat.reasons import written_reason
from waystation.dialects.openai_chat.request_reader import read_as, sampling_of
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.errors import Fault
from waystation.kernel.scalars import is_null
from waystation.kernel.strictjson import Fields

DIALECT = "openai_text"
_READ = frozenset(
    (
        "model",
        "prompt",
        "max_tokens",
        "temperature",
        "top_p",
        "top_k",
        "stop",
        "seed",
        "presence_penalty",
        "frequency_penalty",
        "stream",
        "stream_options",
        "n",
        "user",
        "best_of",
        "echo",
        "suffix",
    )
)
_CHATS_HAVE_NONE = "only channels that chat serve this model here, and a chat has no such thing"
_DONE = b"data: [DONE]\n\n"
_encode = msgspec.json.Encoder().encode


def read_chat(fields: Fields, model: str, stream: bool, output_tokens: int) -> Chat:
    """Raises Fault invalid_value for what a chat cannot do."""
    for name in ("echo", "suffix", "logprobs"):
        value = fields.get(name)
        if value is not None and not is_null(value) and bytes(value) not in (b"false", b'""'):
            raise Fault("invalid_value", param=name, reason=_CHATS_HAVE_NONE)
    if (read_as(fields, "best_of", int) or 1) > 1:
        raise Fault("invalid_value", param="best_of", reason=_CHATS_HAVE_NONE)
    if not output_tokens:
        raise Fault("invalid_value", param="max_tokens", reason="a chat answers with one at least")
    return Chat(
        dialect=DIALECT,
        model=model,
        messages=(Message("user", (Text(_prompt(fields["prompt"])),), "prompt"),),
        sampling=sampling_of(fields, output_tokens),
        stream=stream,
        user=read_as(fields, "user", str) or "",
        extras={
            name: value
            for name, value in fields.items()
            if name not in _READ and not is_null(value)
        },
    )


def _prompt(value: msgspec.Raw) -> str:
    try:
        told = msgspec.json.decode(value, type=str | list[str])
    except msgspec.ValidationError:
        told = []
    texts = [told] if isinstance(told, str) else told
    if len(texts) != 1 or not texts[0]:
        reason = "only channels that chat serve this model here: they take one text"
        raise Fault("invalid_value", param="prompt", reason=reason)
    return texts[0]


def write_reply(reply: Reply, model: str, bill: Bill) -> bytes:
    """The body. model: as the caller asked for it."""
    text = "".join(part.text for part in reply.parts if isinstance(part, Text))
    finish = written_reason(reply.reason)
    return _encode(
        {
            "id": TEXT_SHAPE.id_prefix + token_hex(12),
            "object": TEXT_SHAPE.object,
            "created": int(time()),
            "model": model,
            "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish}],
            "usage": shown_usage(bill.usage(), None, bill.cost()),
        }
    )


class TextWriter:
    """Implements `EventWriter`."""

    __slots__ = ("_bill", "_head", "_include_usage", "_index", "_part", "_texts")

    def __init__(
        self, model: str, bill: Bill, *, include_usage: bool, part: StreamPart | None = None
    ) -> None:
        self._bill = bill
        self._part = part
        self._include_usage = include_usage
        self._index = 0 if part is None else part.index
        self._texts: set[int] = set()
        named = {
            "id": TEXT_SHAPE.id_prefix + token_hex(12) if part is None else part.id,
            "object": TEXT_SHAPE.object,
            "created": int(time()) if part is None else part.created,
            "model": model,
        }
        self._head = b"data: " + _encode(named)[:-1]

    def write(self, events: Sequence[Event]) -> bytes:
        out: list[bytes] = []
        for event in events:
            if type(event) is PartDelta:
                if event.index in self._texts:
                    out.append(self._chunk(event.text))
            elif type(event) is PartStarted:
                if isinstance(event.part, Text):
                    self._texts.add(event.index)
                    if event.part.text:
                        out.append(self._chunk(event.part.text))
            elif type(event) is Finished:
                self._finish(event, out)
        return b"".join(out)

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        text = message_of(fault, request_id, language)
        return (
            b"data: " + _encode({"error": error_object(fault, shown_status(fault), text)}) + b"\n\n"
        )

    def keep_alive(self) -> bytes:
        return self._chunk("")

    def _chunk(self, text: str, finish: str | None = None) -> bytes:
        choice = {"index": self._index, "text": text, "logprobs": None, "finish_reason": finish}
        return self._head + b',"choices":[%b]}\n\n' % _encode(choice)

    def _finish(self, end: Finished, out: list[bytes]) -> None:
        out.append(self._chunk("", written_reason(end.reason)))
        if self._part is not None:
            return
        if self._include_usage:
            shown = shown_usage(self._bill.usage(), None, self._bill.cost())
            out.append(self._head + b',"choices":[],"usage":' + bytes(shown) + b"}\n\n")
        out.append(_DONE)
