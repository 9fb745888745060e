"""Songs as the text of a chat answer: blocks of markdown, each once and in their order, when what
they tell is known. The same text whether it is streamed or not."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

HEART = "🎵"
HEARTS_A_LINE = 34
_CAPS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣", "6️⃣", "7️⃣", "8️⃣", "9️⃣")
_FENCE = "```"


class Song(msgspec.Struct, frozen=True, kw_only=True):
    """As its owner sees it: our ids, our links; "" for what is not there (yet)."""

    id: str
    title: str = ""
    tags: str = ""
    lyrics: str = ""
    image: str = ""
    audio: str = ""
    video: str = ""


class Blocks:
    """told: all of the text so far. `more` gives what is new; once is_done is said, what is not
    known by then is left out."""

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt
        self._at = 0
        self._hearts = 0
        self._waits = False
        self._stages: tuple[Callable[[Sequence[Song]], str], ...] = (
            self._creating,
            _ids,
            _title,
            _tags,
            _lyrics,
            _cover,
        )
        self.told = ""

    @property
    def waits(self) -> bool:
        """All but the files is told: from here on hearts beat."""
        return self._waits

    def more(self, songs: Sequence[Song], *, is_done: bool) -> str:
        made: list[str] = []
        while self._at < len(self._stages):
            block = self._stages[self._at](songs)
            if not block and not is_done:
                break
            made.append(block)
            self._at += 1
        if self._at == len(self._stages) and not self._waits:
            self._waits = True
            made.append("\n### 🚀 生成CDN链接中（2min~）\n")
        if is_done:
            made.append(self._files(songs))
        text = "".join(made)
        self.told += text
        return text

    def heart(self) -> str:
        """A sign of life while the files are made."""
        self._hearts += 1
        return HEART if self._hearts % HEARTS_A_LINE else f"{HEART}\n"

    def _creating(self, songs: Sequence[Song]) -> str:
        return f"\n### 🤯 Creating\n{_fenced(f'{{prompt:{self._prompt}}}', 'suno')}"

    def _files(self, songs: Sequence[Song]) -> str:
        audio = [(each, song.audio) for each, song in zip(_CAPS, songs, strict=False) if song.audio]
        video = [(each, song.video) for each, song in zip(_CAPS, songs, strict=False) if song.video]
        text = "\n### 🎷 CDN音乐链接\n" + "".join(
            f"- **🎧 音乐{cap}**：{url} \n" for cap, url in audio
        )
        if video:
            shown = "".join(f"- **📽️ 视频{cap}**：{url} \n" for cap, url in video)
            text += f"### 📺 CDN视频链接\n{shown}"
        return f"{text}### 👀 更多 \n{_link_list(songs)}"


def _ids(songs: Sequence[Song]) -> str:
    if not songs:
        return ""
    shown = zip(_CAPS, songs, strict=False)
    return "### ⭐ 歌曲信息\n" + "".join(f"- **🧩 ID{cap}**：{song.id}\n" for cap, song in shown)


def _title(songs: Sequence[Song]) -> str:
    title = _first(song.title for song in songs)
    return f"- **🤖 歌名**：{title} \n" if title else ""


def _tags(songs: Sequence[Song]) -> str:
    tags = _first(song.tags for song in songs)
    return f"- **💄 类型**：{tags} \n" if tags else ""


def _lyrics(songs: Sequence[Song]) -> str:
    lyrics = _first(song.lyrics for song in songs)
    return f"### 📖 完整歌词\n{_fenced(lyrics)}" if lyrics else ""


def _cover(songs: Sequence[Song]) -> str:
    image = _first(song.image for song in songs)
    return f"### 🖼️ 歌曲图片\n![image_large_url]({image}) \n### 🤩 即刻享受" if image else ""


def _link_list(songs: Sequence[Song]) -> str:
    return "".join(f"[{song.title or song.id}]({song.audio}) \n" for song in songs if song.audio)


def _first(texts: Iterable[str]) -> str:
    return next((text for text in texts if text), "")


def _fenced(text: str, info: str = "") -> str:
    fence = _FENCE
    while fence in text:
        fence += "`"
    return f"{fence}{info}\n{text.rstrip()}\n{fence}\n"
