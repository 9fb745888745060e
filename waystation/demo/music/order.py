"""A song to be made, told whole by its id: so the demo knows it again after a restart.

What is too long for an id (a caller's own lyrics) is kept in memory too, and after a restart as far
as it fits.
"""

import base64
import binascii
import zlib
from time import time_ns
from typing import Any

import msgspec

from waystation.demo.music.mood import Mood, mood_of

ID_CHARACTERS_MAX = 900
_PREFIX = "demo-"
_TEXT_MOST = 500
_PARTS_MAX = 6
_encode = msgspec.json.encode


class Part(msgspec.Struct, frozen=True, array_like=True):
    """What a song goes on from: its tune, up to this second (0: to its end)."""

    mood: Mood
    seconds: float


class SongOrder(msgspec.Struct, frozen=True, array_like=True):
    """action: MUSIC, LYRICS, CONCAT, UPLOAD. about: what it is to be about. lyrics: the caller's
    own. parts: earlier ones, in order. count: how many songs."""

    action: str
    created_ms: int
    about: str = ""
    lyrics: str = ""
    tags: str = ""
    title: str = ""
    instrumental: bool = False
    parts: tuple[Part, ...] = ()
    count: int = 2

    @property
    def words(self) -> str:
        return " ".join(text for text in (self.about, self.tags, self.lyrics, self.title) if text)

    def mood(self, number: int) -> Mood:
        return mood_of(self.words, (number, len(self.parts)))


_decode = msgspec.json.Decoder(SongOrder).decode


def read_order(action: str, body: dict[str, Any]) -> SongOrder:
    """Of a submit's body. Raises ValueError."""
    now = time_ns() // 1_000_000
    if action == "LYRICS":
        return SongOrder(action, now, about=_text(body, "prompt"))
    if action == "UPLOAD":
        return SongOrder(action, now, about=_text(body, "url"), count=1)
    if action == "CONCAT":
        origin, number = origin_of(_text(body, "clip_id"))
        part = Part(origin.mood(number), 0.0)
        return msgspec.structs.replace(
            origin, action=action, created_ms=now, parts=(*origin.parts, part), count=1
        )
    order = SongOrder(
        action,
        now,
        about=_text(body, "gpt_description_prompt"),
        lyrics=_text(body, "prompt"),
        tags=_text(body, "tags"),
        title=_text(body, "title"),
        instrumental=body.get("make_instrumental") is True,
    )
    clip = _text(body, "continue_clip_id")
    if not clip:
        return order
    origin, number = origin_of(clip)
    at = body.get("continue_at")
    seconds = float(at) if isinstance(at, int | float) and not isinstance(at, bool) else 0.0
    parts = (*origin.parts, Part(origin.mood(number), seconds))
    if len(parts) > _PARTS_MAX:
        raise ValueError(f"a song goes on at most {_PARTS_MAX} times")
    return msgspec.structs.replace(order, parts=parts)


def origin_of(clip: str) -> tuple[SongOrder, int]:
    """(the order that made it, which of its songs). Raises ValueError."""
    order_id, _, number = clip.rpartition(".")
    if number not in ("1", "2"):
        raise ValueError("no such song")
    return order_of(order_id), int(number) - 1


def id_of(order: SongOrder) -> str:
    """At most ID_CHARACTERS_MAX."""
    most = _TEXT_MOST
    while True:
        short = msgspec.structs.replace(
            order,
            about=order.about[:most],
            lyrics=order.lyrics[:most],
            tags=order.tags[: most // 2],
            title=order.title[: most // 4],
        )
        packed = zlib.compress(_encode(short), 9)
        made = _PREFIX + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")
        if len(made) <= ID_CHARACTERS_MAX or not most:
            return made
        most = most * 2 // 3


def order_of(order_id: str) -> SongOrder:
    """Raises ValueError for what no order of ours is."""
    text = order_id.removeprefix(_PREFIX)
    if text == order_id or len(order_id) > 2 * ID_CHARACTERS_MAX:
        raise ValueError("no such task")
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        unpacked = zlib.decompressobj().decompress(packed, 64 * 1024)
        return _decode(unpacked)
    except (binascii.Error, zlib.error, msgspec.DecodeError, ValueError):
        raise ValueError("no such task") from None


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
