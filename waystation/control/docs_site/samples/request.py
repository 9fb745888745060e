"""A request as a sample shows it, and how texts are quoted in programs."""

import json
from collections.abc import Callable
from typing import Any

import msgspec


class Part(msgspec.Struct, frozen=True):
    """Of a form: a text, or a file's name."""

    name: str
    text: str = ""
    file: str = ""


class SampleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """method: in capitals. headers: without Content-Type. json: None without such a body; form: the
    same as parts. streamed: the reply comes bit by bit. saves: the file that a reply of bytes is
    written to, or ""."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    json: Any = None
    form: tuple[Part, ...] = ()
    streamed: bool = False
    saves: str = ""

    @property
    def all_headers(self) -> tuple[tuple[str, str], ...]:
        """With the Content-Type of JSON; that of a form is the client's to set."""
        more = (("Content-Type", "application/json"),) if self.json is not None else ()
        return self.headers + more

    @property
    def origin(self) -> str:
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.partition('/')[0]}"

    @property
    def target(self) -> str:
        """Path and query."""
        return self.url[len(self.origin) :] or "/"


class Variant(msgspec.Struct, frozen=True):
    """One way to write it. fence: the language's name to highlighters. write: None where this
    library cannot do it."""

    name: str
    title: str
    fence: str
    write: Callable[[SampleRequest], str | None]


class Language(msgspec.Struct, frozen=True):
    name: str
    title: str
    variants: tuple[Variant, ...]


def pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def quoted(text: str) -> str:
    """In double quotes, with the escapes that the languages of C's family share."""
    return json.dumps(text, ensure_ascii=False)


def single(text: str) -> str:
    """In single quotes, where only those and backslashes are escaped."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def indented(text: str, by: int) -> str:
    """All lines but the first."""
    return text.replace("\n", "\n" + " " * by)


def lines(*several: str | None) -> str:
    return "\n".join(line for line in several if line is not None) + "\n"


BOUNDARY = "waystation-form"
WAIT_SECONDS = 300
"""For languages whose clients give up earlier of themselves: pictures and songs take minutes."""


def by_hand(parts: tuple[Part, ...]) -> list[tuple[str, str]]:
    """(head, text or file name) of each part, for languages whose libraries know no forms."""
    made = []
    for part in parts:
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part.name}"'
        if part.file:
            head += f'; filename="{part.file}"\r\nContent-Type: application/octet-stream'
        made.append((head + "\r\n\r\n", part.file or part.text))
    return made
