"""A multipart/form-data body written anew, its files read from where they are as they are sent."""

from collections.abc import Iterator, Sequence
from secrets import token_hex

from waystation.dialects.pictures.order import PictureInput
from waystation.kernel.spool import Spool

_EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp", "image/gif": "gif"}


class FormBody:
    """Implements `Body`. fields: (name, text or picture) in order, names repeat as they like."""

    def __init__(self, fields: Sequence[tuple[str, str | PictureInput]]) -> None:
        self._boundary = f"waystation{token_hex(16)}"
        self._parts: list[bytes | Spool] = []
        for position, (name, value) in enumerate(fields):
            self._add(name, value, position)
        self._parts.append(f"--{self._boundary}--\r\n".encode())
        self._length = sum(len(part) for part in self._parts)

    @property
    def content_type(self) -> str:
        return f"multipart/form-data; boundary={self._boundary}"

    def _add(self, name: str, value: str | PictureInput, position: int) -> None:
        head = f'--{self._boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"'
        if isinstance(value, str):
            self._parts.append(f"{head}\r\n\r\n{value}\r\n".encode())
            return
        # The caller's file name is nobody's business and would need its own escaping.
        ending = _EXTENSIONS.get(value.content_type, "bin")
        named = f'{head}; filename="picture{position}.{ending}"'
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
