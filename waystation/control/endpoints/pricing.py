"""GET /api/pricing: models, groups and prices, in the family's shape and in plain money."""

from fractions import Fraction

from fastapi import Request
from fastapi.responses import Response

from waystation.control.catalogue import Catalogue, Offer, read_catalogue
from waystation.control.guards import services_of, whoever
from waystation.control.replies import json_reply
from waystation.control.site import Site, read_setting
from waystation.errors import Fault
from waystation.kernel.money import format_decimal, parse_decimal
from waystation.ledger.picture_price import PicturePrice
from waystation.ledger.price import ONE, RATE_SCALE, Price, Rate
from waystation.ledger.sound_price import SoundPrice

_PLACES = 18
_USD_PER_RATIO = 2
"""A model_ratio of 1 is 2 USD per 1,000,000 input tokens."""
KINDS = {
    "input_fresh": "input",
    "input_cache_read": "cached_input",
    "input_cache_write_5m": "cache_write_5m",
    "input_cache_write_1h": "cache_write_1h",
    "output_text": "output",
    "output_reasoning": "reasoning",
    "audio_in": "audio_in",
    "audio_out": "audio_out",
    "image_in": "image_in",
    "image_out": "image_out",
}


async def show(request: Request) -> Response:
    """Raises Fault (session_required), StorageAway."""
    await refuse_strangers(request)
    catalogue = await read_catalogue(services_of(request).database)
    return json_reply(
        {
            "success": True,
            "data": [_model(offer, catalogue) for offer in catalogue.offers],
            "group_ratio": {name: float(rate.text) for name, rate in catalogue.rates.items()},
            "usable_group": dict(catalogue.descriptions),
            "auto_groups": list(catalogue.auto_groups),
        }
    )


async def refuse_strangers(request: Request) -> None:
    """Where the operator tells prices to users only. Raises Fault (session_required)."""
    site = await read_setting(services_of(request).database, Site)
    if not site.public_pricing and await whoever(request) is None:
        raise Fault("session_required")


def _model(offer: Offer, catalogue: Catalogue) -> dict[str, object]:
    price = offer.price
    shown: dict[str, object] = {
        "model_name": offer.model,
        "quota_type": int(price is not None and not price.by_token),
        "model_ratio": 0.0,
        "model_price": 0.0,
        "completion_ratio": 1.0,
        "enable_groups": list(offer.groups),
        "supported_endpoint_types": ["openai"],
    }
    if price is None:
        return shown
    shown |= _ratios(price)
    shown["official_price"] = prices_at(price, ONE)
    shown["group_prices"] = {name: prices_at(price, catalogue.rates[name]) for name in offer.groups}
    return shown


def _ratios(price: Price) -> dict[str, object]:
    """The family's way of saying it: floats, for reading only; nothing is charged by them."""
    if price.per_call is not None:
        return {"model_price": float(price.per_call.text)}
    if price.pictures is not None and not price.by_token:
        return {"model_price": float(price.pictures.of("", "").text)}
    if price.sound is not None and not price.by_token:
        _, unit = price.sound.basis(1)
        return {"model_price": float(unit.text)}
    tier = price.tiers[0]
    by_kind = {kind: Fraction(text) for kind, _, text in tier.kinds}
    first = by_kind["input_fresh"]
    ratio = by_kind["output_text"] / first if first else Fraction(1)
    return {"model_ratio": float(first / _USD_PER_RATIO), "completion_ratio": float(ratio)}


def prices_at(price: Price, rate: Rate) -> dict[str, str]:
    """USD per 1,000,000 tokens by kind, or per call, at a group's rate; kinds that cost what the
    input or output costs are left out. Of pictures: `per_image`, and `image:<size>:<quality>` where
    those matter, * for any. Of sound: `per_character` and `per_second`."""
    if price.per_call is not None:
        return {"per_call": _times(price.per_call.text, rate)}
    pictures = {} if price.pictures is None else _pictures_at(price.pictures, rate)
    if price.sound is not None:
        pictures |= _sounds_at(price.sound, rate)
    if pictures and not price.by_token:
        return pictures
    texts = {KINDS[kind]: text for kind, _, text in price.tiers[0].kinds}
    plain = {"input": texts["input"], "output": texts["output"]}
    told = {
        kind: text for kind, text in texts.items() if kind in plain or text not in plain.values()
    }
    return {kind: _times(text, rate) for kind, text in told.items()} | pictures


def _pictures_at(price: PicturePrice, rate: Rate) -> dict[str, str]:
    told = {} if price.flat is None else {"per_image": _times(price.flat.text, rate)}
    for size, quality, unit in price.rows:
        told[f"image:{size or '*'}:{quality or '*'}"] = _times(unit.text, rate)
    return told


def _sounds_at(price: SoundPrice, rate: Rate) -> dict[str, str]:
    named = {"per_character": price.per_character, "per_second": price.per_second}
    return {name: _times(unit.text, rate) for name, unit in named.items() if unit is not None}


def _times(text: str, rate: Rate) -> str:
    scaled = parse_decimal(text, _PLACES) * rate.scaled
    whole, rest = divmod(scaled, RATE_SCALE)
    return format_decimal(whole + (2 * rest >= RATE_SCALE), _PLACES)
