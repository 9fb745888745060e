"""Models that draw into a chat answer: the picture is a link or a data: URL in its text.

Answers differ: markdown pictures, bare links, an `images` list beside the content, content parts.
All that names a picture is taken, in order, each once. No picture in the text is a failure.
"""

import re
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.pictures.order import Action, PictureOrder
from waystation.meter.pictures import read_picture_usage
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.data_url import BadDataUrl, read_data_url
from waystation.upstream.pictures.data_address import as_address
from waystation.upstream.pictures.openai_answer import BYTES_MAX
from waystation.upstream.pictures.port import Picture, Pictures
from waystation.upstream.pictures.refusals import judge_openai, nonsense
from waystation.upstream.pictures.wire import PictureWire

# Possessive, and labels and addresses end at the next [: a text of millions of beginnings is
# read once.
_MARKDOWN = re.compile(
    r"!\[[^\[\]]{0,2000}+\]\(\s*+<?+((?:https?://|data:image/)[^\s)>\[]++)>?+[^)]{0,200}+\)"
)
_DATA = re.compile(r"data:image/[a-z0-9.+-]{1,20}+;base64,[A-Za-z0-9+/=]++")
_LINKED = re.compile(r"\[[^\[\]]{0,2000}+\]\(\s*+<?+(https?://[^\s)>\[]++)>?+[^)]{0,200}+\)")
_BARE = re.compile(r"https?://[^\s<>\"')\]]++")
_PICTURE_ENDING = re.compile(r"\.(?:png|jpe?g|webp|gif|avif|svg)(?:[?#]|$)", re.IGNORECASE)
_VARY = "Make a variation of this picture."


class ChatShape:
    """Implements `PictureVendor`."""

    actions: frozenset[Action] = frozenset(("generate", "edit", "vary"))

    def per_call(self, order: PictureOrder) -> int:
        return 1

    async def draw(self, wire: PictureWire, order: PictureOrder) -> Pictures:
        body = {
            "model": order.model,
            "messages": [{"role": "user", "content": _content(order)}],
            "stream": False,
        }
        encoded = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in body.items()}
        request = wire.request(
            wire.path("chat"), msgspec.json.encode({**encoded, **wire.channel.body_overrides})
        )
        reply = await wire.exchange(
            request, judge=lambda status, body: judge_openai(status, body, wire.secrets)
        )
        return _read(reply.body, order.n, wire.secrets)


def _content(order: PictureOrder) -> Any:
    text = order.prompt or _VARY
    wishes = [
        f"{name}: {value}"
        for name, value in (
            ("Size", order.size),
            ("Aspect ratio", order.aspect_ratio),
            ("Style", order.style),
            ("Avoid", order.negative_prompt),
        )
        if value and value != "auto"
    ]
    if wishes:
        text = f"{text}\n\n{'; '.join(wishes)}"
    if not order.inputs:
        return text
    shown = order.inputs if order.mask is None else (*order.inputs, order.mask)
    pictures = [{"type": "image_url", "image_url": {"url": as_address(one)}} for one in shown]
    return [{"type": "text", "text": text}, *pictures]


def _read(body: bytes, n: int, secrets: tuple[str, ...]) -> Pictures:
    """Raises AttemptFailed."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise nonsense("not a JSON object") from None
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        fault = judge_openai(200, body, secrets) or read_error(200, body, secrets)
        raise AttemptFailed(fault, status=200)
    message = choices[0].get("message")
    found = _addresses(message if isinstance(message, dict) else {})
    if not found:
        raise nonsense("no picture in the answer's text")
    usage = answer.get("usage")
    identity = answer.get("id")
    return Pictures(
        items=tuple(_picture(address) for address in found[:n]),
        usage=read_picture_usage(msgspec.json.encode(usage)) if usage is not None else None,
        upstream_id=identity if isinstance(identity, str) else "",
    )


def _addresses(message: dict[str, Any]) -> list[str]:
    found: list[str] = []
    images = message.get("images")
    for part in images if isinstance(images, list) else ():
        found += _of_part(part)
    content = message.get("content")
    if isinstance(content, str):
        found += _of_text(content)
    for part in content if isinstance(content, list) else ():
        found += _of_part(part)
    return list(dict.fromkeys(found))


def _of_part(part: Any) -> list[str]:
    if not isinstance(part, dict):
        return []
    address = part.get("image_url", part.get("url"))
    if isinstance(address, dict):
        address = address.get("url")
    if isinstance(address, str) and address[:5].lower() in ("http:", "https", "data:"):
        return [address]
    text = part.get("text")
    return _of_text(text) if isinstance(text, str) else []


def _of_text(text: str) -> list[str]:
    """Pictures as such; else links that end like one; else the links of markdown."""
    pictures = _MARKDOWN.findall(text) or _DATA.findall(text)
    if pictures:
        return list(pictures)
    bare = [each.rstrip(".,;:!?") for each in _BARE.findall(text)]
    return [each for each in bare if _PICTURE_ENDING.search(each)] or _LINKED.findall(text)


def _picture(address: str) -> Picture:
    if address[:5].lower() != "data:":
        return Picture(address=address)
    try:
        return Picture(data=read_data_url(address, BYTES_MAX))
    except BadDataUrl as bad:
        raise nonsense(f"a picture that cannot be read: {bad}") from None
