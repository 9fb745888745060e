"""A transport whose good answers have their links made ours, and tell failures as failures.

It lies between the upstream and its dialect's reader, so that whatever dialect the caller speaks
gets the same. While a link is fetched the upstream is not read.
"""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import msgspec

from waystation.dialects.gpts.failures import HEAD_CHARACTERS, failure_in, rules_of
from waystation.dialects.gpts.links import Links
from waystation.dialects.gpts.progress import ProgressLines, rule_of
from waystation.dialects.openai_chat.chunk import decode_chunk
from waystation.dialects.scrub import scrubbed
from waystation.edge.gpts.links_kept import LinksKept
from waystation.errors import Fault
from waystation.kernel.sse import Frame, SseParser
from waystation.routing.snapshot import Channel
from waystation.upstream.transport import Deadlines, Destination, Incoming, Outgoing, Transport

EVENT_BYTES_MAX = 8 * 1024 * 1024
WHOLE_BYTES_MAX = 32 * 1024 * 1024
_CHOICES_MAX = 128
_REASON_CHARACTERS_MAX = 300
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class LinkingTransport:
    """Implements `Transport`; for one attempt."""

    def __init__(
        self, inner: Transport, channel: Channel, links: LinksKept, secrets: tuple[str, ...]
    ) -> None:
        self._inner = inner
        self._channel = channel
        self._links = links
        self._secrets = secrets

    def ready(self, origin: Destination) -> bool:
        return self._inner.ready(origin)

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        incoming = await self._inner.send(request, deadlines, on_sending)
        if not 200 <= incoming.status < 300:
            return incoming
        is_stream = (incoming.header(b"content-type") or b"").startswith(b"text/event-stream")
        text = _Text(self._channel, self._links, self._secrets, is_stream)
        return _Linked(incoming, text, is_stream)

    async def close(self) -> None:
        """The inner one is shared: whoever made it closes it."""


class _Linked:
    """Implements `Incoming`."""

    def __init__(self, inner: Incoming, text: "_Text", is_stream: bool) -> None:
        self._inner = inner
        self.status = inner.status
        self.headers = inner.headers
        self._pieces = text.streamed(inner) if is_stream else text.whole(inner)

    def header(self, name: bytes) -> bytes | None:
        return self._inner.header(name)

    async def read(self) -> bytes:
        return await anext(self._pieces, b"")

    async def read_all(self, bytes_max: int) -> bytes:
        body = bytearray()
        while piece := await self.read():
            body += piece
            if len(body) > bytes_max:
                break  # the inner one refuses what is larger; links make it a little so
        return bytes(body)

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """No short way: links take their time."""

    def close(self) -> None:
        self._inner.close()


class _Choice:
    """The text of one choice on its way."""

    __slots__ = ("links", "progress")

    def __init__(self, channel: Channel, is_stream: bool) -> None:
        self.links = Links()
        self.progress = ProgressLines(rule_of(channel.tags, is_stream))


class _Text:
    def __init__(
        self, channel: Channel, links: LinksKept, secrets: tuple[str, ...], is_stream: bool
    ) -> None:
        self._channel = channel
        self._links = links
        self._secrets = secrets
        self._is_stream = is_stream
        self._rules = rules_of(channel.tags)
        self._choices: dict[int, _Choice] = {}
        self._head = ""
        self._is_judged = False
        self._waiting: list[bytes] = []

    # ---- a whole answer --------------------------------------------------------------------------

    async def whole(self, incoming: Incoming) -> AsyncGenerator[bytes, None]:
        body = await incoming.read_all(WHOLE_BYTES_MAX)
        yield await self._whole(body)

    async def _whole(self, body: bytes) -> bytes:
        try:
            answer = _decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return body  # judged by who reads it
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not isinstance(choices, list):
            return body
        for index, choice in enumerate(choices[:_CHOICES_MAX]):
            message = choice.get("message") if isinstance(choice, dict) else None
            content = message.get("content") if isinstance(message, dict) else None
            if not isinstance(content, str) or not isinstance(message, dict):
                continue
            code = failure_in(content, self._rules)
            if code:
                return _encode({"error": self._error(code, content)})
            thoughts, text = await self._told(index, content, is_end=True)
            message["content"] = text
            if thoughts:
                message["reasoning_content"] = f"{message.get('reasoning_content') or ''}{thoughts}"
        return _encode(answer)

    # ---- a stream --------------------------------------------------------------------------------

    async def streamed(self, incoming: Incoming) -> AsyncGenerator[bytes, None]:
        """Whole frames. Until its head is judged, nothing of an answer is given."""
        parser = SseParser(EVENT_BYTES_MAX)
        last: list[Any] = []
        while True:
            data = await incoming.read()
            try:
                frames = parser.feed(data) if data else parser.close()
            except Fault:
                yield data  # its reader will say the same
                return
            for frame in frames:
                out = await self._frame(frame, last)
                if out:
                    yield out
            if not data:
                break
        rest = b"".join(self._released(await self._rest(last)))
        if rest:
            yield rest

    async def _frame(self, frame: Frame, last: list[Any]) -> bytes:
        """last: the newest chunk, as the form of one of our own."""
        if frame.data.strip() == b"[DONE]":
            return b"".join(self._released([*await self._rest(last), frame.raw]))
        if self._is_judged and self._is_plain(frame.data):
            return frame.raw
        try:
            chunk = _decode(frame.data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return b"".join(self._released([frame.raw]))
        choices = chunk.get("choices") if isinstance(chunk, dict) else None
        if not isinstance(choices, list) or not choices:
            return self._given(frame.raw)
        last[:] = [chunk]
        changed = False
        for choice in choices:
            if isinstance(choice, dict):
                changed = await self._change(choice) or changed
        out = b"data: " + _encode(chunk) + b"\n\n" if changed else frame.raw
        return self._given(out)

    def _is_plain(self, payload: bytes) -> bool:
        """Most chunks: a few words, in which nothing changes."""
        try:
            choices = decode_chunk(payload).choices
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return False
        if choices is None or len(choices) != 1:
            return False
        delta, known = choices[0].delta, self._choices.get(choices[0].index or 0)
        if delta is None or known is None or choices[0].finish_reason:
            return False
        text = delta.content
        if not isinstance(text, str):
            return False
        return known.links.is_clear(text) and known.progress.is_clear(text)

    async def _change(self, choice: dict[str, Any]) -> bool:
        """Whether the choice is another now."""
        index, delta = choice.get("index") or 0, choice.get("delta")
        content = delta.get("content") if isinstance(delta, dict) else None
        if not isinstance(index, int) or not 0 <= index < _CHOICES_MAX:
            return False
        given = content if isinstance(content, str) else ""
        is_end = bool(choice.get("finish_reason"))
        if index == 0 and not self._is_judged:
            self._head += given
        thoughts, text = await self._told(index, given, is_end=is_end)
        if text == given and not thoughts:
            return False
        changed = delta if isinstance(delta, dict) else {}
        choice["delta"] = changed
        changed["content"] = text
        if thoughts:
            changed["reasoning_content"] = thoughts
        return True

    def _given(self, out: bytes) -> bytes:
        """Held as long as the head may still tell of a failure."""
        if self._is_judged:
            return out
        if len(self._head) < HEAD_CHARACTERS:
            self._waiting.append(out)
            return b""
        return b"".join(self._released([out]))

    def _released(self, frames: list[bytes]) -> list[bytes]:
        """With what waited, or the failure in place of all."""
        if self._is_judged:
            return frames
        self._is_judged = True
        waiting, self._waiting = self._waiting, []
        code = failure_in(self._head, self._rules)
        if code:
            error = self._error(code, self._head)
            return [b"data: " + _encode({"error": error}) + b"\n\n"]
        return [*waiting, *frames]

    async def _rest(self, last: list[Any]) -> list[bytes]:
        """What was held back of choices that never said their end."""
        made = []
        for index in list(self._choices):
            thoughts, text = await self._told(index, "", is_end=True)
            if (text or thoughts) and last:
                delta = {"content": text}
                if thoughts:
                    delta["reasoning_content"] = thoughts
                choice = {"index": index, "delta": delta, "finish_reason": None}
                made.append(b"data: " + _encode({**last[0], "choices": [choice]}) + b"\n\n")
        return made

    # ---- both ------------------------------------------------------------------------------------

    async def _told(self, index: int, text: str, *, is_end: bool) -> tuple[str, str]:
        """(thoughts, answer) with the links that are ours."""
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = _Choice(self._channel, self._is_stream)
        thoughts, answer = choice.progress.feed(text)
        if is_end:
            late_thoughts, late = choice.progress.close()
            thoughts, answer = thoughts + late_thoughts, answer + late
        pieces = choice.links.feed(answer)
        if is_end:
            pieces += choice.links.close()
            del self._choices[index]
        return thoughts, await self._links.text(pieces)

    def _error(self, code: str, text: str) -> dict[str, str]:
        reason = scrubbed(text.strip(), self._secrets)[:_REASON_CHARACTERS_MAX]
        return {"message": reason, "type": "upstream_error", "code": code}
