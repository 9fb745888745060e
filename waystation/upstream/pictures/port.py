"""The seam between the picture path and the vendors: an order in, pictures out.

The path (edge/pictures/) reads the caller's form into an order, holds the money, chooses a
channel and calls its vendor's `draw`; a vendor's module makes requests of its API out of the order,
waits as long as that API needs, and gives the pictures or their addresses. Storing, billing,
counting and the caller's reply are the path's.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import msgspec

from waystation.dialects.loss import Loss
from waystation.dialects.pictures.order import Action, PictureInput, PictureOrder
from waystation.meter.usage import Usage
from waystation.upstream.pictures.wire import PictureWire

__all__ = [
    "Action",
    "PartialPicture",
    "Picture",
    "PictureInput",
    "PictureOrder",
    "PictureVendor",
    "PictureWire",
    "Pictures",
    "StreamingVendor",
]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """One result: its bytes, or the address where the vendor keeps it (fetched by the path, through
    the guard). blocked: the vendor drew but does not give it: neither bytes nor address, unbilled.
    size: "WxH" as the vendor tells it. Its type is sniffed by the path."""

    data: bytes | None = None
    address: str | None = None
    revised_prompt: str | None = None
    seed: int | None = None
    size: str | None = None
    style: str | None = None
    blocked: bool = False


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """items: what came, maybe fewer than were ordered. usage: tokens where the vendor told them,
    None where not (pictures are counted by the path). raw_usage: the vendor's usage object, shown
    to the caller. shown: further top-level fields of the reply (size, quality, background,
    output_format). losses: what of the order this vendor could not be told."""

    items: tuple[Picture, ...]
    usage: Usage | None = None
    raw_usage: msgspec.Raw | None = None
    shown: Mapping[str, msgspec.Raw] = {}
    upstream_id: str = ""
    losses: tuple[Loss, ...] = ()


class PartialPicture(msgspec.Struct, frozen=True):
    """One of a stream's pictures on the way. data: its bytes. index: of the partial picture."""

    data: bytes
    index: int


class PictureVendor(Protocol):
    """One vendor's API. It holds no state: one object serves all channels.

    What goes wrong is raised as AttemptFailed: by the wire for transport failures and refusals
    (read like any other upstream's), by `upstream/pictures/refusals.py` for moderation and
    nonsense. A poll that never ends is ended by the wire's deadline."""

    actions: frozenset[Action]

    def per_call(self, order: PictureOrder) -> int:
        """How many pictures of this order one call gives at most; the path splits larger orders
        into calls at once. order.n is what the caller wants in all."""

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        """The pictures. Raises AttemptFailed."""


class StreamingVendor(PictureVendor, Protocol):
    """A vendor that shows pictures on the way."""

    def streams(self, wire: PictureWire, order: PictureOrder) -> bool:
        """This order can be streamed on this channel."""

    def stream(
        self, wire: PictureWire, order: PictureOrder
    ) -> AsyncIterator[PartialPicture | Pictures]:
        """Partial pictures, at last one `Pictures`. Raises AttemptFailed; closing the iterator
        cuts the upstream."""
