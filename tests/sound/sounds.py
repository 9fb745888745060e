"""Sounds to test with."""

import json
import subprocess
from array import array
from base64 import b64encode
from functools import cache
from math import pi, sin
from pathlib import Path
from typing import Any

from tests.support.rogue import Rogue
from waystation.sound.encoding import encode
from waystation.sound.pcm import Pcm

RATE = 24_000


def tone(seconds: float, rate: int = RATE, channels: int = 1) -> Pcm:
    samples = array(
        "h",
        (
            round(6000 * sin(2 * pi * 440 * (at // channels) / rate))
            for at in range(int(seconds * rate) * channels)
        ),
    )
    return Pcm(samples, rate, channels)


@cache
def sound(form: str = "mp3", seconds: float = 2.0) -> bytes:
    return encode(tone(seconds), form)


def spoken(data: bytes, content_type: str = "audio/mpeg") -> tuple[Any, ...]:
    """A script: bare sound."""
    return Rogue.reply(200, data, {"content-type": content_type})


def written(**more: Any) -> tuple[Any, ...]:
    """A script: a transcript."""
    return Rogue.reply(200, json.dumps({"text": "the door is open", **more}).encode())


def events(*values: Any) -> tuple[Any, ...]:
    """A script: an event stream."""
    return Rogue.stream(values, done=False)


def delta(data: bytes) -> dict[str, str]:
    return {"type": "speech.audio.delta", "audio": b64encode(data).decode()}


def probe(data: bytes, folder: Path, ending: str) -> dict[str, Any]:
    """What ffprobe says of it: {codec_name, sample_rate, …}."""
    file = folder / f"probed.{ending}"
    file.write_bytes(data)
    told = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(file)],
        capture_output=True,
        check=True,
        timeout=20,
    )
    assert not told.stderr, told.stderr
    return json.loads(told.stdout)["streams"][0]
