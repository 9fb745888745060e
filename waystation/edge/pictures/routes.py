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
from waystation.edge.pictures.relay import PictureRelay
from waystation.edge.site import Site

VARIATION_MODEL = "dall-e-2"
"""The one model of OpenAI's that varies, hence the default there."""


def picture_routes(site: Site) -> Iterator[tuple[str, PictureRelay]]:
    """(path, handler) of each; all are POST."""
    model = site.settings.picture_model
    generation = partial(parse_generation, model=model)
    yield "/v1/images/generations", PictureRelay(site, generation, None)
    edit, edit_form = partial(parse_edit, model=model), partial(edit_of_form, model=model)
    yield "/v1/images/edits", PictureRelay(site, edit, edit_form)
    variation = partial(parse_variation, model=VARIATION_MODEL)
    variation_form = partial(variation_of_form, model=VARIATION_MODEL)
    yield "/v1/images/variations", PictureRelay(site, variation, variation_form)
    recraft = partial(parse_generation, model="recraftv3", operation="recraft")
    yield "/recraft/v1/images/generations", PictureRelay(site, recraft, None)
    yield "/ideogram/generate", PictureRelay(site, parse_ideogram, None)
    yield "/ideogram/remix", PictureRelay(site, remix_of_json, remix_of_form)
