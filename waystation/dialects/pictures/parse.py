"""Bodies of the picture routes, read: everything that money depends on is judged here.

The three OpenAI routes share their fields, be they JSON or a form; what is not named here travels
on in `extras`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from waystation.dialects.pictures.limits import (
    N_MOST,
    PROMPT_CHARACTERS_MOST,
    check_prompt,
    read_ratio,
    read_size,
)
from waystation.dialects.pictures.names import WORDLESS, canonical
from waystation.dialects.pictures.order import Action, PictureInput, PictureOrder
from waystation.dialects.pictures.request import PictureOperation
from waystation.errors import Fault
from waystation.kernel.scalars import count, flag, is_null, kind, text
from waystation.kernel.strictjson import Fields, raw_of, read_object

Headers = Callable[[str], str | None]

INPUTS_MOST = 16
_WORD_CHARACTERS_MOST = 200
_SEED_MOST = 2**63 - 1
_WORDS = ("quality", "style", "background", "output_format", "moderation", "user")
_NAMED = frozenset(
    (
        "model",
        "prompt",
        "n",
        "size",
        "aspect_ratio",
        "response_format",
        "partial_images",
        "output_compression",
        "seed",
        "negative_prompt",
        "strength",
        "image",
        "image[]",
        "images",
        "mask",
        "stream",
        *_WORDS,
    )
)
ParsedForm = tuple[Fields, Sequence[tuple[str, PictureInput]]]


def parse_generation(
    body: bytes, headers: Headers, *, model: str, operation: str = "image"
) -> PictureOperation:
    """POST /v1/images/generations. model: the operator's default. Raises Fault (400)."""
    return _from_json(read_object(body), operation, "generate", model)


def parse_edit(body: bytes, headers: Headers, *, model: str) -> PictureOperation:
    """POST /v1/images/edits as JSON: `image` an address, a data: URL, or a list of them."""
    return _from_json(read_object(body), "image_edit", "edit", model)


def parse_variation(body: bytes, headers: Headers, *, model: str) -> PictureOperation:
    """POST /v1/images/variations as JSON."""
    return _from_json(read_object(body), "image_variation", "vary", model)


def edit_of_form(form: ParsedForm, *, model: str) -> PictureOperation:
    """POST /v1/images/edits as a form."""
    return _from_form(form, "image_edit", "edit", model)


def variation_of_form(form: ParsedForm, *, model: str) -> PictureOperation:
    return _from_form(form, "image_variation", "vary", model)


def _from_json(fields: Fields, name: str, action: Action, model: str) -> PictureOperation:
    addresses = _addresses(fields, "image") or _addresses(fields, "images")
    references = tuple(("image", address) for address in addresses)
    masks = _addresses(fields, "mask")
    if len(masks) > 1:
        raise Fault("invalid_value", param="mask", reason="expected one picture")
    if not references and (masks or action != "generate"):
        raise Fault("missing_field", param="image")
    order, stream = _order(fields, action, model)
    return PictureOperation(
        name,
        "openai",
        order,
        stream=stream,
        references=references,
        mask_reference=masks[0] if masks else None,
    )


def _from_form(form: ParsedForm, name: str, action: Action, model: str) -> PictureOperation:
    fields, files = form
    inputs = tuple(one for field, one in files if field in ("image", "image[]"))
    masks = tuple(one for field, one in files if field == "mask")
    stranger = next((f for f, _ in files if f not in ("image", "image[]", "mask")), None)
    if stranger is not None:
        reason = "no file is expected here; send pictures as image or image[], a mask as mask"
        raise Fault("invalid_value", param=stranger[:60], reason=reason)
    if len(masks) > 1:
        raise Fault("invalid_value", param="mask", reason="expected one file")
    references = tuple(("image", each) for each in _addresses(fields, "image"))
    if not inputs and not references:
        raise Fault("missing_field", param="image")
    if len(inputs) + len(references) > INPUTS_MOST:
        raise Fault("invalid_value", param="image", reason=f"at most {INPUTS_MOST} pictures")
    order, stream = _order(fields, action, model)
    order = msgspec.structs.replace(order, inputs=inputs, mask=masks[0] if masks else None)
    return PictureOperation(name, "openai", order, stream=stream, references=references)


def _order(fields: Fields, action: Action, default_model: str) -> tuple[PictureOrder, bool]:
    model = canonical((text(fields, "model") or "").strip() or default_model)
    prompt = text(fields, "prompt") or ""
    if not prompt.strip() and action != "vary" and not (action == "edit" and model in WORDLESS):
        raise Fault("missing_field", param="prompt")
    check_prompt(model, prompt)
    response_format = word(fields, "response_format")
    if response_format not in (None, "url", "b64_json"):
        reason = "expected 'url' or 'b64_json'"
        raise Fault("invalid_value", param="response_format", reason=reason)
    words: dict[str, Any] = {name: word(fields, name) for name in _WORDS}
    order = PictureOrder(
        action=action,
        model=model,
        prompt=prompt,
        n=count(fields, "n", N_MOST) or 1,
        size=read_size(model, word(fields, "size")),
        aspect_ratio=read_ratio(word(fields, "aspect_ratio")),
        response_format=response_format,
        partial_images=count(fields, "partial_images", 3, 0),
        output_compression=count(fields, "output_compression", 100, 0),
        seed=count(fields, "seed", _SEED_MOST, 0),
        negative_prompt=negative(fields),
        strength=share(fields, "strength"),
        extras=extras(fields, _NAMED),
        **words,
    )
    stream = flag(fields, "stream")
    if order.partial_images and not stream:
        order = msgspec.structs.replace(order, partial_images=None)
    return order, stream


def word(fields: Fields, name: str) -> str | None:
    """A short text; "" counts as none. Raises Fault (400)."""
    found = text(fields, name)
    if found is not None and len(found) > _WORD_CHARACTERS_MOST:
        reason = f"longer than {_WORD_CHARACTERS_MOST} characters"
        raise Fault("invalid_value", param=name, reason=reason)
    return found or None


def negative(fields: Fields) -> str | None:
    found = text(fields, "negative_prompt") or None
    if found is not None and len(found) > PROMPT_CHARACTERS_MOST:
        reason = f"longer than {PROMPT_CHARACTERS_MOST} characters"
        raise Fault("invalid_value", param="negative_prompt", reason=reason)
    return found


def share(fields: Fields, name: str) -> float | None:
    """A number from 0 to 1. Raises Fault (400)."""
    value = fields.get(name)
    if value is None or is_null(value):
        return None
    try:
        number = float(bytes(value).strip(b'"'))
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise Fault("invalid_value", param=name, reason="expected a number from 0 to 1")
    return number


def extras(fields: Fields, named: frozenset[str]) -> dict[str, msgspec.Raw]:
    return {name: value for name, value in fields.items() if name not in named}


def _addresses(fields: Fields, name: str) -> list[str]:
    """Texts of a field that is a text or a list of them; {"url": …} and {"image_url": …} count."""
    value = fields.get(name)
    if value is None or is_null(value):
        return []
    items: Any = [value] if kind(value) != "[" else _decode_items(value)
    if not 1 <= len(items) <= INPUTS_MOST:
        raise Fault("invalid_value", param=name, reason=f"expected 1 to {INPUTS_MOST} pictures")
    try:
        return [_address(msgspec.json.decode(item), name) for item in items]
    except RecursionError:
        raise Fault("invalid_value", param=name, reason="nested too deeply") from None


def _address(item: object, name: str) -> str:
    while isinstance(item, dict):
        item = item.get("image_url", item.get("url"))
    if not isinstance(item, str) or not item.strip():
        reason = "expected a file, a data: URL, an http address, or a list of them"
        raise Fault("invalid_value", param=name, reason=reason)
    return item.strip()


_decode_items = msgspec.json.Decoder(list[msgspec.Raw]).decode


def fields_of_form(texts: Sequence[tuple[str, str]]) -> Fields:
    """A form's texts as JSON strings, out of which numbers and flags are read as anywhere. A name
    that repeats (`image[]`) makes a list."""
    lists: dict[str, list[str]] = {}
    for name, value in texts:
        lists.setdefault("image" if name == "image[]" else name, []).append(value)
    return {name: raw_of(v[0] if len(v) == 1 else v) for name, v in lists.items()}
