"""n answers out of n calls, where the upstream makes one at a time.

Whole replies are merged; streams are interleaved: choices renumbered, one id, one created, a role
and one finish an index, usage summed as really used, one `[DONE]`.
"""

from collections.abc import Callable, Sequence
from secrets import token_hex
from time import time
from typing import Any

import msgspec

from waystation.dialects.openai_chat.chunk_writer import StreamPart, StreamShape
from waystation.dialects.openai_chat.usage_object import shown_usage
from waystation.dialects.operation import StreamReader
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, rebuild
from waystation.meter.usage import TOKEN_KINDS, Usage

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_choices = msgspec.json.Decoder(list[dict[str, msgspec.Raw]]).decode


def summed(usages: Sequence[Usage]) -> Usage:
    """What all parts used together; exact when each is. raw: `{"parts": […]}`. The unit `calls`
    counts the parts that used anything: each is priced by its own length."""
    kinds = {kind: sum(getattr(usage, kind) for usage in usages) for kind in TOKEN_KINDS}
    units: dict[str, int] = {}
    for usage in usages:
        for name, amount in usage.units.items():
            units[name] = units.get(name, 0) + amount
    calls = sum(1 for usage in usages if usage.input_tokens or usage.output_tokens)
    if calls > 1:
        units["calls"] = calls
    flags = tuple(dict.fromkeys(flag for usage in usages for flag in usage.flags))
    values: dict[str, Any] = {
        **kinds,
        "units": units,
        "exact": bool(usages) and all(usage.exact for usage in usages),
        "tier": next((usage.tier for usage in usages if usage.tier), ""),
        "raw": {"parts": [usage.raw for usage in usages]},
        "flags": flags,
    }
    return Usage(**values)


def merged(replies: Sequence[bytes], usage: Usage, cost: str | None = None) -> bytes:
    """One reply out of the parts', each as its reader gave it, in order of index. usage: `summed`
    of the parts."""
    choices: list[dict[str, msgspec.Raw]] = []
    first = _decode_fields(replies[0])
    for reply in replies:
        for choice in _decode_choices(_decode_fields(reply)["choices"]):
            choice["index"] = raw_of(len(choices))
            choices.append(choice)
    return rebuild(
        first,
        {"choices": raw_of(choices), "usage": shown_usage(usage, None, cost)},
    )


class FanOutStream:
    """n streams told as one. Feed each part's bytes with its number; a part's preamble is held
    until its first content, so that until then `restart` may put another upstream in its place."""

    __slots__ = (
        "_closed",
        "_cost_of",
        "_created",
        "_fault",
        "_held",
        "_id",
        "_include_usage",
        "_make",
        "_model",
        "_object",
        "_parts",
    )

    def __init__(
        self,
        n: int,
        make: Callable[[StreamPart], StreamReader],
        *,
        shape: StreamShape,
        model: str,
        cost_of: Callable[[Usage], str | None] | None,
        include_usage: bool,
    ) -> None:
        self._id = shape.id_prefix + token_hex(12)
        self._created = int(time())
        self._object = shape.object
        self._model = model
        self._cost_of = cost_of
        self._include_usage = include_usage
        self._make = make
        self._parts = [make(StreamPart(index, self._id, self._created)) for index in range(n)]
        self._held: list[list[bytes]] = [[] for _ in range(n)]
        self._closed: set[int] = set()
        self._fault: Fault | None = None

    def restart(self, part: int) -> None:
        """Begin a part anew, after a failure before its first content."""
        assert not self._parts[part].started
        self._parts[part] = self._make(StreamPart(part, self._id, self._created))
        self._held[part] = []
        self._closed.discard(part)

    def part_fault(self, part: int) -> Fault | None:
        """Why this part failed, None while it did not."""
        return self._parts[part].fault

    def part_started(self, part: int) -> bool:
        """This part gave content: it cannot be restarted."""
        return self._parts[part].started

    def feed(self, part: int, data: bytes) -> bytes:
        """Bytes for the caller, once this part has content."""
        return self._let_out(part, self._parts[part].feed(data))

    def close(self, part: int) -> bytes:
        """A part's upstream ended; with the last one come the usage chunk and `[DONE]`."""
        out = self._let_out(part, self._parts[part].close(), is_end=True)
        if self._parts[part].fault is not None:
            return out
        self._closed.add(part)
        if len(self._closed) < len(self._parts):
            return out
        return out + (self._usage_chunk() if self._include_usage else b"") + b"data: [DONE]\n\n"

    def fail(self, fault: Fault, language: Any, request_id: str = "") -> bytes:
        """The error event that ends the whole stream."""
        self._fault = fault
        return self._parts[0].fail(fault, language, request_id)

    def keep_alive(self) -> bytes:
        return self._parts[0].keep_alive()

    def usage(self) -> Usage:
        return summed([part.usage() for part in self._parts])

    @property
    def started(self) -> bool:
        return any(part.started for part in self._parts)

    @property
    def finished(self) -> bool:
        return len(self._closed) == len(self._parts)

    @property
    def complete(self) -> bool:
        return self.finished

    @property
    def output_seen(self) -> int:
        return sum(part.output_seen for part in self._parts)

    @property
    def fault(self) -> Fault | None:
        if self._fault is not None:
            return self._fault
        return next((part.fault for part in self._parts if part.fault is not None), None)

    @property
    def upstream_id(self) -> str:
        return self._parts[0].upstream_id

    @property
    def has_output(self) -> bool:
        return any(part.has_output for part in self._parts)

    def _let_out(self, part: int, data: bytes, is_end: bool = False) -> bytes:
        held = self._held[part]
        if not self._parts[part].started and not is_end:
            if data:
                held.append(data)
            return b""
        if not held:
            return data
        held.append(data)
        out = b"".join(held)
        held.clear()
        return out

    def _usage_chunk(self) -> bytes:
        usage = self.usage()
        cost = self._cost_of(usage) if self._cost_of is not None else None
        fields = {
            "id": raw_of(self._id),
            "object": raw_of(self._object),
            "created": raw_of(self._created),
            "model": raw_of(self._model),
            "choices": msgspec.Raw(b"[]"),
            "usage": shown_usage(usage, None, cost),
        }
        return b"data: " + rebuild(fields) + b"\n\n"
