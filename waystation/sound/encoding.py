"""Samples into a sound file, whole or piece by piece.

`encode` may go back and write what a header should say (length, seek points); an `Encoder` writes
what can be sent at once.
"""

import io
from array import array
from typing import TYPE_CHECKING, Any, cast

from waystation.sound.formats import FORMATS, SoundFormat
from waystation.sound.pcm import Pcm

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream

_BLOCK_FRAMES = 4096
_LAYOUTS = {1: "mono", 2: "stereo"}
_STREAMED: dict[str, dict[str, str]] = {
    "mp3": {"write_xing": "0", "id3v2_version": "0"},
    "ogg": {"page_duration": "100000"},
}
"""FFmpeg's options for what cannot be gone back to."""


def encode(sound: Pcm, form: str, bits_per_second: int | None = None) -> bytes:
    """A whole file. form: of FORMATS (KeyError for another)."""
    file = io.BytesIO()
    writer = _Writer(file, FORMATS[form], sound.rate, sound.channels, bits_per_second, {})
    writer.write(sound.samples)
    writer.close()
    return file.getvalue()


class Encoder:
    """A file as it comes to be: what `feed` and `finish` give, one after another, is the file."""

    __slots__ = ("_sink", "_writer")

    def __init__(
        self, form: str, rate: int, channels: int = 1, bits_per_second: int | None = None
    ) -> None:
        """form: of FORMATS (KeyError for another)."""
        chosen = FORMATS[form]
        self._sink = _Sink()
        options = _STREAMED.get(chosen.container, {})
        self._writer = _Writer(self._sink, chosen, rate, channels, bits_per_second, options)

    def feed(self, samples: "array[int]") -> bytes:
        """What can be sent of it by now, maybe nothing."""
        self._writer.write(samples)
        return self._sink.take()

    def finish(self) -> bytes:
        """The rest. Nothing may be fed from here on."""
        self._writer.close()
        return self._sink.take()


class _Sink:
    """A file that only goes forward."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        taken = bytes(self._data)
        self._data.clear()
        return taken


class _Writer:
    """One container with one stream of sound."""

    def __init__(
        self,
        file: Any,
        form: SoundFormat,
        rate: int,
        channels: int,
        bits_per_second: int | None,
        options: dict[str, str],
    ) -> None:
        import av

        self._rate = rate
        self._channels = channels
        self._at = 0
        # Not a stamp of the time, nor of who wrote it: the same sound is the same file.
        flags = {"fflags": "+bitexact", **options}
        self._container = av.open(file, "w", format=form.container, container_options=flags)
        stream = cast(
            "AudioStream",
            self._container.add_stream(
                form.codec, rate=form.rate_for(rate), layout=_LAYOUTS[channels]
            ),
        )
        if form.bits_per_second:
            stream.bit_rate = bits_per_second or form.bits_per_second
        self._stream = stream

    def write(self, samples: "array[int]") -> None:
        step = _BLOCK_FRAMES * self._channels
        for start in range(0, len(samples), step):
            frame = self._frame(samples[start : start + step])
            for packet in self._stream.encode(frame):
                self._container.mux(packet)

    def _frame(self, samples: "array[int]") -> "AudioFrame":
        from av.audio.frame import AudioFrame

        count = len(samples) // self._channels
        frame = AudioFrame(format="s16", layout=_LAYOUTS[self._channels], samples=count)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate = self._rate
        frame.pts = self._at
        self._at += count
        return frame

    def close(self) -> None:
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()
