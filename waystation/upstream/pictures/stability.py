"""Stability AI: Stable Image (v2beta), its editing and upscaling tools, and SDXL 1.0 (v1).

Page: https://platform.stability.ai/docs/api-reference, by its generated clients, read 2026-11-22.
Forms go out; a picture's bytes come back, with `finish-reason` and `seed` in the head. A filtered
picture comes as a blurred one with status 200. SDXL speaks JSON both ways (stability_sdxl.py).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.upstream.pictures import stability_sdxl
from waystation.upstream.pictures.answers import bytes_of, document_of, seed_of
from waystation.upstream.pictures.bodies import form_body
from waystation.upstream.pictures.knobs import Knobs, one_input, refused
from waystation.upstream.pictures.masks import painted
from waystation.upstream.pictures.polling import Pauses, poll
from waystation.upstream.pictures.port import Action, Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import moderated, nonsense
from waystation.upstream.pictures.shapes import nearest, wanted_ratio
from waystation.upstream.pictures.stability_refusals import judge_with
from waystation.upstream.pictures.variation import INSTRUCTION
from waystation.upstream.pictures.wire import PictureWire, Reply

_BASE = "/v2beta/stable-image"
_RATIOS = ("1:1", "16:9", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
_STRENGTH, _VARIATION_STRENGTH = 0.7, 0.6

_SD3 = {
    "stable-diffusion-3.5-large": "sd3.5-large",
    "stable-diffusion-3.5-large-turbo": "sd3.5-large-turbo",
    "stable-diffusion-3.5-medium": "sd3.5-medium",
    "stable-diffusion-3.5-flash": "sd3.5-flash",
    # SD 3.0 was withdrawn on 2025-04-17; they serve 3.5 for it, under these names.
    "stable-diffusion-3": "sd3.5-large",
    "stable-diffusion-3-large": "sd3.5-large",
    "stable-diffusion-3-large-turbo": "sd3.5-large-turbo",
    "stable-diffusion-3-medium": "sd3.5-medium",
}
_CORE = frozenset({"stable-image-core", "stable-diffusion", "stable-diffusion-api"})
_INPAINTING = frozenset({"sd3.5-large", "stable-image-ultra"})
"""Models that cost at least what the endpoint does, so that a mask makes no picture dearer than its
price."""


class Tool(msgspec.Struct, frozen=True):
    """An endpoint that works on a picture. numbers, texts: further fields that it takes. prompt,
    negative, seed: it takes one. mask: likewise. later: the picture is to be asked for."""

    path: str
    prompt: bool = False
    mask: bool = False
    negative: bool = False
    seed: bool = True
    later: bool = False
    numbers: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


_GROW, _STYLE = ("grow_mask",), ("style_preset",)
INPAINT = Tool("/edit/inpaint", True, mask=True, negative=True, numbers=_GROW, texts=_STYLE)
FAST = Tool("/upscale/fast", seed=False)

TOOLS: Mapping[str, Tool] = {
    "stable-image-inpaint": INPAINT,
    "stable-image-erase": Tool("/edit/erase", mask=True, numbers=_GROW),
    "stable-image-remove-background": Tool("/edit/remove-background", seed=False),
    "stable-image-outpaint": Tool(
        "/edit/outpaint", True, numbers=("left", "right", "up", "down", "creativity"), texts=_STYLE
    ),
    "stable-image-search-and-replace": Tool(
        "/edit/search-and-replace",
        True,
        negative=True,
        numbers=_GROW,
        texts=("search_prompt", *_STYLE),
    ),
    "stable-image-search-and-recolor": Tool(
        "/edit/search-and-recolor",
        True,
        negative=True,
        numbers=_GROW,
        texts=("select_prompt", *_STYLE),
    ),
    "stable-image-upscale-fast": FAST,
    "stable-image-upscale-conservative": Tool(
        "/upscale/conservative", True, negative=True, numbers=("creativity",)
    ),
    "stable-image-upscale-creative": Tool(
        "/upscale/creative", True, negative=True, later=True, numbers=("creativity",), texts=_STYLE
    ),
}


class Stability:
    """A `PictureVendor`."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary", "upscale"})

    def __init__(self, pauses: Pauses | None = None) -> None:
        self._pauses = pauses or Pauses(first_seconds=2.0, most_seconds=10.0)

    def per_call(self, order: PictureOrder) -> int:
        return stability_sdxl.SAMPLES_MAX if stability_sdxl.is_sdxl(order.model) else 1

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        if stability_sdxl.is_sdxl(order.model):
            return await stability_sdxl.draw(wire, order)
        tool = _tool(order)
        knobs = Knobs(order)
        if tool is None:
            path, fields = _generation(order, knobs)
        else:
            path, fields = tool.path, await _tool_fields(tool, order, knobs)
        later = tool is not None and tool.later
        form = form_body(wire, fields)
        accept = "application/json" if later else "image/*"
        request = wire.request(_BASE + path, form, content_type=form.content_type, accept=accept)
        judge = judge_with(wire.secrets)
        reply = await wire.exchange(request, judge=judge)
        if later:
            reply = await self._await(wire, reply)
        return Pictures(items=(_picture(reply),), losses=knobs.losses())

    async def _await(self, wire: PictureWire, submitted: Reply) -> Reply:
        job = document_of(submitted).get("id")
        if not isinstance(job, str) or not job.isalnum():
            raise nonsense("it gave the job no id")
        look = wire.request(f"/v2beta/results/{job}", method="GET", accept="image/*")
        return await poll(
            wire,
            look,
            lambda reply: None if reply.status == 202 else reply,
            self._pauses,
            judge=judge_with(wire.secrets),
        )


def _tool(order: PictureOrder) -> Tool | None:
    """The endpoint for an order that works on a picture, None for one of generation."""
    named = TOOLS.get(order.model)
    if named is not None:
        return named
    if order.action == "upscale":
        return FAST
    if order.mask is not None:
        if _SD3.get(order.model, order.model) not in _INPAINTING:
            raise refused("mask", f"{order.model} takes no mask; stable-image-inpaint does")
        return INPAINT
    if order.model in _CORE and (order.action != "generate" or order.inputs):
        raise refused("image", f"{order.model} draws from words alone")
    return None


def _generation(order: PictureOrder, knobs: Knobs) -> tuple[str, dict[str, Any]]:
    """(path, fields) of /generate/core, /ultra or /sd3; the last two also go out from a picture."""
    fields = _common(order, knobs)
    sd3 = _SD3.get(order.model) or (order.model if order.model.startswith("sd3") else None)
    if order.action != "generate" or (order.inputs and order.model not in _CORE):
        fields["image"] = one_input(order)
    if "image" in fields:
        default = _VARIATION_STRENGTH if order.action == "vary" else _STRENGTH
        strength = knobs.take("strength")
        fields["strength"] = default if strength is None else strength
        if wanted_ratio(order) is not None:
            knobs.lose("size", "the picture's own form is kept")
        knobs.shaped()
    else:
        ratio = wanted_ratio(order)
        knobs.shaped()
        fields["aspect_ratio"] = None if ratio is None else nearest(ratio, _RATIOS)
    if sd3 is not None:
        fields["model"] = sd3
        fields["mode"] = "image-to-image" if "image" in fields else "text-to-image"
        scale, guidance = knobs.number("cfg_scale"), knobs.number("guidance_scale")
        fields["cfg_scale"] = guidance if scale is None else scale
        return "/generate/sd3", fields
    if order.model == "stable-image-ultra":
        return "/generate/ultra", fields
    if order.model in _CORE:
        return "/generate/core", fields
    raise refused("model", f"{order.model} is no model of this vendor")


async def _tool_fields(tool: Tool, order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    fields: dict[str, Any] = {"output_format": _format(knobs), "image": one_input(order)}
    if tool.seed:
        fields["seed"] = knobs.take("seed")
    if tool.prompt:
        fields["prompt"] = _prompt(order)
    if tool.negative:
        fields["negative_prompt"] = knobs.take("negative_prompt")
    if order.mask is not None:
        if not tool.mask:
            raise refused("mask", f"{order.model} takes no mask")
        fields["mask"] = await painted(order.mask, "white")
    fields.update({name: knobs.number(name) for name in tool.numbers})
    fields.update({name: knobs.text(name) for name in tool.texts})
    if "style_preset" in fields:
        fields["style_preset"] = fields["style_preset"] or knobs.take("style")
    return fields


def _common(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    """Of all that draws from words."""
    return {
        "output_format": _format(knobs),
        "seed": knobs.take("seed"),
        "prompt": _prompt(order),
        "negative_prompt": knobs.take("negative_prompt"),
        "style_preset": knobs.text("style_preset") or knobs.take("style"),
    }


def _prompt(order: PictureOrder) -> str | None:
    return order.prompt or (INSTRUCTION if order.action == "vary" else None)


def _format(knobs: Knobs) -> str | None:
    return knobs.one_of("output_format", ("png", "jpeg", "webp"))


def _picture(reply: Reply) -> Picture:
    """Out of bytes, or of JSON for relays that know nothing else. Raises AttemptFailed."""
    content_type = (reply.header(b"content-type") or b"").partition(b";")[0].strip()
    if content_type == b"application/json":
        document = document_of(reply)
        _judge_end(str(document.get("finish_reason") or "SUCCESS"))
        data = bytes_of(document.get("image") or document.get("result"))
        return Picture(data=data, seed=seed_of(document.get("seed")))
    if not content_type.startswith(b"image/") or not reply.body:
        raise nonsense("it is no picture")
    _judge_end((reply.header(b"finish-reason") or b"SUCCESS").decode("latin-1"))
    seed_text = reply.header(b"seed") or b""
    return Picture(data=reply.body, seed=int(seed_text) if seed_text.isdigit() else None)


def _judge_end(reason: str) -> None:
    if reason == "CONTENT_FILTERED":
        raise moderated()
    if reason != "SUCCESS":
        raise nonsense("its picture did not come to be")
