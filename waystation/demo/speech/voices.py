"""Which of the synthesiser's voices speaks: by the name that was asked for and the script."""

import re
from zlib import crc32

_NAMED = {
    "alloy": ("", 50),
    "ash": ("m1", 45),
    "ballad": ("m4", 50),
    "coral": ("f1", 55),
    "echo": ("m3", 45),
    "fable": ("m2", 60),
    "nova": ("f2", 60),
    "onyx": ("m7", 25),
    "sage": ("f3", 50),
    "shimmer": ("f4", 65),
    "verse": ("m5", 50),
}
"""(variant, pitch) of the names that OpenAI's clients know."""
_OTHERS = ("m1", "m3", "m6", "f1", "f3", "f5")
_SCRIPTS = (
    (re.compile("[\u3040-\u30ff]"), "ja"),
    (re.compile("[\uac00-\ud7af]"), "ko"),
    (re.compile("[\u3400-\u9fff]"), "cmn"),
    (re.compile("[\u0400-\u04ff]"), "ru"),
    (re.compile("[\u0600-\u06ff]"), "ar"),
    (re.compile("[\u0900-\u097f]"), "hi"),
    (re.compile("[\u0370-\u03ff]"), "el"),
)
_WORDS_PER_MINUTE = 165
_SLOWEST, _FASTEST = 80, 450


def language_of(text: str) -> str:
    """The synthesiser's name of it."""
    return next((name for script, name in _SCRIPTS if script.search(text)), "en-us")


def voice_of(name: str, text: str) -> tuple[str, int]:
    """(voice, pitch). A name that nobody knows has a voice of its own, the same each time."""
    known = _NAMED.get(name.lower())
    if known is None:
        number = crc32(name.encode())
        known = (_OTHERS[number % len(_OTHERS)], 30 + number // 7 % 45)
    variant, pitch = known
    language = language_of(text)
    return (f"{language}+{variant}" if variant else language), pitch


def words_per_minute(speed: float) -> int:
    return max(_SLOWEST, min(_FASTEST, round(_WORDS_PER_MINUTE * speed)))
