"""A multipart/form-data body written anew, its files read from where they are as they are sent."""

from collections.abc import Iterator, Sequence
from secrets import token_hex
from typing import NamedTuple

from waystation.kernel.spool import Spool


class FormFile(NamedTuple):
    """name: as the upstream is told it."""

    data: bytes | Spool
    content_type: str
    name: str


class FormBody:
    """Implements `Body`. fields: (name, text or file) in order, names repeat as they like."""

    def __init__(self, fields: Sequence[tuple[str, str | FormFile]]) -> None:
        self._boundary = f"waystation{token_hex(16)}"
        self._parts: list[bytes | Spool] = []
        for name, value in fields:
            self._add(name, value)
        self._parts.append(f"--{self._boundary}--\r\n".encode())
        self._length = sum(len(part) for part in self._parts)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    def _add(self, name: str, value: str | FormFile) -> None:
        head = f'--{self._boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, str):
            self._parts.append(f"{head}\r\n\r\n{value}\r\n".encode())
            return
        named = f'{head}; filename="{_quoted(value.name)}"'
        self._parts.append(f"{named}\r\ncontent-type: {value.content_type}\r\n\r\n".encode())
        self._parts.append(value.data)
        self._parts.append(b"\r\n")

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        waiting = bytearray()
        for part in self._parts:
            if isinstance(part, bytes):
                waiting += part
                continue
            if waiting:
                yield bytes(waiting)
                waiting.clear()
            yield from part.pieces()
        yield bytes(waiting)

    def __bytes__(self) -> bytes:
        return b"".join(self)


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
