"""Ideogram: the legacy API (V_1 to V_2A) and Ideogram 3.0.

Pages: https://developer.ideogram.ai/v1/api-reference, the legacy and the 3.0 endpoints, read
2026-11-22. All answer at once with addresses that live for a day; a picture that its check stops
comes with is_image_safe false and no address, a prompt that it stops is a 422. In their masks
black is to be changed.
"""

from collections.abc import Callable

from waystation.upstream.pictures import ideogram_fields as fields
from waystation.upstream.pictures.answers import (
    bytes_of,
    document_of,
    is_data_url,
    list_of,
    seed_of,
)
from waystation.upstream.pictures.bodies import form_body, json_body
from waystation.upstream.pictures.hosts import picture_address
from waystation.upstream.pictures.ideogram_refusals import judge_with
from waystation.upstream.pictures.knobs import Knobs, one_input, refused
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.port import Action, Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import nonsense
from waystation.upstream.pictures.wire import PictureWire, Reply
from waystation.upstream.transport import Outgoing

HOSTS = ("ideogram.ai",)
_V3 = "/v1/ideogram-v3"


class Ideogram:
    """A `PictureVendor`. base: what stands before its paths where a relay offers them."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary", "upscale"})

    def __init__(self, base: str = "") -> None:
        self._base = base

    def per_call(self, order: PictureOrder) -> int:
        return fields.IMAGES_MAX

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        knobs = Knobs(order)
        request = await self._request(wire, order, knobs)
        reply = await wire.exchange(request, judge=judge_with(wire.secrets))
        items = read_pictures(reply, order, lambda address: picture_address(wire, address, HOSTS))
        return Pictures(items=items, losses=knobs.losses())

    async def _request(self, wire: PictureWire, order: PictureOrder, knobs: Knobs) -> Outgoing:
        version = fields.version_of(order.model)
        if order.action == "upscale":
            told = fields.upscaling(order, knobs)
            return self._form(wire, "/upscale", {"image_request": told}, order, "image_file")
        if order.mask is not None:
            return await self._edit(wire, order, knobs, version)
        works_on = bool(order.inputs) or order.action != "generate"
        if version.is_v3:
            told = fields.modern(order, knobs, version, remix=works_on)
            if works_on:
                return self._form(wire, f"{_V3}/remix", told, order, "image")
            form = form_body(wire, told)
            path = self._base + f"{_V3}/generate"
            return wire.request(path, form, content_type=form.content_type)
        told = fields.legacy(order, knobs, version, remix=works_on)
        if works_on:
            return self._form(wire, "/remix", {"image_request": told}, order, "image_file")
        return wire.request(self._base + "/generate", json_body(wire, {"image_request": told}))

    async def _edit(
        self, wire: PictureWire, order: PictureOrder, knobs: Knobs, version: fields.Version
    ) -> Outgoing:
        """A mask: the legacy API takes its fields flat here, as the newer one does everywhere."""
        assert order.mask is not None
        mask = await painted(order.mask, "black")
        if version.is_v3:
            told = fields.modern(order, knobs, version, remix=False, masked=True)
            return self._form(wire, f"{_V3}/edit", {**told, "mask": mask}, order, "image")
        if version.name not in ("V_2", "V_2_TURBO"):
            raise refused("mask", f"{order.model} takes no mask; V_2, V_2_TURBO and V_3 do")
        told = fields.legacy(order, knobs, version, remix=False, masked=True)
        return self._form(wire, "/edit", {**told, "mask": mask}, order, "image_file")

    def _form(
        self,
        wire: PictureWire,
        path: str,
        told: fields.Fields,
        order: PictureOrder,
        name: str,
    ) -> Outgoing:
        form = form_body(wire, {**told, name: one_input(order)})
        return wire.request(self._base + path, form, content_type=form.content_type)


def read_pictures(
    reply: Reply, order: PictureOrder, judged: Callable[[object], str]
) -> tuple[Picture, ...]:
    """judged: says that an address may be fetched, or raises. Raises AttemptFailed (502)."""
    document = document_of(reply)
    items = tuple(_picture(order, one, judged) for one in list_of(document, "data"))
    if not items:
        raise nonsense("an answer without a picture")
    return items


def _picture(
    order: PictureOrder, one: dict[str, object], judged: Callable[[object], str]
) -> Picture:
    style, told = one.get("style_type"), one.get("prompt")
    size = one.get("upscaled_resolution") or one.get("resolution")
    unsafe, url = one.get("is_image_safe") is False, one.get("url")
    inline = is_data_url(url) and not unsafe
    return Picture(
        data=bytes_of(url) if inline else None,
        address=None if unsafe or inline else judged(url),
        revised_prompt=told if isinstance(told, str) and told != order.prompt else None,
        seed=seed_of(one.get("seed")),
        size=size if isinstance(size, str) else None,
        style=style if isinstance(style, str) else None,
        blocked=unsafe,
    )
