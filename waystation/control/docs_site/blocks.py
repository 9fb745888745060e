"""What a page consists of, whether it is shown as HTML or as Markdown."""

from typing import Any

import msgspec

from waystation.control.docs_site.field_rows import FieldRow


class Heading(msgspec.Struct, frozen=True, tag=True):
    """level: 2 or 3. id: its anchor, also the outline's."""

    level: int
    id: str
    text: str


class Prose(msgspec.Struct, frozen=True, tag=True):
    """Markdown."""

    text: str


class Call(msgspec.Struct, frozen=True, tag=True):
    """The method's badge and the address. also: other addresses of the same call."""

    method: str
    url: str
    also: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, tag=True):
    """Cells are inline Markdown. ids: anchors of rows. find: with a field to filter rows by."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ids: tuple[str, ...] = ()
    find: str = ""


class Fields(msgspec.Struct, frozen=True, tag=True):
    """where: header, path, query, body, reply; with it paths are unique on a page."""

    where: str
    rows: tuple[FieldRow, ...]


class Code(msgspec.Struct, frozen=True, tag=True):
    """fence: the language's name to highlighters; "json" is JSON."""

    text: str
    fence: str
    title: str = ""


class Sample(msgspec.Struct, frozen=True, tag=True):
    """language, variant: their names; the titles are for people."""

    language: str
    language_title: str
    variant: str
    variant_title: str
    fence: str
    text: str


class Samples(msgspec.Struct, frozen=True, tag=True):
    samples: tuple[Sample, ...]


class Status(msgspec.Struct, frozen=True, tag=True):
    """One reply. blocks: what it says, with examples."""

    status: int
    text: str
    blocks: tuple[Any, ...]
    open: bool = False


class Try(msgspec.Struct, frozen=True, tag=True):
    """What the reader's own request begins with. params: (name, where, example). kind: what is done
    with the answer: "" shown, midjourney and suno polled, task polled."""

    method: str
    path: str
    params: tuple[tuple[str, str, str], ...]
    headers: tuple[tuple[str, str], ...]
    body: str
    form: tuple[tuple[str, str, bool], ...]
    kind: str
    key_header: str


class Import(msgspec.Struct, frozen=True, tag=True):
    """A link that opens a program, with a key of nobody's. wrapped: its `data` is in base64."""

    program: str
    link: str
    wrapped: bool


class Imports(msgspec.Struct, frozen=True, tag=True):
    links: tuple[Import, ...]


Block = Heading | Prose | Call | Table | Fields | Code | Samples | Status | Try | Imports
