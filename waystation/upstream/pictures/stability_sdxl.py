"""Stability AI's v1 API, which SDXL 1.0 is still reached by: JSON both ways.

Page: https://platform.stability.ai/docs/api-reference#tag/SDXL-1.0-and-SD1.6, read 2026-11-22.
"""

from typing import Any

from waystation.upstream.pictures.answers import bytes_of, document_of, list_of, seed_of
from waystation.upstream.pictures.bodies import json_body
from waystation.upstream.pictures.knobs import Knobs, refused
from waystation.upstream.pictures.port import Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import moderated, nonsense
from waystation.upstream.pictures.shapes import nearest_size
from waystation.upstream.pictures.stability_refusals import judge_with
from waystation.upstream.pictures.wire import PictureWire

SAMPLES_MAX = 10
ENGINE = "stable-diffusion-xl-1024-v1-0"

_NAMES = frozenset({ENGINE, "stable-diffusion-xl-base-1.0", "stable-diffusion-xl", "sdxl"})
_SIZES = {
    (width, height): f"{width}x{height}"
    for wide, low in ((1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640))
    for width, height in ((wide, low), (low, wide))
}
_STEPS_LEAST, _STEPS_MOST = 10, 50


def is_sdxl(model: str) -> bool:
    return model in _NAMES


async def draw(wire: PictureWire, order: PictureOrder) -> Pictures:
    """Raises AttemptFailed."""
    if order.action != "generate" or order.inputs:
        raise refused("image", f"{order.model} draws from words alone here")
    knobs = Knobs(order)
    path = f"/v1/generation/{ENGINE}/text-to-image"
    request = wire.request(path, json_body(wire, _body(order, knobs)))
    reply = await wire.exchange(request, judge=judge_with(wire.secrets))
    items = [_picture(one) for one in list_of(document_of(reply), "artifacts")]
    if not items:
        raise nonsense("it gave no picture")
    if all(item.blocked for item in items):
        raise moderated()
    return Pictures(items=tuple(items), losses=knobs.losses())


def _body(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    prompts = [{"text": order.prompt, "weight": 1}]
    negative = knobs.take("negative_prompt")
    if negative:
        prompts.append({"text": negative, "weight": -1})
    size = nearest_size(order, _SIZES)
    knobs.shaped()
    width, _, height = (size or "1024x1024").partition("x")
    scale, guidance = knobs.number("cfg_scale"), knobs.number("guidance_scale")
    return {
        "text_prompts": prompts,
        "width": int(width),
        "height": int(height),
        "samples": order.n if order.n > 1 else None,
        "cfg_scale": guidance if scale is None else scale,
        "steps": _steps(knobs),
        "seed": knobs.take("seed"),
        "style_preset": knobs.text("style_preset") or knobs.take("style"),
        "sampler": knobs.text("sampler"),
    }


def _steps(knobs: Knobs) -> int | None:
    steps = knobs.number("steps")
    other = knobs.number("num_inference_steps")
    wanted = other if steps is None else steps
    return None if wanted is None else min(_STEPS_MOST, max(_STEPS_LEAST, int(wanted)))


def _picture(artifact: dict[str, Any]) -> Picture:
    reason = artifact.get("finishReason")
    if reason == "CONTENT_FILTERED":
        return Picture(blocked=True)
    if reason != "SUCCESS":
        raise nonsense("its picture did not come to be")
    data = bytes_of(artifact.get("base64"))
    return Picture(data=data, seed=seed_of(artifact.get("seed")))
