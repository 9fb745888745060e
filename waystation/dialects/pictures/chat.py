"""A chat request to a model that draws: the last user turn is the order."""

from typing import Any

import msgspec

from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.openai_chat.stream_options import stream_options_of
from waystation.dialects.pictures.limits import N_MOST, check_prompt, read_ratio, read_size
from waystation.dialects.pictures.names import canonical
from waystation.dialects.pictures.order import PictureOrder
from waystation.dialects.pictures.parse import INPUTS_MOST, word
from waystation.dialects.pictures.request import PictureOperation
from waystation.errors import Fault
from waystation.kernel.scalars import count, flag
from waystation.kernel.strictjson import Fields, read_object


class _Turn(msgspec.Struct):
    role: Any = None
    content: Any = None


_decode_turns = msgspec.json.Decoder(list[_Turn]).decode


def pictures_of_chat(body: bytes, chat: ChatOperation) -> PictureOperation:
    """chat: the same request, already judged as chat. Raises Fault (400)."""
    fields = read_object(body)
    model = canonical(chat.model)
    prompt, addresses = _last_order(fields)
    if not prompt.strip():
        reason = "the last user message holds no text to draw from"
        raise Fault("invalid_value", param="messages", reason=reason)
    check_prompt(model, prompt, "messages")
    if len(addresses) > INPUTS_MOST:
        raise Fault("invalid_value", param="messages", reason=f"at most {INPUTS_MOST} pictures")
    order = PictureOrder(
        action="edit" if addresses else "generate",
        model=model,
        prompt=prompt,
        n=count(fields, "n", N_MOST) or 1,
        size=read_size(model, word(fields, "size")),
        aspect_ratio=read_ratio(word(fields, "aspect_ratio")),
        quality=word(fields, "quality"),
        style=word(fields, "style"),
    )
    return PictureOperation(
        "image_edit" if addresses else "image",
        "chat",
        order,
        stream=flag(fields, "stream"),
        references=tuple(("messages", address) for address in addresses),
        chat_usage=stream_options_of(fields)[1],
    )


def _last_order(fields: Fields) -> tuple[str, list[str]]:
    """(text, addresses of pictures) of the last user turn."""
    turns = _decode_turns(fields["messages"])
    turn = next((each for each in reversed(turns) if each.role == "user"), turns[-1])
    if isinstance(turn.content, str):
        return turn.content, []
    texts: list[str] = []
    addresses: list[str] = []
    for part in turn.content if isinstance(turn.content, list) else ():
        if not isinstance(part, dict):
            continue
        if isinstance(part.get("text"), str):
            texts.append(part["text"])
        address = part.get("image_url")
        if isinstance(address, dict):
            address = address.get("url")
        if isinstance(address, str) and address:
            addresses.append(address)
    return "\n".join(texts), addresses
