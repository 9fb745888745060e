"""A multipart/form-data body, taken apart as it arrives: texts in memory, files spooled.

What is refused is refused at once, in the middle of the body: too many parts, a text or file that
is too large, a part that is no form field, a file that its taker does not want.
"""

import asyncio
from collections.abc import Callable
from email.message import Message
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from waystation.errors import Fault
from waystation.kernel.spool import Spool

PARTS_MOST = 64
HEADERS_MOST = 8
HEADER_BYTES_MOST = 4096
TEXT_BYTES_MOST = 1024 * 1024
"""Of all texts together."""
_NAME_CHARACTERS_MOST = 100
_FLUSH_BYTES = 512 * 1024
"""At once to the disk, from the second time on; as much again may arrive meanwhile."""


class Upload(NamedTuple):
    """A file of a form. field: the part's name. name, content_type: the caller's own words, "" none
    given; nobody has looked whether they are true."""

    field: str
    data: Spool
    name: str
    content_type: str


File = TypeVar("File")


class _Part:
    """The part that is being read. file: None for a text."""

    __slots__ = ("file", "file_name", "headers", "name", "text")

    def __init__(self) -> None:
        self.headers: dict[str, bytes] = {}
        self.name = ""
        self.file_name = ""
        self.file: Spool | None = None
        self.text = bytearray()


class UploadForm(Generic[File]):
    """`take` is the body's sink; `finish` tells what came. Raises Fault in both (400, 413).
    made: what becomes of a file as soon as it is there; it may raise Fault. The disk is written in
    threads; hold: called with True when it cannot keep up and nothing more should come, with False
    when it has."""

    def __init__(
        self,
        boundary: bytes,
        file_bytes_max: int,
        made: Callable[[Upload], File],
        hold: Callable[[bool], None],
    ) -> None:
        self._file_bytes_max = file_bytes_max
        self._made = made
        self._hold = hold
        self._flushes: set[asyncio.Future[None]] = set()
        self._disk_fault: Fault | None = None
        self._is_held = False
        self._spools: list[Spool] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._part_data,
                "on_part_end": self._part_ends,
                "on_end": self._end,
            },
            max_header_count=HEADERS_MOST,
            max_header_size=HEADER_BYTES_MOST,
        )
        self._part = _Part()
        self._names = bytearray()
        self._values = bytearray()
        self._parts = 0
        self._text_bytes = 0
        self._ended = False
        self.texts: list[tuple[str, str]] = []
        self.files: list[tuple[str, File]] = []

    # ---- the sink --------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        if not data:
            return
        if self._disk_fault is not None:
            raise self._disk_fault
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise Fault(
                "invalid_request", reason=f"The multipart body is malformed: {error}"
            ) from None

    async def finish(self) -> None:
        """Raises Fault for a body that breaks off, and for a disk that did (503)."""
        if not self._ended:
            reason = "The multipart body ends early: its last boundary is missing."
            raise Fault("invalid_request", reason=reason)
        while self._flushes:
            await asyncio.wait(self._flushes)
        if self._disk_fault is not None:
            raise self._disk_fault

    def close(self) -> None:
        """Give back what was spooled."""
        for spool in self._spools:
            spool.close()

    # ---- what the parser calls -------------------------------------------------------------

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > PARTS_MOST:
            raise Fault("request_too_large", limit=f"{PARTS_MOST} parts", received="more")
        self._part = _Part()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._names += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._values += data[start:end]

    def _header_ends(self) -> None:
        self._part.headers[self._names.decode("latin-1").lower()] = bytes(self._values)
        self._names.clear()
        self._values.clear()

    def _headers_end(self) -> None:
        part = self._part
        disposition = _parameters(part.headers.get("content-disposition", b""))
        name = disposition.get_param("name", header="content-disposition")
        if disposition.get_content_disposition() != "form-data" or not isinstance(name, str):
            raise Fault("invalid_request", reason="A part of the form has no name.")
        if len(name) > _NAME_CHARACTERS_MOST:
            raise Fault("invalid_request", reason="A part's name is too long.")
        part.name = name
        file_name = disposition.get_param("filename", header="content-disposition")
        if file_name is not None:
            # RFC 2231 gives three: charset, language, value.
            part.file_name = file_name if isinstance(file_name, str) else file_name[2]
            part.file = Spool()
            self._spools.append(part.file)

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        part = self._part
        if part.file is None:
            self._text_bytes += end - start
            if self._text_bytes > TEXT_BYTES_MOST:
                raise Fault("request_too_large", limit=TEXT_BYTES_MOST, received="more")
            part.text += data[start:end]
            return
        spool = part.file
        if len(spool) + end - start > self._file_bytes_max:
            received = f"more in '{part.name}'"
            raise Fault("request_too_large", limit=self._file_bytes_max, received=received)
        spool.write(memoryview(data)[start:end])
        if spool.is_due:
            self._flush(spool)

    def _part_ends(self) -> None:
        part = self._part
        if part.file is not None:
            said = part.headers.get("content-type", b"")
            content_type = said.decode("latin-1").partition(";")[0].strip().lower()
            upload = Upload(part.name, part.file, part.file_name, content_type)
            part.file = None
            self.files.append((part.name, self._made(upload)))
            return
        try:
            self.texts.append((part.name, part.text.decode()))
        except UnicodeDecodeError:
            raise Fault("invalid_value", param=part.name, reason="not valid UTF-8") from None

    def _end(self) -> None:
        self._ended = True

    # ---- the disk --------------------------------------------------------------------------

    def _flush(self, spool: Spool) -> None:
        if spool.is_flushing:
            if not self._is_held:
                self._is_held = True
                self._hold(True)
            return
        loop = asyncio.get_running_loop()
        flush = loop.run_in_executor(None, spool.begin_flush())
        spool.memory_bytes = _FLUSH_BYTES
        self._flushes.add(flush)
        flush.add_done_callback(partial(self._flushed, spool))

    def _flushed(self, spool: Spool, flush: asyncio.Future[None]) -> None:
        spool.end_flush()
        self._flushes.discard(flush)
        if flush.cancelled() or flush.exception() is not None:
            self._disk_fault = Fault("overloaded", retry_after=5)
        elif spool.is_due:
            self._flush(spool)
        if self._is_held and not self._flushes:
            self._is_held = False
            self._hold(False)


class FormHolder(Generic[File]):
    """Closes the form that came to be."""

    def __init__(self) -> None:
        self.form: UploadForm[File] | None = None

    def close(self) -> None:
        if self.form is not None:
            self.form.close()


def _parameters(value: bytes) -> Message:
    message = Message()
    # A header of a form is UTF-8 by today's rule, and the parser of mail headers wants text.
    message["content-disposition"] = (
        value.decode("utf-8", "replace").replace("\r", " ").replace("\n", " ")
    )
    return message
