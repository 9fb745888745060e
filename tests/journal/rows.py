"""Log rows for the journal's tests."""

from typing import Any

import msgspec

from waystation.journal.row import AttemptRow, Facts, Row

FACTS = Facts(
    request_id="req-1",
    created_ms=1_731_000_000_000,
    account_id=12,
    token_id=34,
    token_name="laptop",
    operation="chat",
    dialect="openai_chat",
    model="gpt-4o-mini",
    stream=True,
    peer="10.0.0.1",
    client="OpenAI/Python 1.2.3",
    group="default",
    price_version="2026-01-01",
    rate="1",
)
ATTEMPT = AttemptRow(3, "north", 1, "default", "gpt-4o-mini", "answered", 200, "", 0, 120)


def row(facts: dict[str, Any] | None = None, **changes: Any) -> Row:
    """A served, streamed chat request, with changes."""
    fields: dict[str, Any] = {
        "facts": msgspec.structs.replace(FACTS, **(facts or {})),
        "status": 200,
        "end": "complete",
        "group": "default",
        "channel_id": 3,
        "upstream_model": "gpt-4o-mini",
        "nanos": 12_345,
        "input_tokens": 10,
        "output_tokens": 20,
        "attempts": (ATTEMPT,),
        "first_millis": 100,
        "total_millis": 300,
    }
    return Row(**(fields | changes))
