"""Relays that offer Ideogram's and Recraft's forms as we do: /ideogram/generate, /ideogram/remix
and /recraft/v1/images/generations.

A relay knows models that we do not: the order goes out whole, its further fields as they came but
for those that would make it dearer than what is held for it, and nothing is judged but what comes
back. Pictures lie where the relay keeps them.
"""

from typing import Any

import msgspec

from waystation.dialects.loss import Loss
from waystation.dialects.pictures.names import ideogram_version
from waystation.kernel.scalars import kind
from waystation.upstream.pictures.bodies import form_body, json_body
from waystation.upstream.pictures.ideogram import read_pictures
from waystation.upstream.pictures.ideogram_fields import SPEEDS, speed_of
from waystation.upstream.pictures.ideogram_refusals import judge_with
from waystation.upstream.pictures.knobs import one_input, refused
from waystation.upstream.pictures.openai_answer import read_answer
from waystation.upstream.pictures.passing import passed_on
from waystation.upstream.pictures.port import Action, PictureOrder, Pictures
from waystation.upstream.pictures.recraft import judge_with as judge_recraft_with
from waystation.upstream.pictures.refusals import nonsense
from waystation.upstream.pictures.wire import PictureWire
from waystation.upstream.transport import Outgoing

_MANY = 8
_NOT_PASSED = frozenset({"rendering_speed", "webhook_url"})


class IdeogramForm:
    """A `PictureVendor`: `image_request`, as JSON or beside the picture that is worked on."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary"})

    def per_call(self, order: PictureOrder) -> int:
        return _MANY

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        reply = await wire.exchange(_ideogram(wire, order), judge=judge_with(wire.secrets))
        items = read_pictures(reply, order, _anywhere)
        return Pictures(items=items, losses=_losses(order))


class RecraftForm:
    """A `PictureVendor`: OpenAI's shape with Recraft's fields."""

    actions: frozenset[Action] = frozenset({"generate"})

    def per_call(self, order: PictureOrder) -> int:
        return _MANY

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        told: dict[str, Any] = {"model": order.model, "prompt": order.prompt}
        told |= {"n": order.n if order.n > 1 else None, "size": order.size or order.aspect_ratio}
        told |= {"style": order.style, "negative_prompt": order.negative_prompt}
        told |= {"response_format": order.response_format, **_passed(order)}
        request = wire.request(wire.path(), json_body(wire, told))
        reply = await wire.exchange(request, judge=judge_recraft_with(wire.secrets))
        drawn = read_answer(reply.body, wire.secrets)
        return msgspec.structs.replace(drawn, losses=_losses(order))


def _model_and_speed(order: PictureOrder) -> tuple[str, str | None]:
    """The version as the form has it and, for 3.0, the rendering speed: by the rules of Ideogram's
    own module, since the price is the same."""
    version = ideogram_version(order.model)
    if not version.startswith("V_3"):
        return version, None
    raw = order.extras.get("rendering_speed")
    told = None if raw is None or kind(raw) != '"' else msgspec.json.decode(raw, type=str)
    named = next((speed for speed in SPEEDS if version == f"V_3_{speed}"), None)
    speed, _ = speed_of(order.quality, named, told)
    return ("V_3" if named else version), speed


def _passed(order: PictureOrder) -> dict[str, msgspec.Raw]:
    passed, _ = passed_on(order)
    return {name: raw for name, raw in passed.items() if name not in _NOT_PASSED}


def _losses(order: PictureOrder) -> tuple[Loss, ...]:
    passed, losses = passed_on(order)
    return (*losses, *(Loss(name, "not passed on") for name in passed if name in _NOT_PASSED))


def _anywhere(address: object) -> str:
    if not isinstance(address, str) or not address:
        raise nonsense("an entry without its picture")
    return address


def _ideogram(wire: PictureWire, order: PictureOrder) -> Outgoing:
    if order.mask is not None:
        raise refused("mask", "this form takes no mask")
    told = _image_request(order)
    if not order.inputs and order.action == "generate":
        return wire.request(wire.path("ideogram"), json_body(wire, {"image_request": told}))
    if order.strength is not None and "image_weight" not in told:
        told["image_weight"] = min(100, max(1, round((1 - order.strength) * 100)))
    form = form_body(wire, {"image_request": told, "image_file": one_input(order)})
    return wire.request(wire.path("ideogram_remix"), form, content_type=form.content_type)


def _image_request(order: PictureOrder) -> dict[str, Any]:
    model, speed = _model_and_speed(order)
    told: dict[str, Any] = {"prompt": order.prompt, "model": model}
    if order.n > 1:
        told["num_images"] = order.n
    if order.aspect_ratio is not None:
        told["aspect_ratio"] = "ASPECT_" + order.aspect_ratio.replace(":", "_")
    elif order.pixels() is not None:
        width, height = order.pixels() or (0, 0)
        told["resolution"] = f"RESOLUTION_{width}_{height}"
    settings = {
        "seed": order.seed,
        "negative_prompt": order.negative_prompt,
        "style_type": order.style,
        "rendering_speed": speed,
    }
    told |= {name: value for name, value in settings.items() if value is not None}
    return {**_passed(order), **told}
