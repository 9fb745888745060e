"""Which tasks a list asks for: JSON, a form, multipart; ids as strings or numbers."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from waystation.dialects.midjourney.body import Body
from waystation.dialects.midjourney.outcome import Declined

IDS_MAX = 1000
_NAMES = frozenset({"ids", "ids[]"})
_ID_CHARACTERS_MAX = 32


def read_ids(body: bytes, content_type: str) -> list[str]:
    """Each once, in order, at most IDS_MAX; [] for null, missing, empty and what is no id.

    Raises Fault (400) for a body that is neither JSON nor a form."""
    kind = content_type.partition(";")[0].strip().lower()
    if not body.strip():
        return []
    if kind == "application/x-www-form-urlencoded":
        found = _of_form(body)
    elif kind == "multipart/form-data":
        found = _of_parts(body, content_type)
    else:
        found = _of_json(body)
    return list(dict.fromkeys(found))[:IDS_MAX]


def id_of(value: Any) -> str:
    """One id as text, "" for what cannot be one."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer() and 0 < value < 1e17:
        return str(int(value))
    if isinstance(value, int):
        return str(value) if 0 < value < 10**18 else ""
    text = value.strip() if isinstance(value, str) else ""
    return text if len(text) <= _ID_CHARACTERS_MAX else ""


def _of_json(body: bytes) -> Iterator[str]:
    if body.lstrip()[:1] == b"[":  # some clients send the bare list
        body = b'{"ids":' + body + b"}"
    try:
        value = Body(body).value("ids")
    except Declined:
        return
    yield from _of_value(value)


def _of_value(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        for part in value.split(","):
            if found := id_of(part):
                yield found
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, list):
                continue
            yield from _of_value(each) if isinstance(each, str) else filter(None, (id_of(each),))
    elif value is not None and (found := id_of(value)):
        yield found


def _of_form(body: bytes) -> Iterator[str]:
    for name, value in parse_qsl(body.decode("utf-8", "replace"), max_num_fields=IDS_MAX * 2):
        if name in _NAMES:
            yield from _of_value(_unwrapped(value))


def _of_parts(body: bytes, content_type: str) -> Iterator[str]:
    """Of a small multipart body; parts that are not ids are passed over."""
    boundary = _boundary(content_type)
    if not boundary:
        return
    for part in body.split(b"--" + boundary)[1 : IDS_MAX * 2]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.decode("latin-1").partition('name="')[2].partition('"')[0]
        if name in _NAMES:
            yield from _of_value(_unwrapped(value.rstrip(b"\r\n-").decode("utf-8", "replace")))


def _boundary(content_type: str) -> bytes:
    for field in content_type.split(";")[1:]:
        name, _, value = field.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip('"').encode("latin-1", "replace")
    return b""


def _unwrapped(value: str) -> Any:
    """A form's field may hold the list as JSON."""
    if value.lstrip().startswith("["):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return ""
    return value
