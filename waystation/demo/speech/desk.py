"""Answers the audio calls: speech as it is made, transcripts whole or word by word."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from waystation.demo.pictures.studio import Studio
from waystation.demo.speech.ear import Heard, Question, answer_of, heard, question_of, words
from waystation.demo.speech.incoming import MadeIncoming
from waystation.demo.speech.order import Order
from waystation.demo.speech.synthesis import Synthesis
from waystation.sound.formats import FORMATS

SPEAKERS_MOST = 2
_SSE = ((b"content-type", b"text/event-stream"),)
_TOKENS_PER_SECOND = 21


class SpeechDesk:
    """One a gateway."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._turns = asyncio.Semaphore(SPEAKERS_MOST)
        self._closing: set[asyncio.Task[None]] = set()

    async def speak(self, order: Order) -> MadeIncoming:
        """Returns with the first piece. Raises Refused."""
        synthesis = Synthesis(order, self._studio, self._turns)
        pieces = synthesis.pieces()
        if order.events:
            pieces = _told(order, synthesis, pieces)
        try:
            first = await anext(pieces)
        except BaseException:
            await pieces.aclose()
            raise
        head = _SSE if order.events else ((b"content-type", _type_of(order)),)
        return MadeIncoming(head, first, pieces, self._close)

    def _close(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Ends the synthesiser, once whoever reads has let go."""
        task = asyncio.ensure_future(_closed(pieces))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def hear(self, body: bytes, content_type: str, path: str) -> tuple[Heard, Question]:
        """Raises Refused, BadRequest."""
        question = question_of(body, content_type, path)
        return await self._studio.run(heard, question), question


async def _closed(pieces: AsyncGenerator[bytes, None]) -> None:
    while True:
        try:
            await pieces.aclose()
        except RuntimeError:  # it is being read at this moment
            await asyncio.sleep(0.01)
        else:
            return


def _type_of(order: Order) -> bytes:
    return FORMATS[order.form].media_type.encode()


async def _told(
    order: Order, synthesis: Synthesis, pieces: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    try:
        async for piece in pieces:
            audio = b64encode(piece).decode("ascii")
            yield _event({"type": "speech.audio.delta", "audio": audio})
    finally:
        await pieces.aclose()
    given, made = -(-len(order.text) // 4), round(synthesis.seconds * _TOKENS_PER_SECOND)
    usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
    yield _event({"type": "speech.audio.done", "usage": usage})


def transcript_events(found: Heard, question: Question) -> Iterator[bytes]:
    for word in words(found.text):
        yield _event({"type": "transcript.text.delta", "delta": word})
    usage = answer_of(found, question)["usage"]
    yield _event({"type": "transcript.text.done", "text": found.text, "usage": usage})


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"
