"""Orders as they are shown."""

from datetime import datetime
from typing import Any

import msgspec
import segno

from waystation.control.desk.pages import at, at_or_none
from waystation.control.top_ups.amounts import format_amount
from waystation.control.top_ups.orders import Provider, State
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd


class TopUpView(msgspec.Struct, frozen=True):
    """amount: what is paid, in the currency. credit: USD. url: where it can be paid, while it is
    pending. code_image: a data: URL, where the url is no page but a code for an app to scan; "":
    it is a page. problem: why a message about it was not believed, for operators."""

    number: str
    account_id: int
    provider: Provider
    method: str
    state: State
    currency: str
    amount: str
    credit: str
    reference: str
    url: str
    code_image: str
    note: str
    problem: str
    created_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    refunded_at: datetime | None


def top_up_view(row: Any, *, operator: bool) -> TopUpView:
    late = row.state == "pending" and row.expires_ms <= now_ms()
    url = row.url if row.state == "pending" and not late else ""
    return TopUpView(
        number=row.number,
        account_id=row.account_id,
        provider=row.provider,
        method=row.method,
        state="expired" if late else row.state,
        currency=row.currency,
        amount=format_amount(row.minor, row.currency),
        credit=format_usd(row.nanos),
        reference=row.reference if operator else "",
        url=url,
        code_image=_code_image(url),
        note=row.note,
        problem=row.problem if operator else "",
        created_at=at(row.created_ms),
        expires_at=at_or_none(row.expires_ms),
        paid_at=at_or_none(row.paid_ms),
        refunded_at=at_or_none(row.refunded_ms),
    )


def _code_image(url: str) -> str:
    """Apps have addresses of their own, like weixin://."""
    if not url or url.startswith(("https://", "http://")):
        return ""
    return str(segno.make(url, error="m").svg_data_uri(scale=4, border=2))
