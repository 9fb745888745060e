"""The items that a stored response was asked with, as a page."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from waystation.errors import Fault

LIMIT_DEFAULT = 20
LIMIT_MOST = 100
_PREFIXES = {"message": "msg", "function_call": "fc", "function_call_output": "fco"}
_TEXTS = {"assistant": "output_text"}
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Wanted(msgspec.Struct, frozen=True):
    """Which page. after: the id of the item that it begins behind."""

    limit: int = LIMIT_DEFAULT
    order: str = "desc"
    after: str = ""

    def query(self) -> str:
        """As an upstream that keeps the response is asked; `after` is a checked id."""
        tail = f"&after={self.after}" if self.after else ""
        return f"limit={self.limit}&order={self.order}{tail}"


def wanted(query: Mapping[str, Sequence[str]]) -> Wanted:
    """Out of an address's parameters. Raises Fault (400)."""
    limit = _last(query, "limit") or str(LIMIT_DEFAULT)
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit[:6]) <= LIMIT_MOST):
        raise Fault("invalid_value", param="limit", reason=f"expected 1 to {LIMIT_MOST}")
    order = _last(query, "order") or "desc"
    if order not in ("asc", "desc"):
        raise Fault("invalid_value", param="order", reason="expected 'asc' or 'desc'")
    after = _last(query, "after")
    if after and not (after.isascii() and after.replace("_", "a").replace("-", "a").isalnum()):
        raise Fault("invalid_value", param="after", reason="expected the id of an item")
    return Wanted(int(limit), order, after)


def _last(query: Mapping[str, Sequence[str]], name: str) -> str:
    return query.get(name, ("",))[-1]


def page(response_id: str, items: Sequence[msgspec.Raw], asked: Wanted) -> dict[str, Any]:
    """Of what we keep ourselves. items: in the order of the request. Raises Fault (400) for an
    `after` that is none of them."""
    told = [_told(response_id, place, _decode(item)) for place, item in enumerate(items)]
    if asked.order == "desc":
        told.reverse()
    if asked.after:
        places = [place for place, item in enumerate(told) if item["id"] == asked.after]
        if not places:
            raise Fault("invalid_value", param="after", reason="no item of this response")
        told = told[places[0] + 1 :]
    shown = told[: asked.limit]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": len(told) > len(shown),
    }


def _told(response_id: str, place: int, item: dict[str, Any]) -> dict[str, Any]:
    """An item with an id, always the same one, and a message's text as a part."""
    kind = str(item.get("type") or "message")
    mark = sha256(f"{response_id}/{place}".encode()).hexdigest()[:32]
    told = {"id": f"{_PREFIXES.get(kind, 'item')}_{mark}", **item, "type": kind}
    if kind == "message":
        told.setdefault("status", "completed")
        content = item.get("content")
        if isinstance(content, str):
            sort = _TEXTS.get(str(item.get("role")), "input_text")
            beside: dict[str, Any] = {"annotations": []} if sort == "output_text" else {}
            told["content"] = [{"type": sort, "text": content, **beside}]
    return told
