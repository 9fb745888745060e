"""GET /api/log/token: a key's latest requests, newest first (relay-api 18.2)."""

from fastapi import Request
from fastapi.responses import Response

from waystation.control.guards import services_of
from waystation.control.replies import json_reply
from waystation.control.token_owner import TokenOwner
from waystation.errors import Fault
from waystation.journal.row import Row
from waystation.kernel.ids import request_id
from waystation.kernel.money import legacy_units
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskPage, PageState

ROWS_MAX = 100
_CONSUMED, _FAILED = 2, 5
"""Types of log lines as clients of this family know them."""


async def show(request: Request) -> Response:
    """Raises Fault for a page_size that is none; LedgerAway."""
    owner: TokenOwner = request.state.token
    asked = AskPage(
        id=request_id(),
        account_id=owner.account_id,
        token_id=owner.token_id,
        count=_count(request),
    )
    page = await services_of(request).ledger.ask(asked)
    if not isinstance(page, PageState):
        raise LedgerAway("an answer to another question")
    return json_reply({"success": True, "message": "", "data": [line_of(row) for row in page.rows]})


def _count(request: Request) -> int:
    text = request.query_params.get("page_size", str(ROWS_MAX // 2))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= ROWS_MAX:
        raise Fault("invalid_value", param="page_size", reason=f"1 to {ROWS_MAX}")
    return int(text)


def line_of(row: Row) -> dict[str, object]:
    """As clients of this family read it."""
    facts = row.facts
    return {
        "request_id": facts.request_id,
        "created_at": facts.created_ms // 1000,
        "type": _FAILED if row.code else _CONSUMED,
        "content": row.reason or row.code,
        "token_name": facts.token_name,
        "model_name": facts.model,
        "group": row.group or facts.group,
        "quota": legacy_units(row.nanos),
        "nanos": str(row.nanos),
        "prompt_tokens": row.input_tokens,
        "completion_tokens": row.output_tokens,
        "use_time": -(-row.total_millis // 1000),
        "is_stream": facts.stream,
    }
