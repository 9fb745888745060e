"""Translations made of two requests, where the model at hand only writes down what it hears: its
transcript, and a chat that puts it into English.

Each has a hold, a price and a row of its own, both for the caller. The chat is asked while the
transcript's hold is open: if it fails, the transcript costs nothing either.
"""

from collections.abc import Sequence

import msgspec

from waystation.dialects.operation import Request
from waystation.dialects.sound.line_chat import LineChat
from waystation.edge.answers import SecondFailed
from waystation.edge.call import Call
from waystation.edge.inner_call import InnerCall
from waystation.edge.leaving import ClientLeft
from waystation.edge.relay import Relay
from waystation.edge.story import Story
from waystation.errors import TEXTS, Fault

_CHAT = "/v1/chat/completions"


class _Error(msgspec.Struct):
    message: str = ""
    code: str | None = None
    param: str | None = None


class _Refusal(msgspec.Struct):
    error: _Error


_decode = msgspec.json.Decoder(_Refusal).decode


class Translator(Relay):
    """The chat relay for lines of a transcript."""

    __slots__ = ()

    async def english(self, story: Story, lines: Sequence[str]) -> list[str]:
        """Raises SecondFailed, ClientLeft."""
        inner = InnerCall(story.call, _CHAT, b"")
        model = self._site.settings.translation_model
        try:
            chat = LineChat(model, lines, inner.header)
        except Fault as fault:
            raise SecondFailed(fault, status=fault.status) from None

        async def read(_: Call) -> tuple[Request, str | None]:
            return chat, None

        part = Story(self._site, inner, self._dialect)
        part.is_part = True
        await self._run(part, read)
        if not inner.status:
            raise ClientLeft
        story.second = inner.request_id
        if inner.status != 200:
            raise SecondFailed(_fault_of(inner), status=inner.status)
        return chat.english


def _fault_of(inner: InnerCall) -> Fault:
    """Its reply's, for the outer caller."""
    error = _decode(inner.answer).error
    code = error.code if error.code is not None and error.code in TEXTS else "upstream_error"
    message = error.message.partition(" (request id: ")[0]
    after = next((value for name, value in inner.reply_headers if name == b"retry-after"), None)
    return Fault(
        code,
        status=inner.status,
        message=f"While it was translated: {message}",
        retry_after=int(after) if after is not None else None,
    )
