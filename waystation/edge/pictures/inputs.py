"""Pictures that a request brings or names: fetched, and judged before a vendor is asked."""

import asyncio

from waystation.artefacts.pictures import BadPicture
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.pictures.request import PictureOperation
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.upstream.fetching import Wanted
from waystation.upstream.pictures.turning import shown_size, turned

_DALLE_2_BYTES_MAX = 4_000_000


async def supplied(site: Site, operation: PictureOperation) -> PictureOperation:
    """The operation with all its pictures at hand, and upright. Raises Fault (400)."""
    order = operation.order
    if operation.references or operation.mask_reference is not None:
        fetched = await asyncio.gather(
            *(_fetched(site, field, address) for field, address in operation.references)
        )
        mask = order.mask
        if operation.mask_reference is not None:
            mask = await _fetched(site, "mask", operation.mask_reference)
        operation = operation.supplied((*order.inputs, *fetched), mask)
        await check(site, operation)
    order = operation.order
    inputs = await turned(site.artefacts.pictures, order.inputs)
    if inputs != order.inputs:
        operation = operation.supplied(inputs, order.mask)
    return operation


async def _fetched(site: Site, field: str, address: str) -> PictureInput:
    wanted = Wanted("caller", param=field, bytes_max=site.settings.picture_bytes_max)
    found = await site.fetcher.fetch(address, wanted)
    return PictureInput(found.data, found.media_type.name, f"{field}.{found.media_type.ext}")


async def check(site: Site, operation: PictureOperation) -> None:
    """What is known to be refused by the vendor, told in words of use. Raises Fault (400)."""
    order = operation.order
    if operation.model.startswith("dall-e-2"):
        for picture in order.inputs:
            if picture.content_type != "image/png" or picture.size_bytes > _DALLE_2_BYTES_MAX:
                reason = f"{operation.model} takes a square png of less than 4 MB"
                raise Fault("invalid_image", param="image", reason=reason)
    if order.mask is None:
        return
    if order.mask.content_type != "image/png":
        raise Fault("invalid_image", param="mask", reason="a mask is a png with transparency")
    mask = await _size(site, "mask", order.mask)
    first = await _size(site, "image", order.inputs[0])
    if mask != first:
        told = "it is {}x{}, the picture is {}x{}; both must be of one size"
        reason = told.format(*mask, *first)
        raise Fault("invalid_image", param="mask", reason=reason)


async def _size(site: Site, field: str, picture: PictureInput) -> tuple[int, int]:
    pictures = site.artefacts.pictures

    def read(_: bytes) -> tuple[int, int]:
        return shown_size(picture.read(), pictures.pixels_max)

    try:
        return await pictures.run(read, b"")
    except BadPicture as bad:
        raise Fault("invalid_image", param=field, reason=str(bad)) from None
