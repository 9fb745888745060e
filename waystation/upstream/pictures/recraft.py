"""Recraft: pictures and vectors, and the tools that work on a picture.

Pages: https://www.recraft.ai/docs/api-reference/endpoints, …/appendix, …/error-handling, read
2026-11-22. Words go out as JSON, pictures as a form; `size` may be "WxH" or a form as "16:9".
In its masks pure white is to be changed, pure black stays. What it refuses it says in plain text.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.dialects.faults import read_error, scrubbed
from waystation.errors import Fault
from waystation.upstream.pictures.answers import document_of
from waystation.upstream.pictures.bodies import form_body, json_body
from waystation.upstream.pictures.knobs import Knobs, one_input, refused
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.openai_answer import read_answer
from waystation.upstream.pictures.port import Action, PictureOrder, Pictures
from waystation.upstream.pictures.shapes import wanted_ratio
from waystation.upstream.pictures.wire import Judge, PictureWire, Reply
from waystation.upstream.transport import Outgoing

IMAGES_MAX = 6
_STRENGTH = 0.5
_TEXT_CHARACTERS_MAX = 500
_MODERATED = ("moderation", "content policy", "nsfw", "prohibited", "unsafe")

_encode = msgspec.json.Encoder().encode


class Tool(msgspec.Struct, frozen=True):
    """An endpoint that works on a picture. picture: the form's name for it. prompt, mask: it needs
    one. raws: further fields. sized: it must be told a size. many: it gives up to six."""

    path: str
    picture: str = "image"
    prompt: bool = False
    mask: bool = False
    sized: bool = False
    many: bool = False
    raws: tuple[str, ...] = ()


INPAINT = Tool("/v1/images/inpaint", prompt=True, mask=True, many=True)
CRISP = Tool("/v1/images/crispUpscale", "file")
REMIX = Tool("/v1/images/variateImage", sized=True, many=True)

TOOLS: Mapping[str, Tool] = {
    "recraft-inpaint": INPAINT,
    "recraft-erase-region": Tool("/v1/images/eraseRegion", mask=True),
    "recraft-replace-background": Tool("/v1/images/replaceBackground", prompt=True, many=True),
    "recraft-generate-background": Tool(
        "/v1/images/generateBackground", prompt=True, mask=True, many=True
    ),
    "recraft-vectorize": Tool(
        "/v1/images/vectorize",
        "file",
        raws=("svg_compression", "limit_num_shapes", "max_num_shapes"),
    ),
    "recraft-remove-background": Tool("/v1/images/removeBackground", "file"),
    "recraft-crisp-upscale": CRISP,
    "recraft-creative-upscale": Tool("/v1/images/creativeUpscale", "file"),
    "recraft-remix": REMIX,
}
_RAWS = ("substyle", "style_id", "style_match", "controls", "text_layout", "random_seed")
_RAWS_LATER = ("image_format",)


class Recraft:
    """A `PictureVendor`. base: what stands before its paths where a relay offers them."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary", "upscale"})

    def __init__(self, base: str = "") -> None:
        self._base = base

    def per_call(self, order: PictureOrder) -> int:
        tool = _tool(order)
        return IMAGES_MAX if tool is None or tool.many else 1

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        knobs = Knobs(order)
        request = await self._request(wire, order, knobs)
        reply = await wire.exchange(request, judge=judge_with(wire.secrets))
        drawn = read_answer(_listed(reply), wire.secrets)
        return msgspec.structs.replace(drawn, losses=knobs.losses())

    async def _request(self, wire: PictureWire, order: PictureOrder, knobs: Knobs) -> Outgoing:
        tool = _tool(order)
        if tool is None and not order.inputs and order.action == "generate":
            body = json_body(wire, {**_words(order, knobs), **_size(order, knobs)})
            return wire.request(f"{self._base}/v1/images/generations", body)
        if tool is None:
            path, name, told = "/v1/images/imageToImage", "image", _words(order, knobs)
            told["strength"] = _STRENGTH if order.strength is None else order.strength
            knobs.ignore("strength", "size", "aspect_ratio")
        else:
            path, name, told = tool.path, tool.picture, await _tool_fields(tool, order, knobs)
        form = form_body(wire, {**told, name: one_input(order)})
        return wire.request(self._base + path, form, content_type=form.content_type)


def _tool(order: PictureOrder) -> Tool | None:
    """The endpoint for an order that works on a picture; None for drawing, from words or from a
    picture and words."""
    named = TOOLS.get(order.model)
    if named is not None:
        return named
    if order.action == "upscale":
        return CRISP
    if order.action == "vary" and not order.prompt:
        return REMIX
    return INPAINT if order.mask is not None else None


def _words(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    told: dict[str, Any] = {
        "prompt": order.prompt,
        "model": order.model,
        "n": order.n if order.n > 1 else None,
        "response_format": "b64_json",
        "style": knobs.take("style"),
        "negative_prompt": knobs.take("negative_prompt"),
    }
    seed = knobs.take("seed")
    if seed is not None:
        told["random_seed"] = seed
    for name in (*_RAWS, *_RAWS_LATER):
        value = knobs.raw(name)
        if value is not None:
            told[name] = value
    if told.get("style_id") is not None and told["style"] is not None:
        raise refused("style_id", "style and style_id exclude each other")
    return told


def _size(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    """As the caller said it: its lists differ from model to model, and its own 400 names them."""
    knobs.ignore("size", "aspect_ratio")
    if order.aspect_ratio is not None and wanted_ratio(order) is not None:
        if order.pixels() is not None:
            knobs.lose("size", "with an aspect ratio the model chooses the area")
        return {"size": order.aspect_ratio}
    return {"size": order.size if order.size != "auto" else None}


async def _tool_fields(tool: Tool, order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    if tool.prompt:
        told = _words(order, knobs)
        if tool is not INPAINT or order.model in TOOLS:
            told["model"] = None  # a tool's name is ours
        knobs.shaped()
    else:
        told = {"response_format": "b64_json", "n": order.n if order.n > 1 else None}
        told.update({name: knobs.raw(name) for name in (*tool.raws, *_RAWS_LATER)})
    if tool.sized:
        told["size"] = _size(order, knobs)["size"] or "1024x1024"
    if tool.mask:
        if order.mask is None:
            raise refused("mask", f"{order.model} needs a mask")
        told["mask"] = await painted(order.mask, "white")
    elif order.mask is not None:
        raise refused("mask", f"{order.model} takes no mask")
    return told


def _listed(reply: Reply) -> bytes:
    """Tools that give one picture call it `image`; the rest of the answer is of OpenAI's shape."""
    if b'"image"' not in reply.body[:200]:
        return reply.body
    document = document_of(reply)
    if "data" in document or not isinstance(document.get("image"), dict):
        return reply.body
    return _encode({**document, "data": [document["image"]]})


def judge_with(secrets: tuple[str, ...]) -> Judge:
    def judge(status: int, body: bytes) -> Fault | None:
        text = body[:_TEXT_CHARACTERS_MAX].decode("utf-8", "replace").strip()
        if not text or text.startswith("<"):
            return None
        if status in (400, 403, 422) and any(word in text.lower() for word in _MODERATED):
            told = read_error(status, body, secrets).message if text.startswith("{") else text
            return Fault("content_policy_violation", message=scrubbed(told or "", secrets) or None)
        if text.startswith("{"):
            return None
        return read_error(status, _encode({"message": text}), secrets)

    return judge
