"""Prices of songs and of GPTs: USD per call, an operator's choice with a convention as its default.

Suno sells subscriptions and names no price per song; a call makes two songs. Chat with files and
GPTs are part of subscriptions too. What relays of this family ship as defaults is in the source;
songs over chat cost what a song's task costs, gpt-4-all what a GPT does.
"""

from waystation.control.official_prices.catalogue import CatalogueEntry
from waystation.ledger.price_row import PriceRow

SOURCE = "https://github.com/QuantumNous/new-api/blob/main/setting/ratio_setting/model_ratio.go"
EDITION = "suno 2026-11-22"
"""The day when the source was read."""

_CALLS = {
    "suno_music": "0.1",
    "suno_concat": "0.1",
    "suno_lyrics": "0.01",
    "suno_uploads": "0.01",
    "suno": "0.1",
    "suno-v*": "0.1",
    "gpt-4-gizmo-*": "0.1",
    "gpt-4-all": "0.1",
}


def suno_entries() -> list[CatalogueEntry]:
    return [_entry(name, usd) for name, usd in _CALLS.items()]


def _entry(name: str, usd: str) -> CatalogueEntry:
    row = PriceRow(model=name, per_call=usd, source="catalogue", version=f"{EDITION} {name}")
    return CatalogueEntry(row=row, maker="suno", url=SOURCE, library=EDITION, since="")
