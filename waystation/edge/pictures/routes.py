"""The addresses at which pictures are asked for."""

from collections.abc import Iterator
from functools import partial

from waystation.dialects.pictures.ideogram import parse_ideogram, remix_of_form, remix_of_json
from waystation.dialects.pictures.parse import (
    edit_of_form,
    parse_edit,
    parse_generation,
    parse_variation,
    variation_of_form,
)
from waystation.edge.pictures.relay import ParseForm, PictureRelay
from waystation.edge.relay import Parse
from waystation.edge.site import Site

VARIATION_MODEL = "dall-e-2"
"""The one model of OpenAI's that varies, hence the default there."""


def _at(
    site: Site, path: str, parse: Parse, parse_form: ParseForm | None
) -> tuple[str, PictureRelay]:
    return path, PictureRelay(site, path, parse, parse_form)


def picture_routes(site: Site) -> Iterator[tuple[str, PictureRelay]]:
    """(path, handler) of each; all are POST."""
    model = site.settings.picture_model
    generation = partial(parse_generation, model=model)
    yield _at(site, "/v1/images/generations", generation, None)
    edit, edit_form = partial(parse_edit, model=model), partial(edit_of_form, model=model)
    yield _at(site, "/v1/images/edits", edit, edit_form)
    variation = partial(parse_variation, model=VARIATION_MODEL)
    variation_form = partial(variation_of_form, model=VARIATION_MODEL)
    yield _at(site, "/v1/images/variations", variation, variation_form)
    recraft = partial(parse_generation, model="recraftv3", operation="recraft")
    yield _at(site, "/recraft/v1/images/generations", recraft, None)
    yield _at(site, "/ideogram/generate", parse_ideogram, None)
    yield _at(site, "/ideogram/remix", remix_of_json, remix_of_form)
