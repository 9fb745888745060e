"""A price as people write it: decimal text, in USD."""

from collections.abc import Mapping
from typing import Literal

import msgspec

PriceSource = Literal["override", "catalogue"]


class PriceTier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a prompt of more than above_tokens costs, all its tokens; fields left out are the
    row's. USD per million tokens."""

    above_tokens: int
    input: str | None = None
    cached_input: str | None = None
    output: str | None = None
    cache_write_5m: str | None = None
    cache_write_1h: str | None = None
    reasoning: str | None = None
    audio_in: str | None = None
    audio_out: str | None = None
    image_in: str | None = None
    image_out: str | None = None


class PriceImage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one picture of this size and quality costs, USD; "" stands for any."""

    price: str
    size: str = ""
    quality: str = ""


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The price of a model, or of all that a name ending in `*` stands for, from effective_ms
    (unix milliseconds) until the next row of the same name and source.

    Tokens: USD per 1,000,000. Left out: output → input (nothing is free by omission);
    cached_input, cache_write_5m, audio_in, image_in → input; cache_write_1h → cache_write_5m;
    reasoning, audio_out, image_out → output. per_call: USD per call, wins over tokens. per_image:
    USD per picture, images: by size and quality, the first that fits; where the row has token
    prices too, those apply when the upstream tells tokens. per_character, per_second: USD per
    character that is spoken, per second of sound that is heard (of speech without a price by
    character: that is spoken); token prices go before them likewise. tools:
    USD per unit of Usage.units (web_search, seconds, characters, …), always added. service_tiers:
    factor of the price of tokens or call, by tier.
    version: stored with each charge; "" → a digest of the row."""

    model: str
    effective_ms: int = 0
    version: str = ""
    source: PriceSource = "override"
    input: str | None = None
    cached_input: str | None = None
    output: str | None = None
    cache_write_5m: str | None = None
    cache_write_1h: str | None = None
    reasoning: str | None = None
    audio_in: str | None = None
    audio_out: str | None = None
    image_in: str | None = None
    image_out: str | None = None
    per_call: str | None = None
    per_image: str | None = None
    per_character: str | None = None
    per_second: str | None = None
    images: tuple[PriceImage, ...] = ()
    tiers: tuple[PriceTier, ...] = ()
    tools: Mapping[str, str] = msgspec.field(default_factory=dict)
    service_tiers: Mapping[str, str] = msgspec.field(default_factory=dict)
