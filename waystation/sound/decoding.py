"""A sound file into samples, at the rate that is wanted."""

from array import array
from typing import TYPE_CHECKING

from waystation.sound.containers import HEAD_BYTES, container_of
from waystation.sound.duration import open_sound
from waystation.sound.pcm import BadSound, Pcm
from waystation.sound.source import InMemory, Source

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame


def decode(data: bytes | Source, rate: int, seconds_max: float) -> Pcm:
    """The first stream of sound, as one channel; what goes beyond seconds_max is left out. Raises
    BadSound."""
    source = InMemory(data) if isinstance(data, bytes) else data
    found = container_of(source.read_at(0, HEAD_BYTES))
    if found is None:
        raise BadSound("it is no sound of a known kind")
    import av

    try:
        return _decoded(source, found.reader, rate, seconds_max)
    except (av.FFmpegError, OSError, ValueError) as error:
        raise BadSound(f"it cannot be decoded: {type(error).__name__}") from None


def _decoded(source: Source, reader: str, rate: int, seconds_max: float) -> Pcm:
    from av.audio.resampler import AudioResampler

    most = int(seconds_max * rate)
    samples = array("h")
    resampler = AudioResampler(format="s16", layout="mono", rate=rate)
    with open_sound(source, reader) as container:
        if not container.streams.audio:
            raise BadSound("there is no sound in it")
        for frame in container.decode(container.streams.audio[0]):
            for part in resampler.resample(frame):
                _take(samples, part)
            if len(samples) >= most:
                break
        else:
            for part in resampler.resample(None):
                _take(samples, part)
    del samples[most:]
    return Pcm(samples, rate)


def _take(samples: "array[int]", frame: "AudioFrame") -> None:
    # A plane is longer than its samples, for the machine's sake.
    samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
