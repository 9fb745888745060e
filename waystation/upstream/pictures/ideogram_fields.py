"""Orders in Ideogram's words: the legacy API's upper-case ones, and those of 3.0."""

from typing import Any, NamedTuple

from waystation.dialects.pictures.names import IDEOGRAM_QUALITIES
from waystation.upstream.pictures.knobs import Knobs, refused
from waystation.upstream.pictures.port import PictureOrder
from waystation.upstream.pictures.shapes import nearest, nearest_size, wanted_ratio

IMAGES_MAX = 8
Fields = dict[str, Any]

_LEGACY = frozenset({"V_1", "V_1_TURBO", "V_2", "V_2_TURBO", "V_2A", "V_2A_TURBO"})
SPEEDS = ("FLASH", "TURBO", "DEFAULT", "QUALITY")  # from the cheapest
_LEGACY_RATIOS = (
    "1:1", "10:16", "16:10", "9:16", "16:9", "3:2", "2:3", "4:3", "3:4", "1:3", "3:1",
)  # fmt: skip
_RATIOS = (*_LEGACY_RATIOS, "1:2", "2:1", "4:5", "5:4")
_V3_SIZES_TEXT = """
    512x1536 576x1408 576x1472 576x1536 640x1344 640x1408 640x1472 640x1536 704x1152 704x1216
    704x1280 704x1344 704x1408 704x1472 736x1312 768x1088 768x1216 768x1280 768x1344 800x1280
    832x960 832x1024 832x1088 832x1152 832x1216 832x1248 864x1152 896x960 896x1024 896x1088
    896x1120 896x1152 960x1024 960x1088 1024x1024
"""
_LEGACY_STYLES = ("AUTO", "GENERAL", "REALISTIC", "DESIGN", "RENDER_3D", "ANIME")
_STYLES = ("AUTO", "GENERAL", "REALISTIC", "DESIGN", "FICTION")
SPEED_OF_QUALITY = {speed.lower(): speed for speed in SPEEDS}
SPEED_OF_QUALITY |= {word: speed.upper() for word, speed in IDEOGRAM_QUALITIES.items()}


def _with_turned(text: str) -> dict[tuple[int, int], str]:
    sizes = {}
    for word in text.split():
        width, _, height = word.partition("x")
        sizes[int(width), int(height)] = word
        sizes[int(height), int(width)] = f"{height}x{width}"
    return sizes


_V3_SIZES = _with_turned(_V3_SIZES_TEXT)


class Version(NamedTuple):
    """name: as their API has it. speed: of 3.0, where the model's name says one."""

    name: str
    speed: str | None = None

    @property
    def is_v3(self) -> bool:
        return self.name == "V_3"


def version_of(model: str) -> Version:
    """From "ideogram", "V_2", "ideogram-v2-turbo", "ideogram-V_3_QUALITY", … Raises AttemptFailed
    (400)."""
    words = model.upper().replace("-", "_").removeprefix("IDEOGRAM").strip("_")
    if not words:
        return Version("V_2")
    if words[0] == "V" and words[1:2].isdigit():
        words = f"V_{words[1:]}"
    if words in _LEGACY:
        return Version(words)
    head, _, speed = words.partition("V_3")
    if not head and words.startswith("V_3") and speed.strip("_") in (*SPEEDS, ""):
        return Version("V_3", speed.strip("_") or None)
    raise refused("model", f"{model} is no model of this vendor")


def legacy(
    order: PictureOrder, knobs: Knobs, version: Version, *, remix: bool, masked: bool = False
) -> Fields:
    """`image_request`; the fields of a form where there is a mask."""
    told: Fields = {
        "prompt": order.prompt,
        "model": version.name,
        "num_images": order.n if order.n > 1 else None,
        "seed": knobs.take("seed"),
        "magic_prompt_option": _magic(knobs),
    }
    if version.name.startswith("V_2"):
        told["style_type"] = _style(knobs, _LEGACY_STYLES)
    if version.name in ("V_2", "V_2_TURBO"):
        told["color_palette"] = knobs.raw("color_palette")
    if not masked:
        if not version.name.startswith("V_2A"):
            told["negative_prompt"] = knobs.take("negative_prompt")
        told.update(_legacy_shape(order, knobs, version))
    if remix:
        told["image_weight"] = _weight(knobs)
    return {name: value for name, value in told.items() if value is not None}


def modern(
    order: PictureOrder, knobs: Knobs, version: Version, *, remix: bool, masked: bool = False
) -> Fields:
    """The form's fields of 3.0."""
    told: Fields = {
        "prompt": order.prompt,
        "num_images": order.n if order.n > 1 else None,
        "seed": knobs.take("seed"),
        "magic_prompt": _magic(knobs),
        "rendering_speed": _speed(order, knobs, version),
        "style_type": _style(knobs, _STYLES),
        "style_preset": knobs.text("style_preset"),
        "color_palette": knobs.raw("color_palette"),
    }
    codes = knobs.raw("style_codes")
    if codes is not None:
        told["style_codes"] = codes
    if masked:
        knobs.shaped()
        return told
    told["negative_prompt"] = knobs.take("negative_prompt")
    told.update(_shape(order, knobs))
    if remix:
        told["image_weight"] = _weight(knobs)
    return told


def upscaling(order: PictureOrder, knobs: Knobs) -> Fields:
    told = {
        "prompt": order.prompt or None,
        "resemblance": knobs.number("resemblance"),
        "detail": knobs.number("detail"),
        "magic_prompt_option": _magic(knobs),
        "num_images": order.n if order.n > 1 else None,
        "seed": knobs.take("seed"),
    }
    return {name: value for name, value in told.items() if value is not None}


def _shape(order: PictureOrder, knobs: Knobs) -> Fields:
    """An area can be said by a resolution alone; a form by an aspect ratio."""
    knobs.shaped()
    own = knobs.text("resolution")
    if own is not None:
        return {"resolution": own.removeprefix("RESOLUTION_").replace("_", "x")}
    ratio = wanted_ratio(order)
    if ratio is None:
        return {}
    if order.pixels() is None:
        return {"aspect_ratio": nearest(ratio, _RATIOS).replace(":", "x")}
    return {"resolution": nearest_size(order, _V3_SIZES)}


def _legacy_shape(order: PictureOrder, knobs: Knobs, version: Version) -> Fields:
    """Resolutions are for V_2 alone, and a list of 69; a form says nearly the same."""
    knobs.shaped()
    own = knobs.text("resolution")
    if own is not None:
        words = own.removeprefix("RESOLUTION_").replace("x", "_")
        return {"resolution": f"RESOLUTION_{words}"}
    ratio = wanted_ratio(order)
    if ratio is None:
        return {}
    if version.name == "V_2" and order.aspect_ratio is None and order.pixels() in _V3_SIZES:
        width, height = order.pixels() or (0, 0)
        return {"resolution": f"RESOLUTION_{width}_{height}"}
    return {"aspect_ratio": "ASPECT_" + nearest(ratio, _LEGACY_RATIOS).replace(":", "_")}


def _magic(knobs: Knobs) -> str | None:
    """Both APIs have it, each by its own name."""
    option = knobs.text("magic_prompt_option")
    return knobs.text("magic_prompt") or option


def _style(knobs: Knobs, styles: tuple[str, ...]) -> str | None:
    told = knobs.text("style_type")
    if told is not None:
        knobs.ignore("style")
        return told
    style = knobs.take("style")
    if style is None:
        return None
    word = str(style).upper()
    if word in styles:
        return word
    knobs.lose("style", f"it has no style {word[:40]!r}")
    return None


def _speed(order: PictureOrder, knobs: Knobs, version: Version) -> str | None:
    told = knobs.text("rendering_speed")
    knobs.ignore("quality")
    speed, losses = speed_of(order.quality, version.speed, told)
    for name, reason in losses:
        knobs.lose(name, reason)
    return speed


def speed_of(
    quality: str | None, named: str | None, told: str | None
) -> tuple[str | None, list[tuple[str, str]]]:
    """The rendering speed, None for their default, and what had to be left out. named: by the
    model's name, told: by the caller's rendering_speed.

    The price is the quality's where one is given, else that of the model's name, else that of the
    caller's rendering_speed: nothing dearer than what is paid for may be asked."""
    losses = []
    paid = named
    if quality not in (None, "auto"):
        word = SPEED_OF_QUALITY.get(str(quality).lower())
        if word is None:
            losses.append(("quality", "flash, turbo, default and quality are what it has"))
        elif named is None or SPEEDS.index(word) <= SPEEDS.index(named):
            paid = word
        else:
            losses.append(("quality", "dearer than the model that was asked for"))
        paid = paid or "DEFAULT"
    if told is None:
        return paid, losses
    if told.upper() not in SPEEDS:
        losses.append(("rendering_speed", f"it has no speed {told[:40]!r}"))
    elif paid is not None and SPEEDS.index(told.upper()) > SPEEDS.index(paid):
        losses.append(("rendering_speed", "dearer than the quality or model that was asked for"))
    else:
        return told.upper(), losses
    return paid, losses


def _weight(knobs: Knobs) -> int | None:
    """Theirs is the weight of the picture, 1 to 100; a strength that of what is new."""
    told = knobs.number("image_weight")
    strength = knobs.take("strength")
    if told is not None:
        return int(told)
    return None if strength is None else min(100, max(1, round((1 - strength) * 100)))
