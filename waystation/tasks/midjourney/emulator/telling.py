"""Texts by a chat model: four prompts for a picture, a prompt made shorter.

Where a channel has image models alone, the picture is measured and the words are weighed by us.
"""

import re
from base64 import b64encode
from typing import Any

import msgspec

from waystation.imaging.describe import describe as measured
from waystation.imaging.describe import ratio
from waystation.imaging.picture import BadPicture, open_picture
from waystation.imaging.shorten import Shortened, Token, numbered, shorten
from waystation.imaging.thumbnail import thumbnail
from waystation.tasks.midjourney.emulator.brush import Brush
from waystation.tasks.midjourney.emulator.failing import NotDrawn, of_picture
from waystation.tasks.workshop import Workshop

DESCRIBED, SHORTENED = 4, 5
TRIES = 2
SENT_BYTES_MAX = 4 * 1024 * 1024
_SENT_SIDE_MAX = 2048
_LINE_CHARACTERS_MAX = 1000
_LINE = re.compile(r"(?m)^\s*\W{0,3}(?:[1-9][.):]|[1-9]\ufe0f?\u20e3)\W{0,3}\s*(\S.*?)\s*$")
_PARAMETERS = re.compile(r"\s(?:--|—)[A-Za-z].*$")
_DESCRIBE = (
    "Write four different prompts for an image model that would each draw this picture: subject, "
    "setting, style, light, colours. Answer with exactly four lines, numbered 1. to 4., one prompt "
    "a line, without parameters and without anything else."
)
_SHORTEN = (
    "Judge the words of the image prompt below and shorten it. Answer with JSON alone: "
    '{"tokens":[{"t":"<word>","weight":<0 to 1>}],"shortened":["<prompt>"]} - tokens are all its '
    "words in order, weight is how much a word matters to the picture (0: it can go), shortened "
    "are exactly five prompts, each shorter than the one before.\n\nPrompt: "
)


async def describe(workshop: Workshop, brush: Brush, data: bytes) -> str:
    """Four numbered lines, each with the picture's shape. Raises NotDrawn."""
    pictures = workshop.artefacts.pictures
    try:
        size = await pictures.run(lambda whole: open_picture(whole).size, data)
        sent = data
        if len(data) > SENT_BYTES_MAX:
            sent = await pictures.run(thumbnail, data, _SENT_SIDE_MAX, "jpeg")
    except BadPicture as bad:
        raise of_picture(bad) from None
    if not brush.talks:
        return numbered(await pictures.run(measured, data))
    address = f"data:image/{_kind(sent)};base64,{b64encode(sent).decode()}"
    content = [
        {"type": "text", "text": _DESCRIBE},
        {"type": "image_url", "image_url": {"url": address}},
    ]
    for _ in range(TRIES):
        lines = read_lines(await brush.talk(content))
        if len(lines) == DESCRIBED:
            return numbered(tuple(f"{line} --ar {ratio(size)}" for line in lines))
    raise NotDrawn("bad_upstream_response", "[Internal error] The picture was not described")


async def shortened(brush: Brush, prompt: str) -> Shortened:
    """By the model; where its answer is of no use, by weighing words. Raises NotDrawn."""
    said = read_shortened(await brush.talk(_SHORTEN + prompt)) if brush.talks else None
    return shorten(prompt) if said is None else said


def read_lines(said: str) -> tuple[str, ...]:
    """The numbered lines, without parameters."""
    lines = (_PARAMETERS.sub("", found[1]) for found in _LINE.finditer(said))
    return tuple(line[:_LINE_CHARACTERS_MAX] for line in lines if line)


class _Token(msgspec.Struct):
    t: str
    weight: float


class _Said(msgspec.Struct):
    tokens: list[_Token]
    shortened: list[str]


_decode = msgspec.json.Decoder(_Said).decode


def read_shortened(said: str) -> Shortened | None:
    """None for anything but the JSON that was asked for, in a fence or not."""
    begin, end = said.find("{"), said.rfind("}")
    try:
        told = _decode(said[begin : end + 1].encode())
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return None
    prompts: Any = tuple(each.strip() for each in told.shortened if each.strip())
    if len(prompts) != SHORTENED or not told.tokens:
        return None
    tokens = tuple(Token(each.t, max(0.0, min(each.weight, 1.0))) for each in told.tokens if each.t)
    return Shortened(tokens, prompts)


def _kind(data: bytes) -> str:
    if data.startswith(b"\x89PNG"):
        return "png"
    return "jpeg" if data.startswith(b"\xff\xd8") else "webp"
