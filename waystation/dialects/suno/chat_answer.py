"""Songs out of another relay's chat answer: markdown with ids, words and links, read as far as it
has come. Whatever has no link to a sound in the end was no song."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import urlsplit

from waystation.dialects.suno.seen import Clip

_ID = re.compile(r"ID[^\n：:]{0,16}[：:]\s*`?([0-9A-Za-z][0-9A-Za-z-]{7,63})")
_TITLE = re.compile(r"(?:歌名|标题|[Tt]itle)[*\s]*[：:]\s*([^\n]{1,200})")
_TAGS = re.compile(r"(?:类型|风格|[Ss]tyle|[Tt]ags?)[*\s]*[：:]\s*([^\n]{1,500})")
_LYRICS = re.compile(r"(?:歌词|[Ll]yrics)[^\n]{0,100}\n{1,8}(`{3,16})[^`\n]{0,100}\n")
_PICTURE = re.compile(r"!\[[^\]\n]{0,200}\]\(\s*(https?://[^\s)]{1,2000})")
_LINK = re.compile(r"https?://[^\s<>\"'`()\[\]（）【】，。；！？、“”‘’]{4,2000}")
_AUDIO, _VIDEO, _WAV = (".mp3", ".m4a", ".ogg", ".flac"), (".mp4",), (".wav",)
_IMAGES = (".png", ".jpg", ".jpeg", ".webp")
SONGS_MAX = 4
_FENCES_MAX = 8
"""So many are looked at: an endless answer must not cost endless time."""


def read_songs(text: str) -> tuple[Clip, ...]:
    """By what stands in the text so far; links are the upstream's."""
    ids = list(dict.fromkeys(_ID.findall(text)))[:SONGS_MAX]
    links = list(dict.fromkeys(_LINK.findall(text)))
    audio, video, wav = (list(_of(links, ends))[:SONGS_MAX] for ends in (_AUDIO, _VIDEO, _WAV))
    pictures = list(dict.fromkeys([*_PICTURE.findall(text), *_of(links, _IMAGES)]))
    lyrics = _lyrics(text)
    count = max(len(ids), len(audio), len(wav))
    return tuple(
        Clip(
            id=_at(ids, at),
            status="streaming",
            title=_word(_TITLE, text),
            tags=_word(_TAGS, text),
            prompt=lyrics,
            audio=_at(audio, at),
            video=_at(video, at),
            wav=_at(wav, at),
            image=_at(pictures, at) or _at(pictures, 0),
        )
        for at in range(count)
    )


def _of(links: list[str], ends: tuple[str, ...]) -> Iterator[str]:
    for link in links:
        try:
            path = urlsplit(link).path
        except ValueError:
            continue
        if path.lower().endswith(ends):
            yield link


def _lyrics(text: str) -> str:
    """What the first fence under such a heading holds, once that is whole."""
    for opened in islice(_LYRICS.finditer(text), _FENCES_MAX):
        end = text.find(f"\n{opened[1]}", opened.end())
        if end >= 0:
            return text[opened.end() : end].strip()
    return ""


def _word(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip(" *") if found else ""


def _at(found: list[str], at: int) -> str:
    return found[at] if at < len(found) else ""
