"""The answer in OpenAI's shape: one object, or a stream of events. Always base64: what a caller is
to get as a link, the gateway stores and links."""

from base64 import b64encode
from typing import Any

import msgspec

from waystation.demo.pictures.make import Made
from waystation.demo.pictures.order import Order
from waystation.demo.pictures.usage import usage

_EVENTS = {"generation": "image_generation"}
_EVENTS_OTHER = "image_edit"
_REVISES = ("dall-e-3",)


def whole(order: Order, made: Made, created: int) -> bytes:
    data = [_item(order, one) for one in made.pictures]
    outputs = [made.size] * len(made.pictures)
    told = usage(order.prompt, made.inputs, outputs, order.quality, partials=0)
    return msgspec.json.encode(
        {"created": created, "data": data, **_shown(order, made), "usage": told}
    )


def events(order: Order, made: Made, created: int) -> list[bytes]:
    """Partial pictures in their order, then the whole one; one picture after another."""
    family = _EVENTS.get(order.action, _EVENTS_OTHER)
    shown = {**_shown(order, made), "created_at": created}
    frames = []
    for picture, partials in zip(made.pictures, made.partials, strict=True):
        for index, one in enumerate(partials):
            more = {**shown, "partial_image_index": index}
            frames.append(_event(f"{family}.partial_image", one, more))
        inputs = made.inputs if picture is made.pictures[0] else ()
        prompt = order.prompt if picture is made.pictures[0] else ""
        told = usage(prompt, inputs, [made.size], order.quality, len(partials))
        frames.append(_event(f"{family}.completed", picture, {**shown, "usage": told}))
    return frames


def _shown(order: Order, made: Made) -> dict[str, Any]:
    return {
        "background": "transparent" if order.transparent else "opaque",
        "output_format": order.wanted,
        "quality": order.quality,
        "size": f"{made.size[0]}x{made.size[1]}",
    }


def _item(order: Order, picture: bytes) -> dict[str, str]:
    item = {"b64_json": b64encode(picture).decode("ascii")}
    if order.model.startswith(_REVISES):
        item["revised_prompt"] = f"A demo drawing of: {order.prompt}"
    return item


def _event(kind: str, picture: bytes, more: dict[str, Any]) -> bytes:
    data = {"type": kind, "b64_json": b64encode(picture).decode("ascii"), **more}
    return b"event: " + kind.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
