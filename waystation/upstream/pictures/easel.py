"""One attempt at a request's pictures: as many calls as the vendor needs, all at once.

What came of the calls is taken together: fewer pictures than were asked for are an answer, none at
all is the failure of the call that failed first.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from waystation.dialects.pictures.limits import IMAGE_TOKENS_MOST
from waystation.dialects.pictures.order import PictureOrder
from waystation.dialects.pictures.reply import ShownPicture
from waystation.dialects.pictures.request import VECTOR, PictureOperation
from waystation.kernel.scalars import kind
from waystation.meter.areas import area_drawn
from waystation.meter.pictures import summed
from waystation.meter.usage import Usage
from waystation.routing.choice import Attempt
from waystation.routing.choices import Candidate
from waystation.routing.operations import serving
from waystation.routing.snapshot import Channel
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.outgoing import Way
from waystation.upstream.pictures.openai_shape import OpenAiShape
from waystation.upstream.pictures.port import Pictures, PictureVendor
from waystation.upstream.pictures.registry import picture_vendor
from waystation.upstream.pictures.wire import PictureWire

CALLS_AT_ONCE = 4
SVG = "image/svg+xml"
_WORD_BYTES_MOST = 64
"""Of a size or quality that an upstream tells: it goes into the log row."""


class Easel:
    """An attempt's vendor, its wire, and the order in the upstream's words. ends_at: the loop's
    time when all must be done. at_once: how many calls may run together."""

    def __init__(
        self,
        wire: Wire,
        way: Way,
        attempt: Attempt,
        operation: PictureOperation,
        ends_at: float,
        at_once: int = CALLS_AT_ONCE,
    ) -> None:
        candidate = attempt.candidate
        channel = candidate.channel
        served_by = _served_by(operation, candidate)
        self.operation = operation
        self.price = candidate.price
        self.wire = PictureWire(wire, way, attempt.key, served_by, ends_at)
        self.vendor: PictureVendor = picture_vendor(channel, served_by)
        self.order = msgspec.structs.replace(operation.order, model=candidate.upstream_model)
        self.per_call = _per_call(self.vendor, self.order, channel)
        self._at_once = min(at_once, CALLS_AT_ONCE)
        self.calls = 1
        """That brought something, once `draw` has returned."""

    def orders(self) -> list[PictureOrder]:
        """One for each call."""
        left = self.order.n
        orders: list[PictureOrder] = []
        while left > 0:
            count = min(left, self.per_call)
            orders.append(self._part(count, len(orders)))
            left -= count
        return orders

    def _part(self, count: int, position: int) -> PictureOrder:
        """A seed that repeats would draw the same picture n times."""
        seed = self.order.seed
        if seed is not None:
            seed += position
        return msgspec.structs.replace(self.order, n=count, seed=seed)

    async def draw(self) -> Pictures:
        """Raises AttemptFailed."""
        orders = self.orders()
        if len(orders) == 1:
            return await self.vendor.draw(self.wire, orders[0])
        turn = asyncio.Semaphore(self._at_once)

        async def one(order: PictureOrder) -> Pictures | AttemptFailed:
            async with turn:
                try:
                    return await self.vendor.draw(self.wire, order)
                except AttemptFailed as failed:
                    return failed

        tasks = [asyncio.ensure_future(one(order)) for order in orders]
        try:
            outcomes = await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise
        came = [each for each in outcomes if isinstance(each, Pictures)]
        if not came:
            raise next(each for each in outcomes if isinstance(each, AttemptFailed))
        self.calls = len(came)
        return _together(came)

    def usage(self, pictures: Pictures, shown: Sequence[ShownPicture]) -> Usage:
        """What is to be paid for those that could be given. Pictures are counted by us; tokens
        are the upstream's, or reckoned where the price asks for some and nobody told them."""
        operation, price = self.operation, self.price
        count = sum(each.is_safe for each in shown)
        units = {"images": count}
        if self.calls > 1:
            units["calls"] = self.calls
        size, quality = self._drawn_as(pictures, shown)
        if pictures.usage is not None:
            return msgspec.structs.replace(pictures.usage, units=units, size=size, quality=quality)
        if price.by_token and price.pictures is None and price.per_call is None:
            return Usage(
                input_fresh=operation.prompt_guess() * self.calls,
                image_out=IMAGE_TOKENS_MOST * count,
                units=units,
                size=size,
                quality=quality,
            )
        return Usage(units=units, size=size, quality=quality, exact=True)

    def _drawn_as(self, pictures: Pictures, shown: Sequence[ShownPicture]) -> tuple[str, str]:
        """(size, quality). What the caller named is what it pays; of what it left open the
        upstream tells what it made, or else the pictures themselves. A vector is one, however it
        came to be."""
        size, quality = self.operation.drawn_as()
        if size in ("", "auto"):
            size = _word(pictures, "size") or self._size_drawn(shown) or size
        if quality in ("", "auto"):
            quality = _word(pictures, "quality") or quality
        table = self.price.pictures
        is_vector = any(each.content_type == SVG for each in shown)
        if is_vector and table is not None and table.names_quality(VECTOR):
            quality = VECTOR
        return size, quality

    def _size_drawn(self, shown: Sequence[ShownPicture]) -> str:
        """Of the first picture, in the words of the price."""
        size = next((each.drawn_size for each in shown if each.drawn_size), "")
        table = self.price.pictures
        return (area_drawn(size) or size) if table is not None and table.by_area else size


def calls_planned(operation: PictureOperation, candidate: Candidate) -> int:
    """How many calls an attempt there makes."""
    order, channel = operation.order, candidate.channel
    if order.n == 1:
        return 1
    vendor = picture_vendor(channel, _served_by(operation, candidate))
    order = msgspec.structs.replace(order, model=candidate.upstream_model)
    return -(-order.n // _per_call(vendor, order, channel))


def _served_by(operation: PictureOperation, candidate: Candidate) -> str:
    found = serving(operation.name, candidate.channel)
    assert found is not None
    return found


def _per_call(vendor: PictureVendor, order: PictureOrder, channel: Channel) -> int:
    if not channel.native_n and isinstance(vendor, OpenAiShape):
        return 1
    return max(1, vendor.per_call(order))


def _word(pictures: Pictures, name: str) -> str:
    """A word that the upstream told beside its pictures; "" for none."""
    raw = pictures.shown.get(name)
    if raw is None or kind(raw) != '"' or len(raw) > _WORD_BYTES_MOST:
        return ""
    value = msgspec.json.decode(raw, type=str)
    return value if value != "auto" else ""


def _together(came: Sequence[Pictures]) -> Pictures:
    if len(came) == 1:
        return came[0]
    told = [each.usage for each in came if each.usage is not None]
    usage = summed(told) if len(told) == len(came) else None
    return Pictures(
        items=tuple(item for each in came for item in each.items),
        usage=usage,
        raw_usage=_raw_sum(came) if usage is not None else None,
        shown=came[0].shown,
        upstream_id=came[0].upstream_id,
        losses=came[0].losses,
    )


def _raw_sum(came: Sequence[Pictures]) -> msgspec.Raw:
    """The upstreams' usage objects, their whole numbers added."""
    objects = [msgspec.json.decode(each.raw_usage) for each in came if each.raw_usage is not None]
    return msgspec.Raw(msgspec.json.encode(_added(objects)))


def _added(objects: Sequence[Any]) -> Any:
    if all(isinstance(one, dict) for one in objects):
        names = dict.fromkeys(name for one in objects for name in one)
        return {name: _added([one[name] for one in objects if name in one]) for name in names}
    if all(isinstance(one, int) and not isinstance(one, bool) for one in objects):
        return sum(objects)
    return objects[0]
