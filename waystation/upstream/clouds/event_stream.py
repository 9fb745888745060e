"""AWS's binary framing of a stream (application/vnd.amazon.eventstream), read.

A message: total length (4 bytes), length of headers (4), CRC-32 of these eight, headers, payload,
CRC-32 of all before. A header: length of its name (1), name, type (1), value; types 0 and 1 have
no value, 2 to 5 and 8, 9 a fixed length, 6 and 7 a length of two bytes. No I/O.
"""

from collections.abc import Mapping
from struct import Struct
from typing import NamedTuple
from zlib import crc32

MESSAGE_BYTES_MAX = 24 * 1024 * 1024
_HEADERS_BYTES_MAX = 128 * 1024
_PRELUDE = Struct(">III")
_CRC = Struct(">I")
_FIXED: Mapping[int, int] = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
_TEXT = 7
_BYTES = 6


class BadEventStream(Exception):
    """The bytes are no such stream, or were damaged on their way."""


class Message(NamedTuple):
    """headers: the texts among them; others are read over."""

    headers: Mapping[str, str]
    payload: bytes


class EventStreamReader:
    """Bytes in, at any split; whole messages out. fault: why no more will come."""

    __slots__ = ("_buffer", "_known", "_known_bytes", "fault")

    def __init__(self) -> None:
        self._buffer = b""
        self._known_bytes = b""
        self._known: Mapping[str, str] = {}
        self.fault: BadEventStream | None = None

    @property
    def is_between_messages(self) -> bool:
        return not self._buffer

    def feed(self, data: bytes) -> list[Message]:
        """What is sound before a damaged message is given; then `fault` is set."""
        if self.fault is not None:
            return []
        buffer = self._buffer + data if self._buffer else data
        messages: list[Message] = []
        at = 0
        try:
            while len(buffer) - at >= _PRELUDE.size:
                total, headers_length = _lengths(buffer, at)
                if len(buffer) - at < total:
                    break
                messages.append(self._message(buffer[at : at + total], headers_length))
                at += total
        except BadEventStream as error:
            self.fault = error
        self._buffer = buffer[at:]
        return messages

    def _message(self, data: bytes, headers_length: int) -> Message:
        if crc32(data[:-4]) != _CRC.unpack_from(data, len(data) - 4)[0]:
            raise BadEventStream("a message's checksum is wrong")
        end = _PRELUDE.size + headers_length
        head = data[_PRELUDE.size : end]
        if head != self._known_bytes:
            self._known = _read_headers(head)
            self._known_bytes = head
        return Message(self._known, data[end:-4])


def _lengths(buffer: bytes, at: int) -> tuple[int, int]:
    """(of the message, of its headers). Raises BadEventStream."""
    total, headers_length, crc = _PRELUDE.unpack_from(buffer, at)
    if crc32(buffer[at : at + 8]) != crc:
        raise BadEventStream("a prelude's checksum is wrong")
    if headers_length > _HEADERS_BYTES_MAX or not 16 + headers_length <= total:
        raise BadEventStream("its lengths do not fit")
    if total > MESSAGE_BYTES_MAX:
        raise BadEventStream("a message is too large")
    return total, headers_length


def _read_headers(data: bytes) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name, kind = data[at + 1 : name_end].decode(), data[name_end]
            at = name_end + 1
            if kind in (_BYTES, _TEXT):
                length = int.from_bytes(data[at : at + 2])
                at += 2
            else:
                length = _FIXED[kind]
            value = data[at : at + length]
            at += length
            if kind == _TEXT:
                headers[name] = value.decode()
    except (IndexError, KeyError, UnicodeDecodeError):
        raise BadEventStream("its headers cannot be read") from None
    if at != len(data):
        raise BadEventStream("its headers cannot be read")
    return headers
