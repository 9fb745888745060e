"""Pairs of dialects as the tests make them."""

import json
from typing import Any

import msgspec

from tests.anthropic.making import message
from tests.dialects.making import FREE, chat
from waystation.dialects.operation import Receipt, Target
from waystation.dialects.speakers import translate
from waystation.dialects.translated import Translated, TranslatedStream

UP = Target(upstream_model="up")


def chat_to_messages(**fields: Any) -> Translated:
    return translate(chat(**fields), "messages")


def messages_to_chat(**fields: Any) -> Translated:
    return translate(message(**fields), "chat")


def sent(pair: Translated, target: Target = UP) -> dict[str, Any]:
    """The upstream's body."""
    found: dict[str, Any] = json.loads(pair.body_for(target))
    return found


def lost(pair: Translated, target: Target = UP) -> set[str]:
    return {loss.path for loss in pair.losses(target)}


def reader(pair: Translated, target: Target = UP, receipt: Receipt = FREE) -> TranslatedStream:
    return pair.stream_reader(target, receipt)


def read(pair: Translated, document: Any, target: Target = UP) -> dict[str, Any]:
    """The caller's body for the upstream's."""
    body = document if isinstance(document, bytes) else msgspec.json.encode(document)
    out = pair.reply_reader(target, FREE).read(200, "application/json", body)
    found: dict[str, Any] = json.loads(out)
    return found


def run(stream: TranslatedStream, data: bytes, size: int = 0) -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    return b"".join(map(stream.feed, pieces)) + stream.close()
