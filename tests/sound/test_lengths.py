"""How long a sound is, whatever it says of itself; how much of it has passed."""

import random
import struct
import subprocess
from pathlib import Path

import pytest

from tests.sound.sounds import sound, tone
from waystation.kernel.spool import Spool
from waystation.sound.containers import container_of
from waystation.sound.decoding import decode
from waystation.sound.duration import measure, opus_seconds
from waystation.sound.encoding import Encoder, encode
from waystation.sound.formats import FORMATS
from waystation.sound.pcm import BadSound, from_little_endian
from waystation.sound.progress import SoundClock
from waystation.sound.source import READ_AGAIN_MOST, Bounded, Exhausted, InMemory

pytestmark = pytest.mark.untraced

FILES = [form for form in FORMATS if form != "pcm"]


@pytest.mark.parametrize("form", FILES)
def test_each_format(form: str) -> None:
    data = sound(form, 2.0)
    assert measure(InMemory(data), 100).seconds == pytest.approx(2.0, abs=0.1)
    assert decode(data, 16_000, 100).seconds == pytest.approx(2.0, abs=0.1)
    assert decode(data, 16_000, 0.5).seconds == 0.5
    assert measure(InMemory(data), 0.5).is_longer


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 1), (44_100, 2), (96_000, 1)])
def test_rates_and_channels(rate: int, channels: int) -> None:
    for form in FILES:
        data = encode(tone(0.5, rate, channels), form)
        assert measure(InMemory(data), 100).seconds == pytest.approx(0.5, abs=0.2), form


def test_other_containers(tmp_path: Path) -> None:
    source = tmp_path / "a.wav"
    source.write_bytes(sound("wav", 2.0))
    options = {"webm": [], "m4a": [], "mp4": [], "mpeg": ["-c:a", "mp2", "-f", "vob"], "oga": []}
    for ending, more in options.items():
        made = tmp_path / f"b.{ending}"
        line = ["ffmpeg", "-v", "error", "-y", "-i", str(source), *more, str(made)]
        subprocess.run(line, check=True, timeout=30)
        found = measure(InMemory(made.read_bytes()), 100)
        assert found.seconds == pytest.approx(2.0, abs=0.15), ending


def test_hours_of_silence_in_little(tmp_path: Path) -> None:
    made = tmp_path / "a.ogg"
    line = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=48000:cl=mono", "-t", "200"]
    line += ["-c:a", "libopus", "-b:a", "500", "-frame_duration", "60", str(made)]
    subprocess.run(line, check=True, timeout=60)
    data = made.read_bytes()
    assert len(data) < 30_000
    assert measure(InMemory(data), 10_000).seconds == pytest.approx(200, rel=0.001)
    assert measure(InMemory(data), 60).is_longer


def test_headers_that_lie() -> None:
    wav = bytearray(sound("wav", 2.0))
    for size in (0, 100, 0xFFFFFFFF):
        wav[40:44] = struct.pack("<I", size)
        try:
            seconds = measure(InMemory(bytes(wav)), 100).seconds
        except BadSound:
            continue
        assert seconds <= 2.1
    flac = bytearray(sound("flac", 2.0))
    flac[21:26] = b"\xff" * 5  # how many samples there are
    assert measure(InMemory(bytes(flac)), 100).seconds == pytest.approx(2.0, abs=0.1)
    ogg = sound("opus", 2.0)
    at = ogg.rfind(b"OggS")
    lied = ogg[: at + 6] + (960).to_bytes(8, "little") + ogg[at + 14 :]
    try:
        assert measure(InMemory(lied), 100).seconds > 1.0
    except BadSound:
        pass


def test_what_is_no_sound() -> None:
    noise = random.Random(4)
    for data in (b"", b"RIFF", b"ID3", b"OggS" + bytes(100), b"fLaC" + noise.randbytes(3000)):
        with pytest.raises(BadSound):
            measure(InMemory(data), 100)
    for data in (b"#EXTM3U\nhttp://127.0.0.2/x", b"ffconcat version 1.0\nfile /etc/passwd", b"<x>"):
        assert container_of(data) is None


@pytest.mark.parametrize("form", FILES)
def test_damaged_files_end(form: str) -> None:
    """Cut anywhere and flipped anywhere: measured or refused, and soon."""
    noise = random.Random(form)
    data = sound(form, 1.0)
    for _ in range(25):
        broken = bytearray(data[: noise.randrange(1, len(data))])
        for _ in range(noise.randrange(8)):
            broken[noise.randrange(len(broken))] = noise.randrange(256)
        try:
            assert measure(InMemory(bytes(broken)), 1000).seconds >= 0
            decode(bytes(broken), 16_000, 10)
        except BadSound:
            pass


def test_a_source_is_read_within_bounds() -> None:
    data = bytes(1000)
    file = Bounded(InMemory(data), 10)
    assert file.seek(-10, 2) == 990
    assert len(file.read(100)) == 10
    assert file.seek(-5, 1) == 995
    assert file.tell() == 995

    def again_and_again() -> None:
        for _ in range(READ_AGAIN_MOST * 10_000_000):
            file.seek(0)
            file.read(1000)

    with pytest.raises(Exhausted):
        again_and_again()
    with pytest.raises(Exhausted):
        Bounded(InMemory(data), -1).read(1)


def test_a_spool_is_read_where_it_is() -> None:
    data = random.Random(1).randbytes(5000)
    spool = Spool(1000)
    spool.write(data[:2000])
    spool.flush()
    spool.write(data[2000:])
    for at, count in ((0, 10), (1990, 20), (1999, 1), (2000, 5), (4990, 100), (6000, 5), (0, 9999)):
        assert spool.read_at(at, count) == data[at : at + count]
    spool.close()


@pytest.mark.parametrize("form", list(FORMATS))
def test_the_clock_at_any_split(form: str) -> None:
    encoder = Encoder(form, 24_000)
    streamed = encoder.feed(tone(2.0).samples) + encoder.finish()
    noise = random.Random(2)
    for data in (sound(form, 2.0), streamed):
        told = set()
        for size in (1, 3, 1000, 10**6):
            clock = SoundClock(form)
            at = 0
            while at < len(data):
                step = size if size != 3 else noise.randrange(1, 3000)
                clock.feed(data[at : at + step])
                at += step
            told.add(round(clock.seconds, 6))
        assert len(told) == 1
        (seconds,) = told
        # What FLAC leaves of a sine is no measure: it is reckoned.
        assert seconds == pytest.approx(2.0, abs=0.1) or (form == "flac" and 0 < seconds < 8)


def test_the_clock_and_nonsense() -> None:
    noise = random.Random(6)
    for form in FORMATS:
        clock = SoundClock(form)
        for _ in range(50):
            clock.feed(noise.randbytes(4000))
        assert 0 <= clock.seconds < 1e7


def test_opus_packets() -> None:
    assert opus_seconds(b"") == 0
    assert opus_seconds(bytes([0])) == 0.01
    assert opus_seconds(bytes([3 << 3 | 1])) == 0.12
    assert opus_seconds(bytes([31 << 3 | 3, 6])) == pytest.approx(0.12)
    assert opus_seconds(bytes([3])) == 0


def test_half_a_sample() -> None:
    with pytest.raises(BadSound):
        from_little_endian(b"abc", 8000)


@pytest.mark.parametrize("ending", ["m4a", "webm", "ogg"])
def test_the_longest_of_several_tracks(tmp_path: Path, ending: str) -> None:
    """Upstreams choose by channels or length, not the first."""
    made = tmp_path / f"a.{ending}"
    short, long = (["-f", "lavfi", "-i", f"sine=d={seconds}"] for seconds in (1, 30))
    line = ["ffmpeg", "-v", "error", *short, *long, "-map", "0:a", "-map", "1:a", str(made)]
    subprocess.run(line, check=True, timeout=30)
    data = InMemory(made.read_bytes())
    assert measure(data, 100).seconds == pytest.approx(30, abs=0.2)
    assert measure(data, 10).is_longer
