"""Official prices of speech and listening: USD per character and per second of sound.

Makers name them per million characters, per minute or per hour; a row says them per unit. Where a
maker sells by tokens (gpt-4o-transcribe, gpt-4o-mini-tts), the library's token prices apply as far
as the upstream tells tokens, and what stands here, the maker's own estimate by the minute, is what
a request costs whose upstream tells none.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

import msgspec

from waystation.ledger.prices import PriceRow

MADE = "2026-11-22"
LIST = f"sounds {MADE}"
_PLACES = Decimal(1).scaleb(-18)

Seen = Literal["maker's page", "third-party copy", "not verified"]
"""As in pictures.py."""


class SoundPrices(msgspec.Struct, frozen=True, kw_only=True):
    """One price of some models. url: where its maker says it. seen: what was looked at when this
    list was made."""

    maker: str
    url: str
    seen: Seen
    names: tuple[str, ...]
    per_character: str | None = None
    per_second: str | None = None

    def rows(self) -> Iterator[PriceRow]:
        for name in self.names:
            yield PriceRow(
                model=name,
                version=f"{LIST} {self.maker}/{name}",
                source="catalogue",
                per_character=self.per_character,
                per_second=self.per_second,
            )


Source = tuple[str, str, Seen]

_TTS: Source = ("openai", "https://developers.openai.com/api/docs/models/tts-1", "maker's page")
_TTS_HD: Source = (
    "openai",
    "https://developers.openai.com/api/docs/models/tts-1-hd",
    "maker's page",
)
_OPENAI: Source = (
    "openai",
    "https://developers.openai.com/api/docs/pricing",
    "third-party copy",
)
_OPENAI_UNSEEN: Source = (_OPENAI[0], _OPENAI[1], "not verified")
_GROQ_HEARING: Source = ("groq", "https://console.groq.com/docs/speech-text", "maker's page")
_GROQ_TURBO: Source = (
    "groq",
    "https://console.groq.com/docs/model/whisper-large-v3-turbo",
    "maker's page",
)
_GROQ_UNSEEN: Source = ("groq", "https://groq.com/pricing", "not verified")


def _spoken(source: Source, per_million: str, *names: str) -> SoundPrices:
    """per_million: characters."""
    return SoundPrices(
        maker=source[0],
        url=source[1],
        seen=source[2],
        names=names,
        per_character=_text(Decimal(per_million) / 1_000_000),
    )


def _timed(source: Source, per_hour: str, *names: str) -> SoundPrices:
    return SoundPrices(
        maker=source[0],
        url=source[1],
        seen=source[2],
        names=names,
        per_second=_text(Decimal(per_hour) / 3600),
    )


def _text(amount: Decimal) -> str:
    """To as many places as a price of ours has, so that an hour costs what its maker says."""
    return f"{amount.quantize(_PLACES, ROUND_HALF_UP).normalize():f}"


SOUND_PRICES: tuple[SoundPrices, ...] = (
    _spoken(_TTS, "15", "tts-1", "tts-1-1106"),
    _spoken(_TTS_HD, "30", "tts-1-hd", "tts-1-hd-1106"),
    _timed(_OPENAI, "0.9", "gpt-4o-mini-tts"),
    _timed(_OPENAI, "0.36", "whisper-1"),
    _timed(_OPENAI, "0.36", "gpt-4o-transcribe"),
    _timed(_OPENAI_UNSEEN, "0.36", "gpt-4o-transcribe-diarize"),
    _timed(_OPENAI, "0.18", "gpt-4o-mini-transcribe"),
    _timed(_GROQ_HEARING, "0.111", "whisper-large-v3"),
    _timed(_GROQ_TURBO, "0.04", "whisper-large-v3-turbo"),
    _timed(_GROQ_UNSEEN, "0.02", "distil-whisper-large-v3-en"),
    _spoken(_GROQ_UNSEEN, "22", "canopylabs/orpheus-v1-english"),
    _spoken(_GROQ_UNSEEN, "40", "canopylabs/orpheus-arabic-saudi"),
)
