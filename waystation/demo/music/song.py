"""One song of an order: its words, and its files. Work for a thread."""

from functools import lru_cache
from typing import NamedTuple

from waystation.demo.music.film import film
from waystation.demo.music.mood import style_of
from waystation.demo.music.order import SongOrder
from waystation.demo.music.synth import joined, render
from waystation.demo.music.tune import compose
from waystation.demo.music.verses import lyrics_of, title_of
from waystation.imaging.picture import encode as encode_picture
from waystation.imaging.scene.draw import draw
from waystation.sound.encoding import encode
from waystation.sound.pcm import Pcm

COVER = (512, 512)
_MP3_BITS = 96_000
_SONGS_KEPT = 8


class Words(NamedTuple):
    title: str
    tags: str
    lyrics: str


class Files(NamedTuple):
    seconds: float
    mp3: bytes
    wav: bytes
    mp4: bytes


def words_of(order: SongOrder, number: int) -> Words:
    about = order.about or order.title or order.lyrics or order.tags
    lyrics = "" if order.instrumental else order.lyrics or lyrics_of(about, number)
    title = order.title or title_of(about, number)
    return Words(title, order.tags or style_of(about, order.mood(number)), lyrics)


@lru_cache(_SONGS_KEPT)
def cover_of(order: SongOrder, number: int) -> bytes:
    return encode_picture(draw(order.words, COVER, 0, number), "jpeg", 85)


@lru_cache(_SONGS_KEPT)
def files_of(order: SongOrder, number: int) -> Files:
    sound = _sound(order, number)
    cover = draw(order.words, COVER, 0, number).convert("RGB")
    return Files(
        round(sound.seconds, 2),
        encode(sound, "mp3", _MP3_BITS),
        encode(sound, "wav"),
        film(sound, cover),
    )


def _sound(order: SongOrder, number: int) -> Pcm:
    """A whole is its parts, one after another; a song that goes on begins where it was left."""
    if order.action != "CONCAT":
        return render(compose(order.mood(number)))
    sound: Pcm | None = None
    seconds = 0.0
    for part in order.parts:
        played = render(compose(part.mood))
        sound = played if sound is None else joined(sound, seconds, played)
        seconds = part.seconds
    return sound or render(compose(order.mood(number)))
