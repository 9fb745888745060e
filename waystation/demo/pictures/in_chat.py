"""A picture model asked over chat completions: the picture as a link in Markdown.

The link holds the picture itself (a data URL): the demo has no place to keep it. Pictures in the
last user turn are edited.
"""

import re
from base64 import b64encode
from collections.abc import Iterator
from time import time
from typing import Any

from waystation.demo.pictures.make import make
from waystation.demo.pictures.order import Order, from_json
from waystation.demo.pictures.usage import input_tokens, output_tokens
from waystation.demo.words import digest, is_chinese, text_of, tokens
from waystation.imaging.picture import Size

_SIDE_PIXELS = 768
_CHOICES_MAX = 4
_CHUNK_CHARACTERS = 16_384
_RATIO = re.compile(r"--ar\s+(\d{1,2}):(\d{1,2})\b")
_SAID = "Drawn by the Waystation demo channel, without any model."
_SAID_ZH = "由 Waystation 内置的演示渠道绘制，背后没有模型。"


def order_of(body: dict[str, Any]) -> Order:
    """Raises Refused."""
    content = _last_user(body)
    parts = [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []
    images = [one["image_url"] for one in parts if "image_url" in one]
    prompt = text_of(content)
    count = body.get("n")
    fields: dict[str, Any] = {
        "prompt": prompt or "…",
        "model": body.get("model"),
        "n": min(count, _CHOICES_MAX) if isinstance(count, int) and count > 0 else 1,
        "seed": body.get("seed") if isinstance(body.get("seed"), int) else None,
        "output_format": "jpeg",
        "images": images,
    }
    if not images:
        fields["size"] = "{}x{}".format(*_size(prompt))
    return from_json(fields, "edit" if images else "generation")


def completion(body: dict[str, Any], order: Order) -> dict[str, Any]:
    """The whole answer as one object. Raises Refused."""
    texts, usage = _drawn(order)
    return {
        **_head(body, "chat.completion"),
        "choices": [
            {
                "index": index,
                "message": {"role": "assistant", "content": text, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
            for index, text in enumerate(texts)
        ],
        "usage": usage,
    }


def chunks(body: dict[str, Any], order: Order) -> Iterator[dict[str, Any]]:
    """The answer as a stream. Raises Refused before the first."""
    texts, usage = _drawn(order)
    head = _head(body, "chat.completion.chunk")
    return _chunks(body, head, texts, usage)


def _chunks(
    body: dict[str, Any], head: dict[str, Any], texts: list[str], usage: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    def chunk(index: int, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        return {**head, "choices": [{"index": index, "delta": delta, "finish_reason": finish}]}

    for index, text in enumerate(texts):
        yield chunk(index, {"role": "assistant", "content": ""})
        for at in range(0, len(text), _CHUNK_CHARACTERS):
            yield chunk(index, {"content": text[at : at + _CHUNK_CHARACTERS]})
        yield chunk(index, {}, "stop")
    options = body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        yield {**head, "choices": [], "usage": usage}


def _drawn(order: Order) -> tuple[list[str], dict[str, Any]]:
    """One text for each picture, and the usage of all."""
    made = make(order)
    said = _SAID_ZH if is_chinese(order.prompt) else _SAID
    named = re.sub(r"[\[\]()\s]+", " ", order.prompt[:80]).strip()
    texts = [
        f"{said}\n\n![{named}](data:image/jpeg;base64,{b64encode(one).decode('ascii')})"
        for one in made.pictures
    ]
    asked = len(tokens(order.prompt)) + sum(input_tokens(one) for one in made.inputs)
    spoken = len(tokens(said)) + output_tokens(made.size, order.quality)
    return texts, {
        "prompt_tokens": asked,
        "completion_tokens": spoken * len(texts),
        "total_tokens": asked + spoken * len(texts),
    }


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    created = int(time())
    return {
        "id": f"chatcmpl-demo{digest(text_of(_last_user(body)), created):016x}",
        "object": kind,
        "created": created,
        "model": body.get("model"),
    }


def _last_user(body: dict[str, Any]) -> Any:
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
