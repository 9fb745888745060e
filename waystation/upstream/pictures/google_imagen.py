"""Imagen, by the Gemini API's `:predict`.

Page: https://ai.google.dev/gemini-api/docs/imagen, read 2026-11-22. What its filters stop is left
out of the list, or stands in it as a reason without bytes.
"""

from typing import Any

from waystation.dialects.pictures.sizes import area_of
from waystation.upstream.pictures.answers import bytes_of, document_of
from waystation.upstream.pictures.bodies import json_body
from waystation.upstream.pictures.knobs import Knobs, refused
from waystation.upstream.pictures.paths import segment
from waystation.upstream.pictures.port import Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import moderated, nonsense
from waystation.upstream.pictures.shapes import nearest, wanted_ratio
from waystation.upstream.pictures.wire import PictureWire

SAMPLES_MAX = 4
_RATIOS = ("1:1", "3:4", "4:3", "9:16", "16:9")
_TYPES = {"png": "image/png", "jpeg": "image/jpeg"}


def is_imagen(model: str) -> bool:
    return model.startswith("imagen-")


async def draw(wire: PictureWire, order: PictureOrder) -> Pictures:
    """Raises AttemptFailed."""
    if order.action != "generate" or order.inputs:
        raise refused("image", f"{order.model} draws from words alone")
    knobs = Knobs(order)
    body = {"instances": [{"prompt": order.prompt}], "parameters": _parameters(order, knobs)}
    request = wire.request(f"/v1beta/models/{segment(order.model)}:predict", json_body(wire, body))
    document = document_of(await wire.exchange(request))
    items = _pictures(document, wire.secrets)
    return Pictures(items=items, losses=knobs.losses())


def _parameters(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    knobs.shaped("1K", "2K")
    ratio = wanted_ratio(order)
    knobs.text("image_size")  # read with the size
    size = area_of(order)
    if order.pixels() is not None:
        size = None if size == "1K" else "2K"  # the most that it has
    told: dict[str, Any] = {
        "sampleCount": order.n,
        "includeRaiReason": True,
        "aspectRatio": None if ratio is None else nearest(ratio, _RATIOS),
        "imageSize": None if "fast" in order.model else size,
        "personGeneration": knobs.text("personGeneration") or knobs.text("person_generation"),
        "outputOptions": _output(knobs),
    }
    return {name: value for name, value in told.items() if value is not None}


def _output(knobs: Knobs) -> dict[str, Any] | None:
    wanted = knobs.one_of("output_format", _TYPES)
    if wanted is None:
        return None
    output: dict[str, Any] = {"mimeType": _TYPES[wanted]}
    quality = knobs.take("output_compression") if wanted == "jpeg" else None
    if quality is not None:
        output["compressionQuality"] = quality
    return output


def _pictures(document: dict[str, Any], secrets: tuple[str, ...]) -> tuple[Picture, ...]:
    """Raises AttemptFailed where there is none."""
    predictions = document.get("predictions", [])
    if not isinstance(predictions, list):
        raise nonsense("it has no predictions")
    items, reason = [], ""
    for one in predictions:
        if not isinstance(one, dict):
            raise nonsense("a prediction that is none")
        if one.get("raiFilteredReason"):
            reason = reason or str(one["raiFilteredReason"])
            items.append(Picture(blocked=True))
        elif one.get("bytesBase64Encoded"):
            items.append(Picture(data=bytes_of(one["bytesBase64Encoded"])))
    if all(item.blocked for item in items):
        # Nothing at all is how its filters say no when they give no reason.
        raise moderated(reason, secrets)
    return tuple(items)
