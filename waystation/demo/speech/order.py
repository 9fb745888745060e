"""What is to be spoken."""

from typing import Any, NamedTuple

from waystation.demo.pictures.refusal import Refused
from waystation.sound.formats import FORMATS

_CHARACTERS_MOST = 4096


class Order(NamedTuple):
    """form: of FORMATS. events: the sound is to come inside events."""

    text: str
    voice: str
    form: str
    speed: float
    events: bool


def order_of(body: dict[str, Any]) -> Order:
    """Raises Refused."""
    text, voice = body.get("input"), body.get("voice")
    if not isinstance(text, str) or not text.strip() or len(text) > _CHARACTERS_MOST:
        raise Refused(f"input must be a text of 1 to {_CHARACTERS_MOST} characters")
    if isinstance(voice, dict):
        voice = voice.get("id")
    if not isinstance(voice, str) or not voice:
        raise Refused("voice is missing")
    form = body.get("response_format") or "mp3"
    if form not in FORMATS:
        raise Refused(f"response_format must be one of {', '.join(FORMATS)}")
    speed = body.get("speed")
    if speed is None:
        speed = 1.0
    if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0.25 <= speed <= 4:
        raise Refused("speed must be from 0.25 to 4")
    return Order(text, voice, form, float(speed), body.get("stream_format") == "sse")
