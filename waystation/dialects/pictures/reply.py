"""Pictures in the form that they were asked for in."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from waystation.dialects.pictures.request import PictureOperation
from waystation.meter.usage import Usage

_encode = msgspec.json.Encoder().encode


class ShownPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A stored picture as a reply shows it. url: our link. b64: its bytes in base64, where those
    are wanted. is_safe: false: the vendor did not give it, so there is neither. artefact_id,
    content_type, drawn_size ("WxH" by its bytes, "" unknown): as it is stored; no reply tells
    them."""

    url: str | None = None
    b64: str | None = None
    revised_prompt: str | None = None
    seed: int | None = None
    size: str | None = None
    style: str | None = None
    is_safe: bool = True
    artefact_id: str | None = None
    content_type: str = ""
    drawn_size: str = ""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """All that a reply may tell. raw_usage: the upstream's usage object. shown: further fields.
    dropped: the caller's fields that the upstream could not be told."""

    operation: PictureOperation
    created_ms: int
    request_id: str
    pictures: Sequence[ShownPicture]
    usage: Usage
    dropped: Sequence[str] = ()
    raw_usage: msgspec.Raw | None = None
    shown: Mapping[str, msgspec.Raw] = {}

    @property
    def created(self) -> int:
        """Unix seconds."""
        return self.created_ms // 1000


def whole_reply(drawn: Drawn) -> bytes:
    """The body of a reply that is not streamed."""
    form = drawn.operation.form
    if form == "ideogram":
        return _ideogram(drawn)
    return _chat(drawn) if form == "chat" else _openai(drawn)


def _openai(drawn: Drawn) -> bytes:
    data = []
    for picture in drawn.pictures:
        if not picture.is_safe:
            continue
        entry: dict[str, Any] = {}
        if drawn.operation.wants == "b64_json":
            entry["b64_json"] = picture.b64
        else:
            entry["url"] = picture.url
        if picture.revised_prompt is not None:
            entry["revised_prompt"] = picture.revised_prompt
        if picture.seed is not None:
            entry["seed"] = picture.seed
        data.append(entry)
    reply: dict[str, Any] = {"created": drawn.created, "data": data, **drawn.shown}
    if drawn.raw_usage is not None:
        reply["usage"] = drawn.raw_usage
    return _encode(reply)


def _ideogram(drawn: Drawn) -> bytes:
    moment = datetime.fromtimestamp(drawn.created_ms / 1000, UTC)
    order = drawn.operation.order
    data = [
        {
            "is_image_safe": picture.is_safe,
            "prompt": picture.revised_prompt or order.prompt,
            "resolution": picture.size,
            "seed": picture.seed,
            "style_type": picture.style or order.style,
            "url": picture.url,
        }
        for picture in drawn.pictures
    ]
    created = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return _encode({"created": created, "data": data})


def markdown(drawn: Drawn) -> str:
    """What a chat answer says."""
    links = [f"![image]({picture.url})" for picture in drawn.pictures if picture.is_safe]
    return "\n\n".join(links)


def chat_usage(usage: Usage) -> dict[str, int]:
    """The usage object of a chat answer."""
    given, made = usage.input_tokens, usage.output_tokens
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}


def _chat(drawn: Drawn) -> bytes:
    message = {"role": "assistant", "content": markdown(drawn), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _encode(
        {
            "id": f"chatcmpl-{drawn.request_id}",
            "object": "chat.completion",
            "created": drawn.created,
            "model": drawn.operation.model,
            "choices": [choice],
            "usage": chat_usage(drawn.usage),
        }
    )
