"""A picture request as its task keeps it: the address it came to and its body, read anew when it is
drawn."""

from collections.abc import Mapping
from functools import partial
from typing import Protocol

import msgspec

from waystation.dialects.pictures.ideogram import parse_ideogram, remix_of_json
from waystation.dialects.pictures.parse import parse_edit, parse_generation, parse_variation
from waystation.dialects.pictures.request import PictureOperation
from waystation.settings import Settings

KIND = "picture"


class Saved(msgspec.Struct, frozen=True):
    """path: of the route. base: of the links in the result."""

    path: str
    body: msgspec.Raw
    base: str


class _Parse(Protocol):
    def __call__(self, body: bytes, headers: "_Headers", *, model: str) -> PictureOperation: ...


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


def operation_of(saved: Saved, settings: Settings) -> PictureOperation:
    """Raises Fault (400), as the route would have."""
    model = _MODELS.get(saved.path, settings.picture_model)
    return _PARSES[saved.path](bytes(saved.body), _no_header, model=model)


def _no_header(name: str) -> str | None:
    return None
