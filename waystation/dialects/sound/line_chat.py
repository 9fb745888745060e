"""The chat that puts a transcript's lines into English: an answer without one of them is none, so
that another channel is asked and nobody pays for it."""

from collections.abc import Callable, Sequence

import msgspec

from waystation.dialects.ir import Reply, Text
from waystation.dialects.lanes import Bill
from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.operation import Receipt, ReplyReader, Target
from waystation.dialects.sound.in_english import chat_body, read_lines
from waystation.kernel.strictjson import read_object
from waystation.meter.usage import Usage

Headers = Callable[[str], str | None]


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Answer(msgspec.Struct):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Answer).decode


class LineChat(ChatOperation):
    """english: the lines, once they are known."""

    __slots__ = ("_count", "english")

    def __init__(self, model: str, lines: Sequence[str], headers: Headers) -> None:
        """Raises Fault (400)."""
        body = chat_body(model, lines)
        super().__init__(body, read_object(body), headers, 1)
        self._count = len(lines)
        self.english: list[str] = []

    def judge(self, content: str) -> None:
        """Raises Fault (502)."""
        self.english = read_lines(content, self._count)

    def reply_reader(self, target: Target, receipt: Receipt) -> "_Judged":  # type: ignore[override]
        return _Judged(super().reply_reader(target, receipt), self)

    def write_reply(self, reply: Reply, bill: Bill) -> bytes:
        self.judge("".join(part.text for part in reply.parts if isinstance(part, Text)))
        return super().write_reply(reply, bill)


class _Judged:
    """Implements `ReplyReader`."""

    __slots__ = ("_operation", "_reader")

    def __init__(self, reader: ReplyReader, operation: LineChat) -> None:
        self._reader = reader
        self._operation = operation

    def read(self, status: int, content_type: str, body: bytes) -> bytes:
        told = self._reader.read(status, content_type, body)
        choices = _decode(told).choices
        self._operation.judge((choices[0].message.content or "") if choices else "")
        return told

    def usage(self) -> Usage:
        return self._reader.usage()

    @property
    def upstream_id(self) -> str:
        return self._reader.upstream_id

    @property
    def has_output(self) -> bool:
        return self._reader.has_output
