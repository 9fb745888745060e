"""A picture request as its task keeps it: the address it came to and its body, read anew when it is
drawn."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Protocol

import msgspec

from waystation.dialects.pictures.ideogram import parse_ideogram, remix_of_form, remix_of_json
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.pictures.parse import (
    ParsedForm,
    edit_of_form,
    fields_of_form,
    parse_edit,
    parse_generation,
    parse_variation,
    variation_of_form,
)
from waystation.dialects.pictures.request import PictureOperation
from waystation.settings import Settings

KIND = "picture"


class SavedFile(msgspec.Struct, frozen=True):
    """A file of a form: its field, and the artefact that it is kept as until the task's end."""

    field: str
    artefact: str
    name: str


class Saved(msgspec.Struct, frozen=True, omit_defaults=True):
    """path: of the route. base: of the links in the result. body: of JSON; of a form its texts and
    files instead."""

    path: str
    body: msgspec.Raw
    base: str
    texts: tuple[tuple[str, str], ...] = ()
    files: tuple[SavedFile, ...] = ()


class _Parse(Protocol):
    def __call__(self, body: bytes, headers: "_Headers", *, model: str) -> PictureOperation: ...


class _ParseForm(Protocol):
    def __call__(self, form: ParsedForm, *, model: str) -> PictureOperation: ...


class _Headers(Protocol):
    def __call__(self, name: str) -> str | None: ...


_PARSES: Mapping[str, _Parse] = {
    "/v1/images/generations": parse_generation,
    "/v1/images/edits": parse_edit,
    "/v1/images/variations": parse_variation,
    "/recraft/v1/images/generations": partial(parse_generation, operation="recraft"),
    "/ideogram/generate": parse_ideogram,
    "/ideogram/remix": remix_of_json,
}
_MODELS = {"/v1/images/variations": "dall-e-2", "/recraft/v1/images/generations": "recraftv3"}

encode_saved = msgspec.json.Encoder().encode
decode_saved = msgspec.json.Decoder(Saved).decode


_FORMS: Mapping[str, _ParseForm] = {
    "/v1/images/edits": edit_of_form,
    "/v1/images/variations": variation_of_form,
    "/ideogram/remix": remix_of_form,
}


def operation_of(
    saved: Saved, settings: Settings, files: Sequence[tuple[str, PictureInput]] = ()
) -> PictureOperation:
    """files: of a form, at hand by now. Raises Fault (400), as the route would have."""
    model = _MODELS.get(saved.path, settings.picture_model)
    if saved.files or saved.texts:
        return _FORMS[saved.path]((fields_of_form(saved.texts), files), model=model)
    return _PARSES[saved.path](bytes(saved.body), _no_header, model=model)


def _no_header(name: str) -> str | None:
    return None
