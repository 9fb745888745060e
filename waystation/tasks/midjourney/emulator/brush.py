"""One channel with one of its keys and the model that draws there: an order in, a picture out."""

import asyncio
from typing import NamedTuple

import msgspec

from waystation.artefacts.media_types import sniff
from waystation.imaging.picture import Size
from waystation.routing.offers import Offer
from waystation.routing.operations import serving
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.midjourney.emulator.drawing import lowest
from waystation.tasks.midjourney.emulator.failing import NotDrawn, of_upstream
from waystation.tasks.midjourney.emulator.gallery import Gallery
from waystation.tasks.workshop import Workshop
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.pictures.openai_shape import varies
from waystation.upstream.pictures.port import (
    Action,
    Picture,
    PictureInput,
    PictureOrder,
    PictureVendor,
)
from waystation.upstream.pictures.registry import picture_vendor
from waystation.upstream.pictures.wire import PictureWire

_ASKED_SIDE_MAX = 2048
"""Larger sheets are not asked for by size: what comes is scaled."""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What one call draws. inputs: the first is the one that is worked on. mask: transparent where
    it may change. size: of what is to come."""

    action: Action
    prompt: str = ""
    negative: str = ""
    size: Size
    quality: str = ""
    strength: float | None = None
    inputs: tuple[bytes, ...] = ()
    mask: bytes | None = None


class Painted(NamedTuple):
    """seeded: the model was told its seed."""

    data: bytes
    seeded: bool


class Brush:
    def __init__(
        self, workshop: Workshop, gallery: Gallery, channel: Channel, key: ChannelKey, model: str
    ) -> None:
        self.channel = channel
        self.model = model
        self._workshop = workshop
        self._gallery = gallery
        self._key = key

    def vendor(self, action: Action) -> tuple[PictureVendor, str] | None:
        """Who speaks for such an order, and by which of the channel's addresses; None: nobody."""
        for name in self._operations(action):
            operation = serving(name, self.channel)
            if operation is None:
                continue
            vendor = picture_vendor(self.channel, operation)
            if action in vendor.actions:
                return vendor, operation
        return None

    def _operations(self, action: Action) -> tuple[str, ...]:
        if action == "generate":
            return ("image",)
        if action == "vary" and "image_variation" in self.channel.paths and varies(self.model):
            return ("image_variation",)
        return ("image_edit",)

    async def paint(self, wish: Wish, seed: int) -> Painted:
        """Raises NotDrawn."""
        found = self.vendor(wish.action)
        if found is None:
            raise NotDrawn("unsupported", "[Internal error] no channel draws this", elsewhere=True)
        vendor, operation = found
        try:
            async with self._workshop.slots.calling(self.channel, self._key.id):
                drawn = await vendor.draw(self._wire(operation), self._order(wish, seed))
        except AttemptFailed as failed:
            raise of_upstream(failed) from None
        seeded = all(loss.path != "seed" for loss in drawn.losses)
        return Painted(await self._gallery.drawn(_first(drawn.items), self.channel), seeded)

    @property
    def talks(self) -> bool:
        """Its model is one of words: there is an address for chat, and another model draws."""
        if "chat" not in self.channel.paths:
            return False
        return Offer(self.channel).upstream_model("mj_imagine") != self.model

    async def talk(self, content: object) -> str:
        """The answer of a chat model to one message of these content parts. Raises NotDrawn."""
        body = {"model": self.model, "messages": [{"role": "user", "content": content}]}
        encoded = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in body.items()}
        whole = msgspec.json.encode({**encoded, **self.channel.body_overrides})
        try:
            async with self._workshop.slots.calling(self.channel, self._key.id):
                wire = self._wire("chat")
                reply = await wire.exchange(wire.request(wire.path("chat"), whole))
        except AttemptFailed as failed:
            raise of_upstream(failed) from None
        return _said(reply.body)

    def _wire(self, operation: str) -> PictureWire:
        workshop = self._workshop
        way = workshop.way(self.channel)
        secrets = (self._key.secret,) if self._key.secret else ()
        settings = workshop.settings
        wire = Wire(
            workshop.transport(self.channel),
            way.deadlines,
            _unmarked,
            secrets,
            settings.reply_bytes_max,
        )
        ends_at = asyncio.get_running_loop().time() + settings.picture_seconds_max
        return PictureWire(wire, way, self._key, operation, ends_at)

    def _order(self, wish: Wish, seed: int) -> PictureOrder:
        wide, high = lowest(wish.size)
        asked = max(wish.size) <= _ASKED_SIDE_MAX and wish.action != "upscale"
        return PictureOrder(
            action=wish.action,
            model=self.model,
            prompt=wish.prompt,
            size=f"{wish.size[0]}x{wish.size[1]}" if asked else None,
            aspect_ratio=f"{wide}:{high}" if asked else None,
            quality=wish.quality or None,
            seed=seed,
            negative_prompt=wish.negative or None,
            strength=wish.strength,
            inputs=tuple(_input(data, f"image{n}") for n, data in enumerate(wish.inputs, 1)),
            mask=None if wish.mask is None else _input(wish.mask, "mask"),
        )


def _unmarked() -> None:
    """The hold of a task is open until its end, whatever is sent."""


def _input(data: bytes, name: str) -> PictureInput:
    media_type = sniff(data)
    if media_type is None:  # ours are PNG, and a caller's were judged when they came
        raise NotDrawn("invalid_image", "[Invalid link] not a picture")
    return PictureInput(data, media_type.name, f"{name}.{media_type.ext}")


def _first(items: tuple[Picture, ...]) -> Picture:
    """Of a call for one. Raises NotDrawn where it was withheld."""
    if items[0].blocked:
        raise NotDrawn("content_policy_violation", "[Image denied] The picture was withheld")
    return items[0]


class _Message(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Message


class _Answer(msgspec.Struct):
    choices: list[_Choice]


_decode = msgspec.json.Decoder(_Answer).decode


def _said(body: bytes) -> str:
    try:
        choices = _decode(body).choices
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        choices = []
    if not choices or not choices[0].message.content:
        raise NotDrawn("bad_upstream_response", "[Internal error] no answer", elsewhere=True)
    return choices[0].message.content
