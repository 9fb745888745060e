"""A streamed answer of OpenAI's image API: partial pictures, then the whole ones."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error_event
from waystation.errors import Fault
from waystation.kernel.sse import Frame, SseParser
from waystation.meter.pictures import read_picture_usage, summed
from waystation.meter.usage import Usage
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.openai_answer import SHOWN, Item, picture_of
from waystation.upstream.pictures.port import PartialPicture, Picture, Pictures
from waystation.upstream.pictures.refusals import judge_openai, nonsense

PARTIALS_MOST = 8
"""Of one picture; published: 3. More is a flood."""
_EVENT_BYTES_MAX = 48 * 1024 * 1024
_ABSENT = msgspec.Raw()


class _Event(msgspec.Struct):
    type: str = ""
    b64_json: str | None = None
    partial_image_index: Any = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    size: msgspec.Raw = _ABSENT
    quality: msgspec.Raw = _ABSENT
    background: msgspec.Raw = _ABSENT
    output_format: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Event).decode


class EventReader:
    """Fed piece by piece; `close` gives what came in all. n: pictures that were asked for; what
    an upstream sends beyond them is not kept."""

    def __init__(self, secrets: tuple[str, ...], n: int) -> None:
        self._secrets = secrets
        self._n = n
        self._partials = 0
        self._parser = SseParser(_EVENT_BYTES_MAX)
        self._items: list[Picture] = []
        self._usages: list[Usage] = []
        self._raw_usage: msgspec.Raw | None = None
        self._shown: dict[str, msgspec.Raw] = {}

    def feed(self, data: bytes) -> list[PartialPicture]:
        """Raises AttemptFailed."""
        try:
            frames = self._parser.feed(data)
        except Fault as fault:
            raise AttemptFailed(fault, status=200) from None
        return self._read(frames)

    def close(self) -> Pictures:
        """Raises AttemptFailed for a stream without a whole picture."""
        self._read(self._parser.close())
        if not self._items:
            raise nonsense("a stream that ended without a picture")
        return Pictures(
            items=tuple(self._items),
            usage=summed(self._usages) if self._usages else None,
            raw_usage=self._raw_usage,
            shown=self._shown,
        )

    def _read(self, frames: list[Frame]) -> list[PartialPicture]:
        partials: list[PartialPicture] = []
        for frame in frames:
            if frame.data == b"[DONE]":
                continue
            event = self._event(frame.data)
            if event.type.endswith(".partial_image"):
                self._partials += 1
                if self._partials > PARTIALS_MOST * self._n:
                    continue
                picture = picture_of(Item(b64_json=event.b64_json))
                index = event.partial_image_index
                number = index if isinstance(index, int) else len(partials)
                partials.append(PartialPicture(picture.data or b"", number))
            elif event.type.endswith(".completed"):
                self._complete(event)
        return partials

    def _event(self, data: bytes) -> _Event:
        try:
            event = _decode(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise nonsense("an event that cannot be read") from None
        if event.error and bytes(event.error) != b"null":
            fault = judge_openai(200, data, self._secrets)
            raise AttemptFailed(
                fault or read_error_event(event.error, self._secrets), status=200
            ) from None
        return event

    def _complete(self, event: _Event) -> None:
        if len(self._items) == self._n:
            return
        self._items.append(picture_of(Item(b64_json=event.b64_json)))
        for name in SHOWN:
            if value := getattr(event, name):
                self._shown[name] = value
        if event.usage and bytes(event.usage) != b"null":
            usage = read_picture_usage(event.usage)
            self._raw_usage = event.usage
            if usage is not None:
                self._usages.append(usage)
