"""Google's pictures by the Gemini API: Gemini models that draw, and Imagen.

Pages: https://ai.google.dev/gemini-api/docs/image-generation, …/imagen, and the generateContent
reference, read 2026-11-22. Gemini draws into a chat answer, one picture a call, told by tokens;
Imagen answers `:predict` with a list. What is stopped is said in many ways, told apart below.
"""

from collections.abc import Mapping
from typing import Any

from waystation.dialects.pictures.sizes import area_of
from waystation.meter.areas import AREAS
from waystation.meter.usage import Usage
from waystation.upstream.pictures import google_imagen
from waystation.upstream.pictures.answers import bytes_of, document_of, list_of
from waystation.upstream.pictures.bodies import json_body
from waystation.upstream.pictures.encoding import base64_of
from waystation.upstream.pictures.google_usage import read_usage
from waystation.upstream.pictures.knobs import Knobs, refused
from waystation.upstream.pictures.paths import segment
from waystation.upstream.pictures.port import Action, Picture, PictureOrder, Pictures
from waystation.upstream.pictures.refusals import moderated, nonsense
from waystation.upstream.pictures.shapes import nearest, wanted_ratio
from waystation.upstream.pictures.variation import INSTRUCTION
from waystation.upstream.pictures.wire import PictureWire

_RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9")
_ONE_SIZE = ("gemini-2.", "gemini-1.")
_AREA_DEFAULT = "1K"
_BLOCKED = frozenset(
    {
        "SAFETY",
        "IMAGE_SAFETY",
        "PROHIBITED_CONTENT",
        "IMAGE_PROHIBITED_CONTENT",
        "BLOCKLIST",
        "SPII",
        "RECITATION",
        "IMAGE_RECITATION",
    }
)


class Google:
    """A `PictureVendor`."""

    actions: frozenset[Action] = frozenset({"generate", "edit", "vary"})

    def per_call(self, order: PictureOrder) -> int:
        return google_imagen.SAMPLES_MAX if google_imagen.is_imagen(order.model) else 1

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        if google_imagen.is_imagen(order.model):
            return await google_imagen.draw(wire, order)
        knobs = Knobs(order)
        body = json_body(wire, await _body(order, knobs))
        reply = await wire.exchange(
            wire.request(f"/v1beta/models/{segment(order.model)}:generateContent", body)
        )
        document = document_of(reply)
        upstream_id = document.get("responseId")
        return Pictures(
            items=_pictures(document, wire.secrets),
            usage=_usage(document),
            upstream_id=upstream_id if isinstance(upstream_id, str) else "",
            losses=knobs.losses(),
        )


def _usage(document: Mapping[str, Any]) -> Usage | None:
    told = document.get("usageMetadata")
    return read_usage(told) if isinstance(told, dict) else None


async def _body(order: PictureOrder, knobs: Knobs) -> dict[str, Any]:
    if order.mask is not None:
        raise refused("mask", f"{order.model} takes no mask; say in the prompt what to change")
    if order.action != "generate" and not order.inputs:
        raise refused("image", "a picture is needed")
    prompt = order.prompt or (INSTRUCTION if order.action == "vary" else "")
    parts: list[dict[str, Any]] = [{"text": prompt}]
    for each in order.inputs:
        data = await base64_of(each)
        parts.append({"inlineData": {"mimeType": each.content_type, "data": data}})
    config: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    shape = _shape(order, knobs)
    if shape:
        config["imageConfig"] = shape
    seed = knobs.take("seed")
    if seed is not None:
        config["seed"] = seed
    for name in ("temperature", "topP", "topK"):
        value = knobs.number(name)
        if value is not None:
            config[name] = value
    return {
        "contents": [{"role": "user", "parts": parts}],
        "generationConfig": config,
        "safetySettings": knobs.raw("safetySettings"),
    }


def _shape(order: PictureOrder, knobs: Knobs) -> dict[str, str]:
    """The form; and of the newer models the area, by its name."""
    knobs.shaped(*AREAS)
    ratio = wanted_ratio(order)
    shape = {} if ratio is None else {"aspectRatio": nearest(ratio, _RATIOS)}
    knobs.text("image_size")  # read below, with the size
    named = area_of(order)
    if order.model.startswith(_ONE_SIZE) or named is None:
        return shape
    if named == _AREA_DEFAULT and order.pixels() is not None:
        return shape
    return {**shape, "imageSize": named}


def _pictures(document: Mapping[str, Any], secrets: tuple[str, ...]) -> tuple[Picture, ...]:
    """Raises AttemptFailed where there is none."""
    feedback = document.get("promptFeedback")
    if isinstance(feedback, dict) and feedback.get("blockReason"):
        raise moderated(str(feedback.get("blockReasonMessage") or ""), secrets)
    candidates = list_of(dict(document), "candidates")
    items, words, reasons = [], [], set()
    for candidate in candidates:
        reasons.add(str(candidate.get("finishReason")))
        for part in _parts(candidate):
            inline = part.get("inlineData") or part.get("inline_data")
            if isinstance(inline, dict):
                items.append(Picture(data=bytes_of(inline.get("data"))))
            elif isinstance(part.get("text"), str):
                words.append(part["text"])
    if items:
        return tuple(items)
    if reasons & _BLOCKED:
        raise moderated(_finish_message(candidates), secrets)
    raise nonsense("it spoke and did not draw" if "".join(words).strip() else "it gave no picture")


def _parts(candidate: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the answer is made of; drafts that belong to its thoughts are none of it."""
    content = candidate.get("content")
    parts = content.get("parts") if isinstance(content, dict) else None
    if not isinstance(parts, list):
        return []
    return [part for part in parts if isinstance(part, dict) and not part.get("thought")]


def _finish_message(candidates: list[dict[str, Any]]) -> str:
    found = (candidate.get("finishMessage") for candidate in candidates)
    return next((message for message in found if isinstance(message, str)), "")
