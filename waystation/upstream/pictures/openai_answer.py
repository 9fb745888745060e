"""An answer of OpenAI's image API, read: pictures, usage, or the fault that stands in it."""

from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.meter.pictures import read_picture_usage
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.data_url import read_data_url
from waystation.upstream.pictures.data_address import read_base64
from waystation.upstream.pictures.port import Picture, Pictures
from waystation.upstream.pictures.refusals import judge_openai, nonsense

_ABSENT = msgspec.Raw()
BYTES_MAX = 64 * 1024 * 1024
"""Of one picture; the reply as a whole is bounded by its own setting."""
SHOWN = ("size", "quality", "background", "output_format")


class Item(msgspec.Struct):
    """One entry of `data`; relays of other vendors add what theirs tell."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None
    seed: Any = None
    is_image_safe: bool | None = None


class _Answer(msgspec.Struct):
    id: Any = None
    data: list[Item] | None = None
    usage: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT
    size: msgspec.Raw = _ABSENT
    quality: msgspec.Raw = _ABSENT
    background: msgspec.Raw = _ABSENT
    output_format: msgspec.Raw = _ABSENT


_decode = msgspec.json.Decoder(_Answer).decode


def read_answer(body: bytes, secrets: tuple[str, ...]) -> Pictures:
    """Raises AttemptFailed: an error inside a 200, HTML, no picture at all."""
    try:
        answer = _decode(body)
    except msgspec.ValidationError:
        raise nonsense("an answer of an unknown shape") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise nonsense("not JSON") from None
    if answer.data is None or (answer.error and bytes(answer.error) != b"null"):
        fault = judge_openai(200, body, secrets) or read_error(200, body, secrets)
        raise AttemptFailed(fault, status=200)
    items = _pictures(answer.data)
    told = bool(answer.usage) and bytes(answer.usage) != b"null"
    return Pictures(
        items=items,
        usage=read_picture_usage(answer.usage) if told else None,
        raw_usage=answer.usage if told else None,
        shown={name: getattr(answer, name) for name in SHOWN if getattr(answer, name)},
        upstream_id=answer.id if isinstance(answer.id, str) else "",
    )


def _pictures(entries: list[Item]) -> tuple[Picture, ...]:
    """Entries without a picture are left out as long as another has one."""
    items: list[Picture] = []
    failed = nonsense("an answer without a picture")
    for entry in entries:
        try:
            items.append(picture_of(entry))
        except AttemptFailed as none:
            failed = none
    if not items:
        raise failed
    return tuple(items)


def picture_of(item: Item) -> Picture:
    """Raises AttemptFailed for an entry that holds no picture."""
    seed = item.seed if isinstance(item.seed, int) and not isinstance(item.seed, bool) else None
    if item.is_image_safe is False:
        return Picture(blocked=True, seed=seed)
    data, address = None, None
    try:
        if item.b64_json:
            data = _bytes_of(item.b64_json)
        elif item.url and item.url[:5].lower() == "data:":
            data = read_data_url(item.url, BYTES_MAX)
        else:
            address = item.url
    except ValueError as error:
        raise nonsense(f"a picture that cannot be read: {error}") from None
    if not data and not address:
        raise nonsense("an entry without its picture")
    return Picture(data=data, address=address, revised_prompt=item.revised_prompt, seed=seed)


def _bytes_of(text: str) -> bytes:
    """Some put a whole data: address where base64 belongs."""
    return read_data_url(text, BYTES_MAX) if text[:5].lower() == "data:" else read_base64(text)
