"""A picture model asked over chat completions: the picture as a link in Markdown.

The link holds the picture itself (a data URL): the demo has no place to keep it. Pictures in the
last user turn are edited.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from waystation.demo.pictures.make import Made
from waystation.demo.pictures.order import Order, from_json
from waystation.demo.pictures.usage import input_tokens, output_tokens
from waystation.demo.words import digest, is_chinese, text_of, tokens
from waystation.imaging.picture import Size
from waystation.imaging.seeds import SEED_MAX

_SIDE_PIXELS = 768
_CHOICES_MAX = 4
_CHUNK_CHARACTERS = 16_384
_RATIO = re.compile(r"--ar\s+(\d{1,2}):(\d{1,2})\b")
_SAID = "Drawn by the Waystation demo channel, without any model."
_SAID_ZH = "由 Waystation 内置的演示渠道绘制，背后没有模型。"


def order_of(body: Mapping[str, Any]) -> Order:
    """Raises Refused."""
    content = _last_user(body)
    parts = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    images = [one["image_url"] for one in parts if "image_url" in one]
    prompt = text_of(content)
    count, seed, options = body.get("n"), body.get("seed"), body.get("stream_options")
    fields: dict[str, Any] = {
        "prompt": prompt or "…",
        "model": body.get("model"),
        "n": min(count, _CHOICES_MAX) if isinstance(count, int) and count > 0 else 1,
        "seed": seed % (SEED_MAX + 1) if isinstance(seed, int) else None,
        "output_format": "jpeg",
        "images": images,
        "stream": body.get("stream") is True,
    }
    if not images:
        fields["size"] = "{}x{}".format(*_size(prompt))
    order = from_json(fields, "chat")
    wants = isinstance(options, dict) and bool(options.get("include_usage"))
    return msgspec.structs.replace(order, streams_usage=wants)


def whole(order: Order, made: Made, created: int) -> bytes:
    """The answer as one object."""
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", "content": text, "refusal": None},
            "logprobs": None,
            "finish_reason": "stop",
        }
        for index, text in enumerate(_texts(order, made))
    ]
    head = _head(order, "chat.completion", created)
    return msgspec.json.encode({**head, "choices": choices, "usage": _usage(order, made)})


def events(order: Order, made: Made, created: int) -> list[bytes]:
    """The answer as a stream."""
    frames = [
        b"data: " + msgspec.json.encode(one) + b"\n\n" for one in _chunks(order, made, created)
    ]
    return [*frames, b"data: [DONE]\n\n"]


def _chunks(order: Order, made: Made, created: int) -> Iterator[dict[str, Any]]:
    head = _head(order, "chat.completion.chunk", created)

    def chunk(index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}

    for index, text in enumerate(_texts(order, made)):
        yield chunk(index, {"role": "assistant", "content": ""})
        for at in range(0, len(text), _CHUNK_CHARACTERS):
            yield chunk(index, {"content": text[at : at + _CHUNK_CHARACTERS]})
        yield chunk(index, {}, "stop")
    if order.streams_usage:
        yield {**head, "choices": [], "usage": _usage(order, made)}


def _texts(order: Order, made: Made) -> list[str]:
    """One for each picture."""
    named = re.sub(r"[\[\]()\s]+", " ", order.prompt[:80]).strip()
    return [
        f"{_said(order)}\n\n![{named}](data:image/jpeg;base64,{b64encode(one).decode('ascii')})"
        for one in made.pictures
    ]


def _said(order: Order) -> str:
    return _SAID_ZH if is_chinese(order.prompt) else _SAID


def _usage(order: Order, made: Made) -> dict[str, int]:
    asked = len(tokens(order.prompt)) + sum(input_tokens(one) for one in made.inputs)
    spoken = len(tokens(_said(order))) + output_tokens(made.size, order.quality)
    output = spoken * len(made.pictures)
    return {
        "prompt_tokens": asked,
        "completion_tokens": output,
        "total_tokens": asked + output,
    }


def _head(order: Order, kind: str, created: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-demo{digest(order.prompt, order.model, created):016x}",
        "object": kind,
        "created": created,
        "model": order.model,
    }


def _last_user(body: Mapping[str, Any]) -> Any:
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return message.get("content")
    return ""


def _size(prompt: str) -> Size:
    found = _RATIO.search(prompt)
    wide, high = (int(found[1]), int(found[2])) if found else (1, 1)
    if not (wide and high and 1 / 4 <= wide / high <= 4):
        wide, high = 1, 1
    unit = _SIDE_PIXELS / (wide * high) ** 0.5
    return round(wide * unit / 8) * 8, round(high * unit / 8) * 8
