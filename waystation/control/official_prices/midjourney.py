"""Prices of Midjourney's verbs: USD per call, as the relays of this family charge by default.

Midjourney itself sells subscriptions and names no price per picture, so these are a convention:
what the widest-spread open relay ships as defaults. An operator sets his own.
"""

from waystation.control.official_prices.catalogue import CatalogueEntry
from waystation.ledger.price_row import PriceRow

SOURCE = "https://github.com/QuantumNous/new-api/blob/main/setting/ratio_setting/model_ratio.go"
EDITION = "midjourney 2026-11-22"
"""The day when the source was read."""

_VERBS = {
    "0.1": (
        *("imagine", "variation", "reroll", "blend", "modal", "zoom", "shorten", "action"),
        *("high_variation", "low_variation", "pan", "edits", "retexture"),
    ),
    "0.05": ("describe", "upscale", "upload"),
    "0": ("inpaint", "custom_zoom"),
    "0.8": ("video",),
}


def midjourney_entries() -> list[CatalogueEntry]:
    """A window's own verb is free, since its confirmation is charged."""
    named = [(f"mj_{verb}", usd) for usd, verbs in _VERBS.items() for verb in verbs]
    return [_entry(name, usd) for name, usd in [*named, ("swap_face", "0.05")]]


def _entry(name: str, usd: str) -> CatalogueEntry:
    version = f"{EDITION} {name}"
    row = PriceRow(model=name, per_call=usd, source="catalogue", version=version)
    return CatalogueEntry(row=row, maker="midjourney", url=SOURCE, library=EDITION, since="")
