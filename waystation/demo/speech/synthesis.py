"""A speech as it is made: by the synthesiser in a process of its own, then shaped, marked and
encoded here, piece by piece."""

import asyncio
import sys
from array import array
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from pathlib import Path

from waystation.demo.pictures.refusal import Refused
from waystation.demo.pictures.studio import Studio
from waystation.demo.speech.order import Order
from waystation.demo.speech.voices import voice_of, words_per_minute
from waystation.sound.encoding import Encoder
from waystation.sound.modem.sending import Carrier
from waystation.sound.pcm import from_little_endian
from waystation.sound.shaping import LowPass

RATE = 24_000
_VOICE_HERTZ_MOST = 2_700
"""Above it lie the tones that carry the text."""
_PIECE_BYTES = 32 * 1024
_SECONDS_MOST = 120.0
_PROGRAM = Path(__file__).with_name("speaker.py")


class Broken(Exception):
    """The synthesiser gave up in the middle."""


class Chain:
    """From the synthesiser's samples to the file that is delivered. For a thread."""

    def __init__(self, order: Order, rate: int) -> None:
        self._odd = b""
        self._low = LowPass(rate, RATE, _VOICE_HERTZ_MOST)
        self._carrier = Carrier(order.text, RATE)
        self._encoder = Encoder(order.form, RATE)
        self.samples = 0
        """Delivered so far."""

    def feed(self, data: bytes) -> bytes:
        data = self._odd + data
        even = len(data) & ~1
        self._odd = data[even:]
        samples = from_little_endian(data[:even], RATE).samples
        return self._encoded(self._carrier.over(self._low.feed(samples)))

    def finish(self) -> bytes:
        out = self._encoded(self._carrier.over(self._low.finish()))
        out += self._encoded(self._carrier.rest())
        return out + self._encoder.finish()

    def _encoded(self, samples: "array[int]") -> bytes:
        self.samples += len(samples)
        return self._encoder.feed(samples)


class Synthesis:
    """One speech. turns: how many speak at once."""

    def __init__(self, order: Order, studio: Studio, turns: asyncio.Semaphore) -> None:
        self._order = order
        self._studio = studio
        self._turns = turns
        self.seconds = 0.0

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The file from its front. Raises Refused before the first piece, Broken after it."""
        async with self._turns:
            process = await _begun(self._order)
            try:
                async with asyncio.timeout(_SECONDS_MOST):
                    async for piece in self._made(process):
                        yield piece
            except TimeoutError:
                raise Broken("it took too long") from None
            finally:
                await _ended(process)

    async def _made(self, process: Process) -> AsyncGenerator[bytes, None]:
        assert process.stdout is not None
        try:
            rate = int(await process.stdout.readexactly(8), 16)
        except (asyncio.IncompleteReadError, ValueError):
            raise Refused("The demo's voice did not begin.", status=500) from None
        chain = await self._studio.run(Chain, self._order, rate)
        while data := await process.stdout.read(_PIECE_BYTES):
            if piece := await self._studio.run(chain.feed, data):
                yield piece
        if await process.wait():
            raise Broken("the synthesiser failed")
        last = await self._studio.run(chain.finish)
        self.seconds = chain.samples / RATE
        yield last


async def _begun(order: Order) -> Process:
    """Raises Refused."""
    if find_spec("espeakng_loader") is None:
        reason = "The demo has no voice here: the package espeakng-loader is not installed."
        raise Refused(reason, status=501, kind="server_error")
    import espeakng_loader  # type: ignore[import-untyped]

    voice, pitch = voice_of(order.voice, order.text)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_PROGRAM),
        espeakng_loader.get_library_path(),
        espeakng_loader.get_data_path(),
        voice,
        str(words_per_minute(order.speed)),
        str(pitch),
        stdin=PIPE,
        stdout=PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None
    process.stdin.write(order.text.replace("\0", " ").encode())
    process.stdin.close()
    return process


async def _ended(process: Process) -> None:
    """Nothing is left behind, however it went."""
    if process.returncode is None:
        try:
            process.kill()
        except ProcessLookupError:
            pass
    # To the end of its pipes: only then are they closed.
    await process.communicate()
