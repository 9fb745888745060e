"""Lyrics and titles out of a prompt's own words. Each says that a demo wrote it."""

import re

from waystation.demo.words import choose, is_chinese

_STOP = frozenset(
    (
        *("a", "an", "the", "of", "and", "or", "to", "in", "on", "at", "for", "with", "about"),
        *("song", "music", "lyrics", "write", "make", "me", "my", "please", "is", "are"),
    )
)
_SIGNED = "[Outro]\nWritten by the Waystation demo channel,\nwithout any model."
_SIGNED_ZH = "[Outro]\n由 Waystation 内置的演示渠道谱写，\n背后没有模型。"
_OPENINGS = ("Morning finds", "Evening carries", "Slowly comes", "Far away goes")
_TURNS = (
    "and the windows turn to gold",
    "and the river keeps its time",
    "while the lamps are lit again",
)
_HOOKS = ("Oh, {0}, stay a while", "{0}, all the way home", "Sing it once more: {0}")
_OPENINGS_ZH = ("清晨遇见", "晚风带来", "慢慢走近", "远远望着")
_TURNS_ZH = ("窗外染成金色", "河水轻轻唱和", "灯火又亮了一盏")
_HOOKS_ZH = ("啊，{0}，请再停一会儿", "{0}，一路陪我回家", "再唱一遍：{0}")


def title_of(text: str, number: int = 0) -> str:
    if is_chinese(text):
        return (_said_zh(text)[:8] or "演示之歌") + ("（二）" if number else "")
    said = _said(text)
    return (" ".join(said[:4]).title() or "Demo Song") + (" (II)" if number else "")


def lyrics_of(text: str, number: int = 0) -> str:
    """Two verses and a refrain about what the text is about."""
    if is_chinese(text):
        about = _said_zh(text)[:12] or "这首歌"
        openings, turns, hooks, signed = _OPENINGS_ZH, _TURNS_ZH, _HOOKS_ZH, _SIGNED_ZH
        comma, first = "，", about
    else:
        said = _said(text) or ["this", "song"]
        about, first = " ".join(said[:3]), said[0]
        openings, turns, hooks, signed = _OPENINGS, _TURNS, _HOOKS, _SIGNED
        comma = ","
    blank = "" if comma == "，" else " "

    def line(salt: int) -> str:
        opening = choose(openings, text, number, salt)
        return f"{opening}{blank}{about}{comma}\n{choose(turns, text, number, salt, 'turn')}"

    hook = choose(hooks, text, number).format(about)
    verses = [f"[Verse {at}]\n{line(at)}\n{line(at + 10)}" for at in (1, 2)]
    chorus = f"[Chorus]\n{hook}\n{hook.replace(about, first)}"
    return "\n\n".join((verses[0], chorus, verses[1], chorus, signed))


def _said_zh(text: str) -> str:
    """Without the words of the order itself."""
    bare = re.sub(r"[^\u4e00-\u9fff]", "", text)
    return re.sub(
        r"^(?:请|帮我|给我)?(?:写|来|做|作|创作|生成)?(?:一首|首)?(?:关于)?|的?歌曲?$", "", bare
    )


def _said(text: str) -> list[str]:
    found = [word for word in re.findall(r"[A-Za-z']{2,}", text) if word.lower() not in _STOP]
    return [word.lower() for word in found[:40]]
