"""A caller's further fields, for upstreams that are told them as they are.

What is paid for is in the order. A field that says the same thing by another name, or by the same
name in other letters (many servers do not mind the case), would draw more than is paid for.
"""

import re

import msgspec

from waystation.dialects.loss import Loss
from waystation.dialects.pictures.sizes import size_told
from waystation.upstream.pictures.knobs import LOSSES_MAX, told_name
from waystation.upstream.pictures.port import PictureOrder

_ORDERED = frozenset(
    {
        "model",
        "prompt",
        "n",
        "size",
        "aspectratio",
        "quality",
        "style",
        "background",
        "outputformat",
        "outputcompression",
        "moderation",
        "responseformat",
        "partialimages",
        "seed",
        "negativeprompt",
        "strength",
        "user",
        "image",
        "images",
        "mask",
        "stream",
        "imagerequest",
        "imagefile",
    }
)
"""The order says these itself."""
_COUNTS = frozenset(
    {
        "batchcount",
        "batchsize",
        "candidatecount",
        "count",
        "imagecount",
        "imagesperprompt",
        "maximages",
        "niter",
        "nimages",
        "nsamples",
        "numberofimages",
        "numberofresults",
        "numimages",
        "numimagesperprompt",
        "numoutputs",
        "numresults",
        "numsamples",
        "samplecount",
        "samples",
        "sequentialimagegeneration",
        "sequentialimagegenerationoptions",
    }
)
_SIZES = frozenset({"height", "imageresolution", "imagesize", "megapixels", "resolution", "width"})
_CONFIGURATION = frozenset({"generationconfig", "imageconfig", "characterreferenceimages"})
"""They hide what is paid for, or are priced apart."""
_SPEED = "rendering_speed"
_SIGNS = re.compile(r"[^a-z0-9]")


def passed_on(order: PictureOrder) -> tuple[dict[str, msgspec.Raw], tuple[Loss, ...]]:
    """The fields that travel on, and those that stay here."""
    passed: dict[str, msgspec.Raw] = {}
    losses: list[Loss] = []
    for name, raw in order.extras.items():
        reason = _kept_back(order, name)
        if not reason:
            passed[name] = raw
        elif len(losses) < LOSSES_MAX:
            losses.append(Loss(told_name(name), reason))
    return passed, tuple(losses)


def _kept_back(order: PictureOrder, name: str) -> str:
    """Why a field is not passed on; "" for one that is."""
    plain = _SIGNS.sub("", name.lower())
    if plain in _COUNTS:
        return "n says how many"
    if plain in _ORDERED:
        return "not by this name here"
    if plain in _CONFIGURATION:
        return "not passed on"
    if plain in _SIZES and not _is_priced(order, name):
        return "the size says it"
    if plain == "renderingspeed" and (name != _SPEED or order.quality not in (None, "auto")):
        return "the quality says it"
    return ""


def _is_priced(order: PictureOrder, name: str) -> bool:
    """A size by another name, and what is paid for is this one."""
    if name == "image_size":
        return size_told(order) != (order.size or "")
    return order.size in (None, "auto") and "image_size" not in order.extras
