"""Balance probes of older clients: `…/dashboard/billing/subscription` and `…/usage`.

Their figures are the token's: what it was granted (in USD), what it used (in US cents).
"""

from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import msgspec

from waystation.edge.call import Call
from waystation.edge.language import language_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.identity.credentials import credential
from waystation.kernel.money import format_cents, format_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskToken, TokenState

_UNLIMITED_USD = 100_000_000


class Billing:
    """Handlers: `subscription` and `usage`. They work for expired and spent keys too."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def subscription(self, call: Call) -> None:
        try:
            caller, state = await self._asked(call, 0, 0)
        except Fault as fault:
            self._refuse(call, fault)
            return
        total = state.budget.total
        text = str(_UNLIMITED_USD) if total is None else format_usd(total)
        limit = msgspec.Raw(text.encode())
        send_json(
            call,
            {
                "object": "billing_subscription",
                "has_payment_method": True,
                "soft_limit_usd": limit,
                "hard_limit_usd": limit,
                "system_hard_limit_usd": limit,
                "access_until": (caller.expires_ms or 0) // 1000,
            },
        )

    async def usage(self, call: Call) -> None:
        try:
            from_ms, to_ms = self._range(call)
            _, state = await self._asked(call, from_ms, to_ms)
        except Fault as fault:
            self._refuse(call, fault)
            return
        spent = state.spent_range if from_ms or to_ms else state.spent
        cents = msgspec.Raw(format_cents(spent).encode())
        send_json(call, {"object": "list", "total_usage": cents})

    async def _asked(self, call: Call, from_ms: int, to_ms: int) -> tuple[Caller, TokenState]:
        site = self._site
        shown = credential(call.header, call.query)
        caller = site.authenticator.cached(shown) or await site.authenticator.find(shown)
        question = AskToken(call.request_id, caller.account_id, caller.token_id, from_ms, to_ms)
        try:
            state = await site.ledger.ask(question)
        except LedgerAway:
            raise Fault("temporarily_unavailable", retry_after=2) from None
        assert isinstance(state, TokenState)
        return caller, state

    def _range(self, call: Call) -> tuple[int, int]:
        """Days in the operator's time zone; end_date is included."""
        asked = parse_qs(call.query)
        zone = ZoneInfo(self._site.settings.time_zone)
        first = _day(asked, "start_date", zone)
        last = _day(asked, "end_date", zone)
        from_ms = 0 if first is None else _millis(first)
        to_ms = 0 if last is None else _millis(last + timedelta(days=1))
        return from_ms, to_ms

    def _refuse(self, call: Call, fault: Fault) -> None:
        send_fault(call, fault, "openai", language_of(call, self._site.settings.language))


def _day(asked: dict[str, list[str]], name: str, zone: ZoneInfo) -> datetime | None:
    text = asked.get(name, [""])[0]
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time.min, zone)
    except (ValueError, OverflowError):
        raise Fault("invalid_value", param=name, reason="a date like 2026-01-31") from None


def _millis(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
