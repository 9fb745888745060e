"""Pictures as a stream: OpenAI's picture events, and chat chunks that carry a link."""

from base64 import b64encode
from typing import Any

import msgspec

from waystation.dialects.error_shapes import error_object, message_of, shown_status
from waystation.dialects.pictures.reply import Drawn, chat_usage, markdown
from waystation.dialects.pictures.request import PictureOperation
from waystation.errors import Fault, Language

_encode = msgspec.json.Encoder().encode
_DONE = b"data: [DONE]\n\n"


class PictureEvents:
    """Writes one request's events."""

    def __init__(self, operation: PictureOperation, request_id: str, created: int) -> None:
        self._operation = operation
        self._request_id = request_id
        self._created = created
        kind = "image_edit" if operation.name == "image_edit" else "image_generation"
        self._kind = kind

    @property
    def _is_chat(self) -> bool:
        return self._operation.form == "chat"

    def opening(self) -> bytes:
        """What a stream begins with."""
        return self._chunk({"role": "assistant", "content": ""}) if self._is_chat else b""

    def keep_alive(self) -> bytes:
        """An event that says nothing."""
        return self._chunk({"content": ""}) if self._is_chat else b": keep-alive\n\n"

    def partial(self, data: bytes, index: int) -> bytes:
        """A picture on the way; nothing in a chat."""
        if self._is_chat:
            return b""
        event: dict[str, Any] = {
            "type": f"{self._kind}.partial_image",
            "b64_json": b64encode(data).decode("ascii"),
            "created_at": self._created,
            "partial_image_index": index,
            **self._facts(),
        }
        return self._event(event)

    def completed(self, drawn: Drawn) -> bytes:
        """All pictures, and the end."""
        if self._is_chat:
            return self._chat_end(drawn)
        out = bytearray()
        safe = [picture for picture in drawn.pictures if picture.is_safe]
        for position, picture in enumerate(safe):
            event: dict[str, Any] = {
                "type": f"{self._kind}.completed",
                "b64_json": picture.b64,
                "created_at": self._created,
                **self._facts(),
                **drawn.shown,
            }
            if drawn.raw_usage is not None and position == len(safe) - 1:
                event["usage"] = drawn.raw_usage
            out += self._event(event)
        return bytes(out)

    def failed(self, fault: Fault, language: Language) -> bytes:
        """The error that ends the stream."""
        text = message_of(fault, self._request_id, language)
        error = error_object(fault, shown_status(fault), text)
        if self._is_chat:
            return b"data: %b\n\n" % _encode({"error": error})
        return self._event({"type": "error", "error": error})

    def _facts(self) -> dict[str, Any]:
        order = self._operation.order
        return {
            "size": order.size or "auto",
            "quality": order.quality or "auto",
            "background": order.background or "auto",
            "output_format": order.output_format or "png",
        }

    @staticmethod
    def _event(event: dict[str, Any]) -> bytes:
        return b"event: %b\ndata: %b\n\n" % (event["type"].encode(), _encode(event))

    def _chat_end(self, drawn: Drawn) -> bytes:
        out = self._chunk({"content": markdown(drawn)}) + self._chunk({}, "stop")
        if self._operation.chat_usage:
            out += self._chunk(None, usage=chat_usage(drawn.usage))
        return out + _DONE

    def _chunk(
        self,
        delta: dict[str, str] | None,
        finish: str | None = None,
        usage: dict[str, int] | None = None,
    ) -> bytes:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
        chunk: dict[str, Any] = {
            "id": f"chatcmpl-{self._request_id}",
            "object": "chat.completion.chunk",
            "created": self._created,
            "model": self._operation.model,
            "choices": choices,
        }
        if usage is not None:
            chunk["usage"] = usage
        return b"data: %b\n\n" % _encode(chunk)
