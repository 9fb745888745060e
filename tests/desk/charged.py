"""Requests that were charged, as the log has them."""

from typing import Any

from tests.control.conftest import Console
from tests.ledger.scene import facts, hold, row
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Admitted, Resolve


async def request(console: Console, name: str, account: int, token: int, **more: Any) -> None:
    """One request that was charged 1,000,000 nanos, or failed."""
    about = facts(
        request_id=name,
        account_id=account,
        token_id=token,
        created_ms=now_ms(),
        token_name=more.pop("token_name", "laptop"),
        model=more.pop("model", "gpt-4o"),
        stream=more.pop("stream", False),
    )
    made = hold(f"hold-{name}", 10**6, account=account, token=token, facts=about)
    assert isinstance(await console.ledger.admit(made), Admitted)
    nanos = 0 if more.get("code") else 10**6
    parts = b"" if more.get("code") else b'[["input_fresh",400,"2.5"]]'
    told = row(made, nanos=nanos, cost_nanos=nanos // 2, parts=parts, **more)
    kind = "post" if nanos else "void"
    await console.ledger.settle(Resolve(made.id, kind, nanos, True, 100, told))
