"""The demo as a `Transport`: requests to `demo://…` are answered in the process itself.

Everything above the seam is the ordinary relay path, so what works with the demo works through
the same code as with a vendor. Streams come at a set pace: `x-demo-pace-ms` among the channel's
header overrides, 15 ms without it.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from time import time
from typing import TYPE_CHECKING, Any

from waystation.demo import chat, gemini, messages, moderation, others, rerank, responses
from waystation.demo.kept import ASKED_BYTES_MAX, KeptResponses
from waystation.demo.kinds import refuse_misplaced
from waystation.demo.pictures.calls import action_of
from waystation.demo.pictures.refusal import Refused
from waystation.demo.pictures.studio import Studio
from waystation.upstream.transport import Deadlines, Destination, Incoming, MaybeSent, Outgoing

if TYPE_CHECKING:
    from waystation.demo.pictures.desk import PictureDesk
    from waystation.demo.speech.desk import SpeechDesk

_PACE_MS_DEFAULT = 15
_JSON = ((b"content-type", b"application/json"),)
_SSE = ((b"content-type", b"text/event-stream"),)
_ANTHROPIC = ("/messages", "/messages/count_tokens")
_MODELS = (
    *("demo-chat", "demo-completion", "demo-embedding", "demo-moderation", "demo-image"),
    *("demo-speech", "demo-transcription"),
)


class DemoIncoming:
    """A reply made of pieces, one each `pace_seconds`; closing it ends the making."""

    def __init__(
        self,
        status: int,
        headers: tuple[tuple[bytes, bytes], ...],
        pieces: Iterator[bytes],
        pace_seconds: float = 0.0,
    ) -> None:
        self.status = status
        self.headers = headers
        self._pieces = pieces
        self._pace_seconds = pace_seconds
        self._begun = False
        self._closed = False

    def header(self, name: bytes) -> bytes | None:
        return next((value for key, value in self.headers if key == name), None)

    async def read(self) -> bytes:
        if self._begun and self._pace_seconds and not self._closed:
            await asyncio.sleep(self._pace_seconds)
        self._begun = True
        return b"" if self._closed else next(self._pieces, b"")

    async def read_all(self, bytes_max: int) -> bytes:
        body = b""
        while piece := await self.read():
            body += piece
            if len(body) > bytes_max:
                raise MaybeSent("too_large", "demo reply")
        return body

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Each piece goes to the reader."""

    def close(self) -> None:
        self._closed = True


class DemoTransport:
    """Implements `Transport`."""

    def __init__(self) -> None:
        self._studio = Studio()
        self._speech: SpeechDesk | None = None
        self._kept = KeptResponses()

    def ready(self, origin: Destination) -> bool:
        return True

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        if on_sending is not None:
            on_sending()
        headers = dict(request.headers)
        pace = headers.get(b"x-demo-pace-ms", b"")
        pace_ms = int(pace) if pace.isdigit() else _PACE_MS_DEFAULT
        try:
            return await self._answer(request, deadlines, pace_ms)
        except others.BadRequest as error:
            if request.target.endswith(_ANTHROPIC):
                return _json(400, messages.error(str(error)))
            return _refuse(400, str(error))
        except Refused as refused:
            head = (*_JSON, *refused.headers)
            return DemoIncoming(refused.status, head, iter((_dump(refused.body()),)))

    async def close(self) -> None:
        self._studio.close()

    async def _answer(self, request: Outgoing, deadlines: Deadlines, pace_ms: int) -> Incoming:
        if "/audio/" in request.target:
            return await self._sound(request, pace_ms)
        path = request.target.partition("?")[0]
        if path.startswith("/suno/"):
            return await self._studio.run(_sing, path, bytes(request.body), pace_ms)
        if request.method in ("GET", "DELETE") and "/responses/" in path:
            return _json(*self._kept.answer(request.method, request.target))
        action = action_of(request)
        if action is None:
            return _serve(request, pace_ms, self._kept)
        desk = await self._studio.run(_desk, self._studio)
        return await desk.answer(request, action, deadlines, pace_ms / 1000)

    async def _sound(self, request: Outgoing, pace_ms: int) -> Incoming:
        """Loaded with the first sound."""
        from waystation.demo.speech.desk import SpeechDesk, transcript_events
        from waystation.demo.speech.ear import answer_of
        from waystation.demo.speech.order import order_of

        desk = self._speech = self._speech or SpeechDesk(self._studio)
        path = request.target.partition("?")[0]
        if path.endswith("/speech"):
            body = _read(bytes(request.body))
            refuse_misplaced(body.get("model"), path)
            return await desk.speak(order_of(body))
        if not path.endswith(("/transcriptions", "/translations")):
            return _refuse(404, f"the demo has no {path}")
        content_type = dict(request.headers).get(b"content-type", b"").decode("latin-1")
        found, question = await desk.hear(bytes(request.body), content_type, path)
        if not question.stream:
            return _json(200, answer_of(found, question))
        return DemoIncoming(200, _SSE, transcript_events(found, question), pace_ms / 1000)


def _desk(studio: Studio) -> "PictureDesk":
    """Loaded with the first picture: a gateway that draws none needs no Pillow."""
    from waystation.demo.pictures.desk import PictureDesk

    return PictureDesk(studio)


def _sing(path: str, body: bytes, pace_ms: int) -> Incoming:
    """Loaded with the first song, and in a thread: songs are rendered when they are asked for."""
    from waystation.demo.music import pages

    if not pages.is_suno(path):
        return _refuse(404, f"the demo has no {path}")
    status, told = pages.answer(path, body, pace_ms)
    return DemoIncoming(status, _JSON, iter((told,)))


def _serve(request: Outgoing, pace_ms: int, kept: KeptResponses) -> Incoming:
    path = request.target.partition("?")[0]
    if path.endswith("/models"):
        return _json(200, {"object": "list", "data": [{"id": name} for name in _MODELS]})
    body = _read(bytes(request.body))
    created = int(time())
    if ":" in path:
        refuse_misplaced(path.rpartition("/")[2].partition(":")[0], path)
        return _serve_gemini(path, body, pace_ms)
    refuse_misplaced(body.get("model"), path)
    if "/responses" in path:
        memory = kept if len(request.body) <= ASKED_BYTES_MAX else None
        return _serve_responses(path, body, created, pace_ms, memory)
    if path.endswith("/chat/completions"):
        if body.get("stream"):
            return _stream(chat.chunks(body, created), pace_ms)
        return _json(200, chat.completion(body, created))
    if path.endswith("/completions"):
        if body.get("stream"):
            return _stream(others.completion_chunks(body, created), pace_ms)
        return _json(200, others.completion(body, created))
    if path.endswith("/messages/count_tokens"):
        return _json(200, messages.count(body))
    if path.endswith("/messages"):
        if body.get("stream"):
            return DemoIncoming(200, _SSE, _events(messages.events(body)), pace_ms / 1000)
        return _json(200, messages.message(body))
    if path.endswith("/embeddings"):
        return _json(200, others.embeddings(body))
    if path.endswith("/rerank"):
        return _json(200, rerank.rerank(body))
    if path.endswith("/moderations"):
        return _json(200, moderation.moderations(body))
    return _refuse(404, f"the demo has no {path}")


def _serve_responses(
    path: str, body: dict[str, Any], created: int, pace_ms: int, kept: KeptResponses | None
) -> Incoming:
    if path.endswith("/input_tokens"):
        return _json(200, responses.input_tokens(body))
    if path.endswith("/compact"):
        return _json(200, responses.compaction(body, created))
    whole = responses.response(body, created)
    if whole["store"] and kept is not None:
        kept.keep(whole, body.get("input"))
    if body.get("stream"):
        told = (
            b"event: " + event["type"].encode() + b"\ndata: " + _dump(event) + b"\n\n"
            for event in responses.events(body, created)
        )
        return DemoIncoming(200, _SSE, told, pace_ms / 1000)
    return _json(200, whole)


def _serve_gemini(path: str, body: dict[str, Any], pace_ms: int) -> Incoming:
    """…/models/{model}:{verb}"""
    model, _, verb = path.rpartition("/")[2].partition(":")
    if verb == "streamGenerateContent":
        told = (b"data: " + _dump(one) + b"\n\n" for one in gemini.chunks(body, model))
        return DemoIncoming(200, _SSE, told, pace_ms / 1000)
    if verb == "generateContent":
        return _json(200, gemini.answer(body, model))
    if verb == "countTokens":
        return _json(200, gemini.counted(body))
    if verb == "embedContent":
        return _json(200, gemini.embedding(body))
    if verb == "batchEmbedContents":
        return _json(200, gemini.embeddings(body))
    return _refuse(404, f"the demo has no {verb}")


def _read(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise others.BadRequest("the body is not JSON") from None
    if not isinstance(body, dict):
        raise others.BadRequest("the body is not an object")
    return body


def _json(status: int, value: dict[str, Any]) -> Incoming:
    return DemoIncoming(status, _JSON, iter((_dump(value),)))


def _refuse(status: int, message: str) -> Incoming:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return _json(status, {"error": error})


def _dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _stream(chunks: Iterator[dict[str, Any]], pace_ms: int) -> Incoming:
    return DemoIncoming(200, _SSE, _frames(chunks), pace_ms / 1000)


def _frames(chunks: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield b"data: " + _dump(chunk) + b"\n\n"
    yield b"data: [DONE]\n\n"


def _events(events: Iterator[dict[str, Any]]) -> Iterator[bytes]:
    for event in events:
        yield b"event: " + event["type"].encode() + b"\ndata: " + _dump(event) + b"\n\n"
