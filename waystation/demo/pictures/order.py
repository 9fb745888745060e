"""What is wanted, read out of a JSON body or a form. Unknown fields are let be."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from waystation.demo.pictures.calls import Action
from waystation.demo.pictures.multipart import Part
from waystation.demo.pictures.refusal import Refused
from waystation.imaging.picture import PictureFormat, Size

N_MAX = 10
STRENGTH = 0.6
IMAGES_MAX = 16
PARTIALS_MAX = 3
_SIDE_MIN, _SIDE_MAX, _AREA_MAX = 16, 4096, 3840 * 2160
_PROMPT_CHARACTERS_MAX = 32_000
_SIZE = re.compile(r"\s*(\d{1,5})\s*[x×X*]\s*(\d{1,5})\s*")
_NUMBER = re.compile(r"-?[0-9]{1,20}")
_RATIO = re.compile(r"\s*(\d{1,3})\s*:\s*(\d{1,3})\s*")
_SEED_MAX = 2**63 - 1  # what any vendor takes; -1: as if not given
_RATIO_AREA = 1024 * 1024
_QUALITIES = {"low": "low", "medium": "medium", "standard": "medium", "high": "high", "hd": "high"}
_TEXTS = ("prompt", "model", "negative_prompt", "background", "output_format", "quality")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """size: None for the picture's own, or the usual one. quality: low, medium or high.
    seed: 0 when not given. compression: 0 to 100, of what is lossy."""

    action: Action
    prompt: str
    model: str = ""
    negative: str = ""
    n: int = 1
    size: Size | None = None
    quality: str = "medium"
    wanted: PictureFormat = "png"
    compression: int = 100
    transparent: bool = False
    seed: int = 0
    strength: float = STRENGTH
    stream: bool = False
    streams_usage: bool = False  # of a chat
    partials: int = 0
    images: tuple[bytes, ...] = ()
    mask: bytes | None = None


def from_json(body: Mapping[str, Any], action: Action) -> Order:
    """Raises Refused."""
    pictures = body.get("images", body.get("image"))
    listed = pictures if isinstance(pictures, list) else [pictures] if pictures else []
    mask = body.get("mask")
    return _order(
        body,
        action,
        tuple(picture_of(one, "image") for one in listed),
        None if mask is None else picture_of(mask, "mask"),
    )


def from_form(parts: list[Part], action: Action) -> Order:
    """Raises Refused."""
    images = tuple(one.data for one in parts if one.name.partition("[")[0] in ("image", "images"))
    mask = next((one.data for one in parts if one.name == "mask"), None)
    fields = {
        one.name: one.data.decode("utf-8", "replace")
        for one in parts
        if one.name.partition("[")[0] not in ("image", "images", "mask")
    }
    return _order(fields, action, images, mask)


def _order(
    fields: Mapping[str, Any], action: Action, images: tuple[bytes, ...], mask: bytes | None
) -> Order:
    texts = {name: _text(fields, name) for name in _TEXTS}
    if action not in ("variation", "upscale") and not texts["prompt"].strip():
        raise Refused("prompt is required", param="prompt", code="missing_required_parameter")
    if len(texts["prompt"]) > _PROMPT_CHARACTERS_MAX:
        raise Refused("prompt is too long", param="prompt", code="string_above_max_length")
    if action not in ("generation", "chat") and not images:
        raise Refused("image is required", param="image", code="missing_required_parameter")
    if len(images) > (1 if action in ("variation", "upscale") else IMAGES_MAX):
        raise Refused("too many images", param="image")
    wanted = _format(texts["output_format"])
    transparent = texts["background"] == "transparent"
    if transparent and wanted == "jpeg":
        raise Refused("jpeg has no transparent background", param="background")
    return Order(
        action=action,
        prompt=texts["prompt"],
        model=texts["model"],
        negative=texts["negative_prompt"],
        n=_whole(fields, "n", 1, 1, N_MAX),
        size=_size(fields),
        quality=_QUALITIES.get(texts["quality"], "medium"),
        wanted=wanted,
        compression=_whole(fields, "output_compression", 100, 0, 100),
        transparent=transparent,
        seed=_whole(fields, "seed", 0, -1, _SEED_MAX),
        strength=_share(fields, "strength", STRENGTH),
        stream=fields.get("stream") in (True, "true", "True", "1"),
        partials=_whole(fields, "partial_images", 0, 0, PARTIALS_MAX),
        images=images,
        mask=mask,
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refused(f"{name} must be a string", param=name, code="invalid_type")
    return value


def _whole(fields: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = fields.get(name)
    if value is None or value == "":
        return default
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(f"{name} must be a whole number, {least} to {most}", param=name)
    return value


def _share(fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name)
    if value is None or value == "":
        return default
    try:
        share = float(value)
    except (TypeError, ValueError):
        share = -1.0
    if not 0 <= share <= 1:
        raise Refused(f"{name} must be between 0 and 1", param=name)
    return share


def _size(fields: Mapping[str, Any]) -> Size | None:
    value = _text(fields, "size")
    ratio = _text(fields, "aspect_ratio")
    if not value or value == "auto":
        return _of_ratio(ratio, _RATIO_AREA)
    found = _SIZE.fullmatch(value)
    if found is None:
        raise Refused("size must be WIDTHxHEIGHT or auto", param="size", code="invalid_size")
    width, height = int(found[1]), int(found[2])
    if min(width, height) < _SIDE_MIN or max(width, height) > _SIDE_MAX:
        raise Refused(f"sides have {_SIDE_MIN} to {_SIDE_MAX} pixels", param="size")
    if width * height > _AREA_MAX:
        raise Refused(f"a picture has at most {_AREA_MAX} pixels", param="size")
    if _has_ratio(width, height, ratio):
        return width, height
    return _of_ratio(ratio, width * height) or (width, height)


def _has_ratio(width: int, height: int, text: str) -> bool:
    """Whether a size is of that ratio already, to the pixel: then it stands as it was named."""
    found = _RATIO.fullmatch(text)
    if found is None:
        return False
    wide, high = int(found[1]), int(found[2])
    return abs(width * high - height * wide) <= max(wide, high)


def _of_ratio(text: str, area: int) -> Size | None:
    found = _RATIO.fullmatch(text)
    if found is None:
        return None
    wide, high = int(found[1]), int(found[2])
    if not (wide and high and 1 / 8 <= wide / high <= 8):
        raise Refused("aspect_ratio must be between 1:8 and 8:1", param="aspect_ratio")
    unit = (area / (wide * high)) ** 0.5
    width, height = (max(1, round(side * unit / 16)) * 16 for side in (wide, high))
    return min(width, _SIDE_MAX), min(height, _SIDE_MAX)


def _format(text: str) -> PictureFormat:
    if text in ("", "png"):
        return "png"
    if text in ("jpeg", "jpg"):
        return "jpeg"
    if text == "webp":
        return "webp"
    raise Refused("output_format must be png, jpeg or webp", param="output_format")


def picture_of(value: Any, param: str) -> bytes:
    """Out of a data URL, bare base64 or a reference that holds one."""
    if isinstance(value, dict):
        value = value.get("image_url", value.get("url"))
    if isinstance(value, dict):
        value = value.get("url")
    if not isinstance(value, str):
        raise Refused(f"{param} must be a data URL", param=param)
    if value[:5].lower() == "data:":
        value = value.partition(",")[2]
    elif value[:4].lower() == "http":
        raise Refused(f"the demo has no network to fetch this {param} from", param=param)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(f"{param} is not base64", param=param) from None
