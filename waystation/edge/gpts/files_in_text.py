"""Files that stand in plain text by their addresses, for upstreams that take them as parts.

The last user turn's addresses are cut out, fetched through the egress guard and put behind its
text: pictures and other files as parts, texts as text. An address with a file's name must be had;
any other is left in the text when it leads to no file.
"""

import asyncio
from base64 import b64encode
from typing import Any

import msgspec

from waystation.artefacts.media_types import DOCUMENTS, TEXT, VISION, MediaType
from waystation.dialects.gpts.addresses import Address, addresses, name_of
from waystation.dialects.gpts.names import is_one
from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.openai_chat.request import parse as parse_chat
from waystation.edge.call import Call
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object, rebuild
from waystation.upstream.fetching import Fetched, Wanted

FILES_MAX = 10
"""Named in one turn, in all its parts."""
PAGES_MAX = 10
"""Addresses without a file's name: so many of a turn are looked at, the rest stay text."""
TEXT_CHARACTERS_MAX = 400_000
_decode = msgspec.json.Decoder().decode
_decode_turns = msgspec.json.Decoder(list[msgspec.Raw]).decode


def takes_parts(asked: str, upstream_model: str) -> bool:
    """A model of this sort, served by one of another: its files must be parts."""
    return is_one(asked) and not is_one(upstream_model)


async def with_files(site: Site, call: Call, operation: ChatOperation) -> ChatOperation:
    """The same request with its files as parts; itself where there are none. Raises Fault (400)."""
    fields = read_object(operation.body)
    try:
        turns = _decode_turns(fields["messages"])
        at, turn = _last_user(turns)
    except (KeyError, msgspec.DecodeError, LookupError):
        return operation
    parts = await _parts(site, turn.get("content"), f"messages[{at}].content")
    if parts is None:
        return operation
    turns[at] = raw_of({**turn, "content": parts})
    body = rebuild(fields, {"messages": raw_of(turns)})
    return parse_chat(body, call.header, choices_max=site.settings.choices_max)


def _last_user(turns: list[msgspec.Raw]) -> tuple[int, dict[str, Any]]:
    """Raises LookupError."""
    for at in range(len(turns) - 1, -1, -1):
        turn = _decode(turns[at])
        if isinstance(turn, dict) and turn.get("role") == "user":
            return at, turn
    raise LookupError("no user turn")


async def _parts(site: Site, content: Any, param: str) -> list[Any] | None:
    """None: nothing is to be fetched."""
    given = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(given, list):
        return None
    made: list[Any] = []
    found_any = False
    named = pages = 0
    for part in given:
        text = part.get("text") if isinstance(part, dict) else None
        found = _looked_at(addresses(text) if isinstance(text, str) else [], PAGES_MAX - pages)
        named += sum(each.is_file for each in found)
        pages += sum(not each.is_file for each in found)
        if named > FILES_MAX:
            raise Fault("invalid_value", param=param, reason=f"at most {FILES_MAX} files")
        files = await asyncio.gather(*(_fetched(site, each, param) for each in found))
        if not isinstance(text, str) or not any(files):
            made.append(part)
            continue
        found_any = True
        pairs = [(each, file) for each, file in zip(found, files, strict=True) if file is not None]
        rest = _without(text, [each for each, _ in pairs])
        made += [{**part, "text": rest}] if rest else []
        made += [_part(each, file) for each, file in pairs]
    return made if found_any else None


def _looked_at(found: list[Address], pages: int) -> list[Address]:
    """All files, and so many addresses of pages."""
    kept = []
    for each in found:
        if each.is_file or pages > 0:
            kept.append(each)
            pages -= not each.is_file
    return kept


async def _fetched(site: Site, address: Address, param: str) -> Fetched | None:
    """Raises Fault (400) for a file that was named and cannot be had."""
    wanted = Wanted("caller", types=VISION | DOCUMENTS | TEXT, param=param)
    try:
        return await site.fetcher.fetch(address.url, wanted)
    except Fault:
        if address.is_file:
            raise
        return None


def _without(text: str, found: list[Address]) -> str:
    for each in reversed(found):
        text = f"{text[: each.start].rstrip()} {text[each.end :].lstrip()}"
    return text.strip()


def _part(address: Address, file: Fetched) -> dict[str, Any]:
    kind: MediaType = file.media_type
    if kind in VISION:
        return {"type": "image_url", "image_url": {"url": _data_url(kind, file.data)}}
    name = name_of(address.url)
    if kind.name.startswith("text/") or kind in TEXT:
        text = file.data.decode("utf-8-sig", "replace")[:TEXT_CHARACTERS_MAX]
        return {"type": "text", "text": f"File {name}:\n\n{text}"}
    return {"type": "file", "file": {"filename": name, "file_data": _data_url(kind, file.data)}}


def _data_url(kind: MediaType, data: bytes) -> str:
    return f"data:{kind.name};base64,{b64encode(data).decode('ascii')}"
