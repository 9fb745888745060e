"""Ideogram's own form: `image_request` around everything, its own names for shapes and counts."""

import re
from collections.abc import Callable

import msgspec

from waystation.dialects.pictures.limits import check_prompt, read_ratio, read_size
from waystation.dialects.pictures.names import canonical
from waystation.dialects.pictures.order import PictureOrder
from waystation.dialects.pictures.parse import ParsedForm, extras, negative, word
from waystation.dialects.pictures.request import PictureOperation
from waystation.errors import Fault
from waystation.kernel.scalars import count, is_null, kind, required_text
from waystation.kernel.strictjson import Fields, read_object

Headers = Callable[[str], str | None]

_WRAPPER = "image_request"
_DEFAULT_VERSION = "V_2"
_N_MOST = 8
_SEED_MOST = 2**31 - 1
_RESOLUTION = re.compile(r"RESOLUTION_([0-9]{2,5})_([0-9]{2,5})")
_NAMED = frozenset(
    (
        "prompt",
        "model",
        "num_images",
        "aspect_ratio",
        "resolution",
        "seed",
        "style_type",
        "negative_prompt",
        "image_weight",
        "image_file",
    )
)


def parse_ideogram(body: bytes, headers: Headers, *, model: str = "") -> PictureOperation:
    """POST /ideogram/generate. Raises Fault (400)."""
    fields = _unwrapped(read_object(body))
    return PictureOperation("ideogram", "ideogram", _order(fields, "generate"))


def remix_of_form(form: ParsedForm, *, model: str = "") -> PictureOperation:
    """POST /ideogram/remix: `image_file`, and `image_request` as JSON text beside it."""
    texts, files = form
    inputs = tuple(one for field, one in files if field == "image_file")
    if len(inputs) != 1 or len(files) != 1:
        if not files:
            raise Fault("missing_field", param="image_file")
        raise Fault("invalid_value", param="image_file", reason="expected this one file")
    wrapped = texts.get(_WRAPPER)
    if wrapped is not None and kind(wrapped) == '"':
        texts = read_object(msgspec.json.decode(wrapped, type=str).encode())
    order = msgspec.structs.replace(_order(_unwrapped(texts), "edit"), inputs=inputs)
    return PictureOperation("ideogram_remix", "ideogram", order)


def remix_of_json(body: bytes, headers: Headers, *, model: str = "") -> PictureOperation:
    """The same as JSON: `image_file` a data: URL or an address."""
    outer = read_object(body)
    fields = _unwrapped(outer)
    address = word_or_address(outer) or word_or_address(fields)
    if address is None:
        raise Fault("missing_field", param="image_file")
    references = (("image_file", address),)
    order = _order(fields, "edit")
    return PictureOperation("ideogram_remix", "ideogram", order, references=references)


def word_or_address(fields: Fields) -> str | None:
    value = fields.get("image_file")
    if value is None or is_null(value) or kind(value) != '"':
        return None
    return msgspec.json.decode(value, type=str).strip() or None


def _unwrapped(fields: Fields) -> Fields:
    """A body without the wrapper counts as wrapped."""
    inner = fields.get(_WRAPPER)
    if inner is None or is_null(inner):
        return fields
    if kind(inner) != "{":
        raise Fault("invalid_value", param=_WRAPPER, reason="expected an object")
    return read_object(bytes(inner))


def _order(fields: Fields, action: str) -> PictureOrder:
    prompt = required_text(fields, "prompt")
    model = canonical(word(fields, "model") or _DEFAULT_VERSION)
    check_prompt(model, prompt)
    ratio = read_ratio(word(fields, "aspect_ratio"))
    resolution = word(fields, "resolution")
    if ratio is not None and resolution is not None:
        reason = "aspect_ratio and resolution exclude each other"
        raise Fault("invalid_value", param="resolution", reason=reason)
    if resolution is not None:
        found = _RESOLUTION.fullmatch(resolution.strip())
        resolution = read_size("", f"{found[1]}x{found[2]}" if found else resolution)
    # In percent at Ideogram; an order's strength says how much may change.
    weight = count(fields, "image_weight", 100, 1)
    return PictureOrder(
        action="edit" if action == "edit" else "generate",
        model=model,
        prompt=prompt,
        n=count(fields, "num_images", _N_MOST) or 1,
        size=resolution,
        aspect_ratio=ratio,
        style=word(fields, "style_type"),
        seed=count(fields, "seed", _SEED_MOST, 0),
        negative_prompt=negative(fields),
        strength=None if weight is None else 1 - weight / 100,
        extras=extras(fields, _NAMED),
    )
