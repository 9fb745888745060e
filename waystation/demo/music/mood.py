"""What a prompt's words ask of a tune."""

import msgspec

from waystation.demo.words import choose, digest

_SLOW = (
    "slow",
    "calm",
    "ballad",
    "lullaby",
    "gentle",
    "soft",
    "ambient",
    "慢",
    "安静",
    "抒情",
    "摇篮",
)
_FAST = (
    "fast",
    "dance",
    "rock",
    "punk",
    "techno",
    "energetic",
    "upbeat",
    "edm",
    "快",
    "舞",
    "摇滚",
    "激",
)
_SAD = (
    "sad",
    "blue",
    "minor",
    "dark",
    "lonely",
    "rain",
    "melanchol",
    "悲",
    "忧",
    "雨",
    "孤独",
    "伤",
)
_GLAD = ("happy", "joy", "sunny", "major", "bright", "summer", "欢", "快乐", "阳光", "喜")
_THREE = ("waltz", "3/4", "圆舞曲", "华尔兹")
_STYLES = ("folk", "pop", "chamber", "electronic", "indie", "jazz")


class Mood(msgspec.Struct, frozen=True, array_like=True):
    """seed: everything that the tune's notes depend on. beats: in a bar. tempo: beats a minute.
    root: of the key, as a MIDI note. lively: with drums."""

    seed: int
    beats: int
    tempo: int
    minor: bool
    root: int
    lively: bool


def mood_of(text: str, salt: object) -> Mood:
    lowered = text.lower()
    seed = digest("song", lowered, salt)
    slow, fast = _has(lowered, _SLOW), _has(lowered, _FAST)
    tempo = 84 if slow and not fast else 132 if fast and not slow else 104
    glad, sad = _has(lowered, _GLAD), _has(lowered, _SAD)
    return Mood(
        seed=seed,
        beats=3 if _has(lowered, _THREE) else 4,
        tempo=tempo + seed % 13 - 6,
        minor=sad if sad != glad else seed % 3 == 0,
        root=55 + seed // 13 % 8,
        lively=fast or (not slow and seed % 2 == 0),
    )


def style_of(text: str, mood: Mood) -> str:
    """Tags for a song whose caller named none."""
    speed = "slow" if mood.tempo < 95 else "fast" if mood.tempo > 120 else "steady"
    key = "minor" if mood.minor else "major"
    metre = "waltz" if mood.beats == 3 else choose(_STYLES, text, mood.seed)
    return f"{speed} {metre}, {key}, {mood.tempo} bpm, synthesised demo"


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
