"""A text in a sound, through every codec and back."""

import random
import subprocess
from array import array
from math import sin
from pathlib import Path

import pytest

from tests.sound.sounds import RATE, sound
from waystation.sound.decoding import decode
from waystation.sound.encoding import encode
from waystation.sound.modem import reed_solomon
from waystation.sound.modem.frame import NoText, pack
from waystation.sound.modem.receiving import read_text
from waystation.sound.modem.reed_solomon import BeyondRepair
from waystation.sound.modem.sending import Carrier
from waystation.sound.modem.spectrum import RATE as READ_RATE
from waystation.sound.pcm import Pcm
from waystation.sound.shaping import LowPass

pytestmark = pytest.mark.untraced

TEXTS = (
    "Hi.",
    "早上好，火车九点开。",
    "The train leaves at nine, from the platform behind you. " * 3,
)


def murmur(seconds: float) -> "array[int]":
    """Something like a voice: gliding harmonics that come and go, below the tones."""
    samples = array("h")
    for at in range(int(seconds * RATE)):
        t = at / RATE
        pitch = 120 + 30 * sin(3 * t)
        gain = max(0.0, sin(9 * t)) * 2600
        samples.append(round(gain * sum(sin(6.283 * pitch * k * t) / k for k in (1, 2, 3, 5, 8))))
    low = LowPass(RATE, RATE, 2_700)
    return low.feed(samples) + low.finish()


def carried(text: str, seconds: float = 1.0) -> Pcm:
    carrier = Carrier(text, RATE)
    voice = murmur(seconds)
    middle = len(voice) // 3  # in pieces, as it comes
    mixed = carrier.over(voice[:middle]) + carrier.over(voice[middle:]) + carrier.rest()
    return Pcm(mixed, RATE)


def heard(data: bytes) -> str:
    return read_text(decode(data, READ_RATE, 600).samples)


@pytest.mark.parametrize("text", TEXTS, ids=["short", "wide", "long"])
def test_through_every_codec(text: str) -> None:
    sent = carried(text)
    for form, bits in (
        ("wav", None),
        ("flac", None),
        ("mp3", 64_000),
        ("mp3", 32_000),
        ("opus", 24_000),
        ("aac", 64_000),
    ):
        assert heard(encode(sent, form, bits)) == text, (form, bits)


def test_bare_samples_and_other_rates(tmp_path: Path) -> None:
    text = TEXTS[1]
    sent = carried(text)
    source = tmp_path / "a.wav"
    source.write_bytes(encode(sent, "wav"))
    for ending, options in (
        ("mp3", ["-ar", "16000", "-b:a", "48k"]),
        ("m4a", ["-ar", "44100", "-ac", "2", "-b:a", "64k"]),
        ("webm", ["-c:a", "libopus", "-b:a", "24k", "-application", "voip"]),
        ("wav", ["-ss", "0.007", "-af", "volume=0.3"]),
    ):
        made = tmp_path / f"b.{ending}"
        line = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *options, str(made)]
        subprocess.run(line, check=True, timeout=30)
        assert heard(made.read_bytes()) == text, ending
    bare = encode(sent, "pcm")
    header = source.read_bytes()[:44]
    assert heard(header + bare) == text


def test_a_second_coding() -> None:
    text = TEXTS[2]
    once = decode(encode(carried(text), "mp3", 64_000), RATE, 600)
    assert heard(encode(once, "opus", 24_000)) == text


def test_no_text_where_there_is_none() -> None:
    for data in (sound("wav", 2.0), encode(Pcm(murmur(2.0), RATE), "mp3")):
        with pytest.raises(NoText):
            heard(data)
    noise = random.Random(5)
    samples = array("h", (noise.randrange(-9000, 9000) for _ in range(READ_RATE)))
    with pytest.raises(NoText):
        read_text(samples)
    whole = carried(TEXTS[2]).samples
    with pytest.raises(NoText):
        heard(encode(Pcm(whole[: len(whole) // 2], RATE), "wav"))


def test_quiet() -> None:
    """Under the voice, by far."""
    carrier = Carrier("quiet", RATE)
    tones = carrier.over(array("h", bytes(2 * RATE)))
    loud = (sum(s * s for s in tones) / len(tones)) ** 0.5
    assert loud < 200
    assert max(map(abs, tones)) <= 4 * 120


def test_too_long_a_text() -> None:
    noise = random.Random(3)
    with pytest.raises(ValueError, match="too long"):
        pack("".join(chr(noise.randrange(0x10000, 0x1F000)) for _ in range(20_000)))


def test_what_is_mended() -> None:
    noise = random.Random(7)
    for size, parity in ((4, 12), (30, 16), (80, 48), (207, 48)):
        for _ in range(20):
            data = noise.randbytes(size)
            word = bytearray(reed_solomon.encode(data, parity))
            assert reed_solomon.decode(word, parity) == data
            errors = noise.randrange(parity // 2 + 1)
            erased = noise.sample(range(len(word)), parity - 2 * errors)
            rest = [at for at in range(len(word)) if at not in erased]
            for at in [*erased, *noise.sample(rest, errors)]:
                word[at] ^= noise.randrange(1, 256)
            assert reed_solomon.decode(word, parity, erased) == data


def test_what_is_beyond_repair() -> None:
    noise = random.Random(9)
    refused = 0
    for _ in range(30):
        word = bytearray(reed_solomon.encode(noise.randbytes(40), 16))
        for at in noise.sample(range(len(word)), 14):
            word[at] ^= noise.randrange(1, 256)
        try:
            reed_solomon.decode(word, 16)
        except BeyondRepair:
            refused += 1
    assert refused >= 29
