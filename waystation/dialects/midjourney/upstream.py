"""What a proxy of the family answers, read leniently: each writes it a little otherwise.

The differences seen: ids as numbers or left out, progress as text ("", "Waiting to start",
"Paused"), times in seconds, buttons null, a task under `result`, an empty body with status 200
for a task it does not know, status 400 or 404 with code 3.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from waystation.dialects.midjourney.buttons import Button
from waystation.dialects.midjourney.queries import id_of
from waystation.dialects.midjourney.task_object import ORDER, Status

_decode = msgspec.json.Decoder().decode
_BUTTONS_MAX = 40
_ID_CHARACTERS_MAX = 128
_CUSTOM_ID_CHARACTERS_MAX = 500
_LABEL_CHARACTERS_MAX = 100
_LINK_CHARACTERS_MAX = 8192
_ALIASES: Mapping[str, Status] = {
    "PENDING": "NOT_START",
    "QUEUED": "NOT_START",
    "RUNNING": "IN_PROGRESS",
    "PROCESSING": "IN_PROGRESS",
    "SUCCEEDED": "SUCCESS",
    "COMPLETED": "SUCCESS",
    "FAILED": "FAILURE",
    "ERROR": "FAILURE",
    "CANCELLED": "CANCEL",
    "CANCELED": "CANCEL",
}


class Malformed(Exception):
    """Not what this protocol answers."""


class Submitted(msgspec.Struct, frozen=True):
    """The answer to a submit. result: ids or links, () none."""

    code: int
    description: str = ""
    result: tuple[str, ...] = ()
    properties: Mapping[str, Any] = {}

    @property
    def exists(self) -> bool:
        """The older meaning of 21: such an upscale is there already."""
        return self.code == 21 and "status" in self.properties


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A task as its upstream tells it. progress: percent, None where it is told in no number.
    id: "" where it was left out. status: None for one that we do not know. state: of its
    submit, echoed."""

    id: str
    status: Status | None
    progress: int | None
    image_url: str
    image_urls: tuple[str, ...]
    video_url: str
    buttons: tuple[Button, ...]
    fail_reason: str
    description: str
    prompt: str
    prompt_en: str
    properties: Mapping[str, Any]
    state: str = ""


def read_submitted(body: bytes) -> Submitted:
    """Raises Malformed."""
    value = _object(body)
    code = value.get("code")
    if isinstance(code, str) and code.strip().lstrip("-").isdecimal() and len(code) < 6:
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int):
        raise Malformed("no code")
    properties = value.get("properties")
    return Submitted(
        code,
        _text(value.get("description")),
        tuple(_results(value.get("result"))),
        properties if isinstance(properties, dict) else {},
    )


def read_seen(body: bytes) -> Seen | None:
    """A fetched task; None for the ways of saying that there is none. Raises Malformed."""
    if not body.strip() or body.strip() == b"null":
        return None
    value = _object(body)
    inner = value.get("result")
    if "status" not in value and isinstance(inner, dict) and "status" in inner:
        value = inner
    if "status" not in value:
        if "code" in value or "error" in value or not value:
            return None
        raise Malformed("no status")
    return seen_of(value)


def read_list(body: bytes) -> list[Seen]:
    """Raises Malformed. What is no task in the list is passed over."""
    if not body.strip() or body.strip() == b"null":
        return []
    value = _value(body)
    if isinstance(value, dict):
        value = next((value[n] for n in ("result", "data", "list") if n in value), None)
        value = [] if value is None else value
    if not isinstance(value, list):
        raise Malformed("no list")
    return [seen_of(each) for each in value if isinstance(each, dict) and each.get("id")]


def read_seed(body: bytes) -> str:
    """The seed as digits, "" when it is not told. Raises Malformed."""
    value = _object(body)
    seed = value.get("result", value.get("seed"))
    text = id_of(seed)
    return text if text.isdecimal() else ""


def seen_of(value: Mapping[str, Any]) -> Seen:
    properties = value.get("properties")
    return Seen(
        id=_id(value.get("id")),
        status=_status(value.get("status")),
        progress=progress_of(value.get("progress")),
        image_url=_link(value.get("imageUrl")),
        image_urls=tuple(_links(value.get("imageUrls"))),
        video_url=_link(value.get("videoUrl")),
        buttons=tuple(_buttons(value.get("buttons"))),
        fail_reason=_text(value.get("failReason")),
        description=_text(value.get("description")),
        prompt=_lines(_text(value.get("prompt"))),
        prompt_en=_lines(_text(value.get("promptEn"))),
        properties=properties if isinstance(properties, dict) else {},
        state=_text(value.get("state")),
    )


def progress_of(value: Any) -> int | None:
    """`"37%"`, 37, 0.37 is 0; None for words."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        digits = value.strip().removesuffix("%").strip().partition(".")[0]
        if not (digits.isascii() and digits.isdecimal()) or len(digits) > 3:
            return None
        value = int(digits)
    if isinstance(value, int | float) and 0 <= value <= 100:
        return int(value)
    return None


def _status(value: Any) -> Status | None:
    name = value.strip().upper() if isinstance(value, str) else ""
    if name in ORDER:
        return name  # type: ignore[return-value]  # a key of ORDER
    return _ALIASES.get(name)


def _results(value: Any) -> Iterator[str]:
    """PicReader all gives several ids with commas, uploads a list of links."""
    if isinstance(value, list):
        for each in value:
            if text := _link(each) or id_of(each):
                yield text
    elif isinstance(value, str):
        if value.startswith(("http://", "https://")):
            yield value
            return
        yield from filter(None, map(_id, value.split(",")))
    elif found := id_of(value):
        yield found


def _buttons(value: Any) -> Iterator[Button]:
    """Unknown ones too: they are pressed where they came from."""
    for each in value[:_BUTTONS_MAX] if isinstance(value, list) else ():
        custom_id = _text(each.get("customId")) if isinstance(each, dict) else ""
        if 0 < len(custom_id) <= _CUSTOM_ID_CHARACTERS_MAX:
            yield Button(
                custom_id,
                _text(each.get("emoji"))[:_LABEL_CHARACTERS_MAX],
                _text(each.get("label"))[:_LABEL_CHARACTERS_MAX],
                _small(each.get("type")),
                _small(each.get("style")),
            )


def _small(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 100 else 2


def _links(value: Any) -> Iterator[str]:
    for each in value[:_BUTTONS_MAX] if isinstance(value, list) else ():
        if link := _link(each.get("url") if isinstance(each, dict) else each):
            yield link


def _link(value: Any) -> str:
    text = _text(value)
    return text if len(text) <= _LINK_CHARACTERS_MAX else ""


def _id(value: Any) -> str:
    """As ours, and longer ones, which some make of words."""
    if isinstance(value, str):
        text = value.strip()
        return text if len(text) <= _ID_CHARACTERS_MAX else ""
    return id_of(value)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(body: bytes) -> dict[str, Any]:
    value = _value(body)
    if not isinstance(value, dict):
        raise Malformed("no object")
    return value


def _value(body: bytes) -> Any:
    try:
        return _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from None
