"""Sound as plain samples."""

import sys
from array import array

import msgspec


class BadSound(ValueError):
    """What was given is no sound that can be read. The text may be shown."""


class Pcm(msgspec.Struct, frozen=True):
    """samples: signed 16 bits, channels interleaved ("h"). rate: frames a second."""

    samples: "array[int]"
    rate: int
    channels: int = 1

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.channels / self.rate

    def little_endian(self) -> bytes:
        """As sound files and `pcm` replies have it."""
        if sys.byteorder == "little":
            return self.samples.tobytes()
        swapped = array("h", self.samples)
        swapped.byteswap()
        return swapped.tobytes()


def from_little_endian(data: bytes, rate: int, channels: int = 1) -> Pcm:
    """Raises BadSound for bytes that are no whole number of samples."""
    if len(data) % (2 * channels):
        raise BadSound("the samples break off in the middle")
    samples = array("h")
    samples.frombytes(data)
    if sys.byteorder != "little":
        samples.byteswap()
    return Pcm(samples, rate, channels)
