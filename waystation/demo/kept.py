"""The demo's memory of its responses, as a vendor that speaks Responses has one.

One a process: the demo has no store. What it forgot, or another process said, is a 404."""

from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs

KEPT_MAX = 256
ASKED_BYTES_MAX = 64 * 1024
"""Who asked more than this is not remembered: a demo takes little room."""
_MISSING = "the demo no longer has this response"


class KeptResponses:
    """The last `KEPT_MAX` of them, each with what it was asked."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[dict[str, Any], list[Any]]] = OrderedDict()

    def keep(self, response: dict[str, Any], asked: Any) -> None:
        """asked: the request's input, a string or items."""
        items = [{"type": "message", "role": "user", "content": asked}]
        if isinstance(asked, list):
            items = [item for item in asked if isinstance(item, dict)]
        self._kept[response["id"]] = (response, items)
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def answer(self, method: str, target: str) -> tuple[int, dict[str, Any]]:
        """GET and DELETE …/responses/{id}, GET …/{id}/input_items: a status and its body."""
        path, _, query = target.partition("?")
        identity, _, tail = path.partition("/responses/")[2].partition("/")
        found = self._kept.get(identity)
        if found is None:
            error = {"message": _MISSING, "type": "invalid_request_error", "param": None}
            return 404, {"error": {**error, "code": "response_not_found"}}
        if method == "DELETE":
            del self._kept[identity]
            return 200, {"id": identity, "object": "response", "deleted": True}
        response, items = found
        return 200, _page(identity, items, query) if tail == "input_items" else response


def _page(identity: str, items: list[Any], query: str) -> dict[str, Any]:
    asked = parse_qs(query)
    told = [{"id": f"msg_{identity[5:]}_{place}", **item} for place, item in enumerate(items)]
    if asked.get("order", ["desc"])[-1] == "desc":
        told.reverse()
    after = asked.get("after", [""])[-1]
    start = next((place + 1 for place, one in enumerate(told) if one["id"] == after), 0)
    shown = told[start : start + int(asked.get("limit", ["20"])[-1])]
    return {
        "object": "list",
        "data": shown,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
        "has_more": start + len(shown) < len(told),
    }
