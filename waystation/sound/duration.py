"""How long a sound is, by its packets: headers say what they like.

Nothing is decoded. A packet counts as long as its container says or as its codec's frames are,
whichever is longer, so that ten hours of silence in a megabyte are ten hours.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from waystation.sound.containers import HEAD_BYTES, container_of
from waystation.sound.pcm import BadSound
from waystation.sound.source import Bounded, Source

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet

    Length = Callable[["Packet[AudioStream]"], float]

READ_SECONDS_MAX = 20.0
"""Of the clock."""
PACKETS_MAX = 4_000_000
_SHORTEST_SECONDS = 1e-3
"""Of one packet: what tells no length at all has some."""


class Measured(msgspec.Struct, frozen=True):
    """container: as people say it. is_longer: it goes on beyond what was asked for."""

    seconds: float
    container: str
    is_longer: bool = False


def measure(source: Source, seconds_max: float) -> Measured:
    """Of the longest stream of sound: which of them is heard is the upstream's choice. Stops at
    seconds_max. Raises BadSound."""
    found = container_of(source.read_at(0, HEAD_BYTES))
    if found is None:
        raise BadSound("it is none of flac, mp3, mp4, mpeg, m4a, ogg, wav and webm")
    import av

    try:
        with open_sound(source, found.reader) as container:
            return _measured(container, found.name, seconds_max)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadSound(_why(error)) from None


def open_sound(source: Source, reader: str) -> "InputContainer":
    """Raises what PyAV raises."""
    import av

    options = {
        # What a file names is never opened.
        "protocol_whitelist": "",
        "format_whitelist": reader,
        "enable_drefs": "0",
    }
    if reader != "mov":
        del options["enable_drefs"]
    file = Bounded(source, READ_SECONDS_MAX)
    return av.open(file, "r", format=reader, container_options=options, metadata_errors="replace")


def _measured(container: "InputContainer", name: str, seconds_max: float) -> Measured:
    if not container.streams.audio:
        raise BadSound("there is no sound in it")
    streams = container.streams.audio
    lengths = {stream.index: _length(stream.codec_context) for stream in streams}
    passed = dict.fromkeys(lengths, 0.0)
    for number, packet in enumerate(container.demux(streams)):
        if packet.size:
            index = packet.stream_index
            passed[index] += lengths[index](packet)
            if passed[index] > seconds_max:
                return Measured(passed[index], name, is_longer=True)
        if number > PACKETS_MAX:
            return Measured(max(passed.values()), name, is_longer=True)
    seconds = max(passed.values())
    if not seconds:
        raise BadSound("there is no sound in it")
    return Measured(seconds, name)


def _length(codec: Any) -> "Length":
    """What tells a packet's seconds."""
    least = _frame_seconds(codec)

    def length(packet: "Packet[AudioStream]") -> float:
        told = packet.duration
        if not told or told < 0 or packet.time_base is None:
            return max(least(packet), _SHORTEST_SECONDS)
        base: Fraction = packet.time_base
        return max(told * base.numerator / base.denominator, least(packet))

    return length


def _frame_seconds(codec: Any) -> "Length":
    """What a packet's frames come to by the codec itself; 0 where it cannot be told so."""
    rate = codec.sample_rate or 48_000
    if codec.name == "opus":
        return lambda packet: opus_seconds(bytes(packet)[:2])
    if codec.name.startswith("pcm_"):
        frame_bytes = max(1, codec.format.bytes * codec.channels) if codec.format else 1
        return lambda packet: packet.size / frame_bytes / rate
    frames = {"aac": 1024, "mp3": 1152 if rate >= 32_000 else 576, "mp3float": 576}
    seconds = frames.get(codec.name, 0) / rate
    return lambda packet: seconds


_OPUS_MILLIS = (
    *((10.0, 20.0, 40.0, 60.0) * 3),
    *((10.0, 20.0) * 2),
    *((2.5, 5.0, 10.0, 20.0) * 4),
)


def opus_seconds(head: bytes) -> float:
    """A packet's length by its first two bytes (RFC 6716, 3.1)."""
    if not head:
        return 0.0
    code = head[0] & 3
    count = 1 if code == 0 else 2 if code < 3 else (head[1] & 63 if len(head) > 1 else 0)
    return _OPUS_MILLIS[head[0] >> 3] * count / 1000


def _why(error: Exception) -> str:
    if isinstance(error, BadSound):
        return str(error)
    return "it cannot be read as what it begins like"
