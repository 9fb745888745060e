"""An image channel as the emulated Midjourney draws with it: orders in, bytes out."""

import asyncio
from collections.abc import Sequence

import msgspec

from waystation.artefacts.media_types import PICTURES
from waystation.dialects.pictures.order import PictureInput, PictureOrder
from waystation.errors import Fault
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.midjourney.storing import wanted
from waystation.tasks.workshop import Workshop
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.outgoing import Way
from waystation.upstream.pictures.port import Picture
from waystation.upstream.pictures.registry import picture_vendor
from waystation.upstream.pictures.wire import PictureWire, overdue

DRAW_SECONDS_MAX = 300.0
PARALLEL = 4


class Backend:
    """One channel's key with a model. Raises AttemptFailed."""

    def __init__(self, workshop: Workshop, channel: Channel, key: ChannelKey, model: str) -> None:
        self._workshop = workshop
        self._channel = channel
        self._key = key
        self._model = model

    @property
    def edits(self) -> bool:
        return "image_edit" in self._channel.paths

    async def generate(
        self, prompt: str, count: int, size: str | None, seed: int, negative: str = ""
    ) -> list[bytes]:
        order = PictureOrder(
            action="generate",
            model=self._model,
            prompt=prompt,
            n=count,
            size=size,
            seed=seed,
            negative_prompt=negative or None,
        )
        return await self._draw("image", order)

    async def edit(
        self,
        prompt: str,
        pictures: Sequence[bytes],
        count: int,
        seed: int,
        mask: bytes | None = None,
        strength: float | None = None,
    ) -> list[bytes]:
        """mask: transparent where it is to change."""
        order = PictureOrder(
            action="edit",
            model=self._model,
            prompt=prompt,
            n=count,
            seed=seed,
            strength=strength,
            inputs=tuple(PictureInput(data, "image/png", "image.png") for data in pictures),
            mask=None if mask is None else PictureInput(mask, "image/png", "mask.png"),
        )
        return await self._draw("image_edit", order)

    async def _draw(self, operation: str, order: PictureOrder) -> list[bytes]:
        vendor = picture_vendor(self._channel, operation)
        ends_at = asyncio.get_running_loop().time() + DRAW_SECONDS_MAX
        wire = PictureWire(self._wire(), self._way, self._key, operation, ends_at)
        per_call = max(1, vendor.per_call(order)) if self._channel.native_n else 1
        orders = _parts(order, per_call)
        turn = asyncio.Semaphore(PARALLEL)

        async def one(part: PictureOrder) -> list[bytes]:
            async with turn:
                pictures = await vendor.draw(wire, part)
                return [await self._bytes(each) for each in pictures.items]

        calls = [asyncio.ensure_future(one(part)) for part in orders]
        try:
            async with asyncio.timeout_at(ends_at + 1):
                drawn = await asyncio.gather(*calls)
        except TimeoutError:
            raise overdue() from None
        finally:
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
        return [data for each in drawn for data in each][: order.n]

    async def _bytes(self, picture: Picture) -> bytes:
        if picture.blocked:
            raise AttemptFailed(Fault("content_policy_violation"), status=400)
        if picture.data is not None:
            return picture.data
        assert picture.address is not None
        fetched = await self._workshop.fetcher.fetch(
            picture.address, wanted(self._channel)._replace(types=PICTURES)
        )
        return fetched.data

    def _wire(self) -> Wire:
        return Wire(
            self._workshop.transport(self._channel),
            self._way.deadlines,
            _held_already,
            (self._key.secret,) if self._key.secret else (),
            self._workshop.settings.reply_bytes_max,
        )

    @property
    def _way(self) -> Way:
        return self._workshop.way(self._channel)


def _parts(order: PictureOrder, per_call: int) -> list[PictureOrder]:
    """One for each call; seeds go on from part to part."""
    parts: list[PictureOrder] = []
    for at in range(0, order.n, per_call):
        count = min(per_call, order.n - at)
        seed = None if order.seed is None else order.seed + at
        parts.append(msgspec.structs.replace(order, n=count, seed=seed))
    return parts


def _held_already() -> None:
    """The hold is a task's: no death ends it."""
