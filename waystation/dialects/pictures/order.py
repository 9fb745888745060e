"""What a caller wants drawn, whatever form it was said in."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from waystation.kernel.spool import Spool

Action = Literal["generate", "edit", "vary", "upscale"]


class PictureInput:
    """A picture that came with the request. data: its bytes, or the spool that they were written
    to while they arrived (large ones are on disk: prefer `pieces`)."""

    __slots__ = ("content_type", "data", "name")

    def __init__(self, data: bytes | Spool, content_type: str, name: str) -> None:
        self.data = data
        self.content_type = content_type
        self.name = name

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    def read(self, count: int | None = None) -> bytes:
        """All of it in memory, or its first bytes. Raises OSError."""
        if isinstance(self.data, bytes):
            return self.data if count is None else self.data[:count]
        return self.data.read(count)

    def pieces(self) -> Iterator[bytes]:
        """From the front, again at each call. Raises OSError."""
        if isinstance(self.data, bytes):
            return iter((self.data,))
        return self.data.pieces()


class PictureOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be drawn. model: the upstream's name. n: how many, never more than the vendor's
    `per_call`. size: as the caller gave it, `×` read as x ("1024x1024", "auto"), None when it named
    none; style, quality, background, …: likewise the caller's words, None for none.
    aspect_ratio: "16:9". Where both are given, aspect_ratio is the shape and size the area.
    response_format: the caller's wish, of no weight: either way is stored and answered.
    partial_images: how many partial pictures a stream shows. inputs: at least one for "edit",
    "vary" and "upscale"; with "generate" too where the model takes reference pictures.
    mask: transparent = to be changed. strength: of a remix, 0 to 1.
    extras: the request's other top-level fields, raw (for relays, what is passed on)."""

    action: Action
    model: str
    prompt: str = ""
    n: int = 1
    size: str | None = None
    aspect_ratio: str | None = None
    quality: str | None = None
    style: str | None = None
    background: str | None = None
    output_format: str | None = None
    output_compression: int | None = None
    moderation: str | None = None
    response_format: str | None = None
    partial_images: int | None = None
    seed: int | None = None
    negative_prompt: str | None = None
    strength: float | None = None
    user: str | None = None
    inputs: tuple[PictureInput, ...] = ()
    mask: PictureInput | None = None
    extras: Mapping[str, msgspec.Raw] = {}

    def pixels(self) -> tuple[int, int] | None:
        """(width, height) of the size; None for none, "auto" and words."""
        width, _, height = (self.size or "").partition("x")
        if not (width.isdecimal() and height.isdecimal()) or len(width + height) > 10:
            return None
        return int(width), int(height)
