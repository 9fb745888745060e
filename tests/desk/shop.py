"""A shop for top-ups: who buys, who sells, and the providers' cashier."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.control.conftest import Console
from tests.desk.cashier import (
    HOOK_SECRET,
    MERCHANT,
    MERCHANT_KEY,
    STRIPE_KEY,
    Cashier,
    open_cashier,
    stripe_call,
)
from tests.desk.conftest import Caller, signed_in
from waystation.control.top_ups.audit import cross_audit
from waystation.kernel.clock import now_ms
from waystation.ledger.questions import AskAudit, AuditState

EASYPAY = "/api/v1/top-ups/easypay"
STRIPE = "/api/v1/top-ups/stripe"
TERMS = {"currency": "CNY", "rate": "5", "packages": [{"amount": "100", "credit": "25"}]}


class Shop:
    """Somebody who buys, and who sells."""

    def __init__(self, console: Console, boss: Caller, ada: Caller, cashier: Cashier) -> None:
        self.console, self.boss, self.ada, self.cashier = console, boss, ada, cashier

    async def stripe(self, event: Any, secret: str = HOOK_SECRET, late: int = 0) -> int:
        body, headers = stripe_call(event, now_ms() // 1000 - late, secret)
        return (await self.console.call("POST", STRIPE, headers, data=body)).status

    async def told(self, query: str, method: str = "GET") -> tuple[int, str]:
        if method == "GET":
            reply = await self.console.call("GET", f"{EASYPAY}?{query}")
        else:
            kind = {"content-type": "application/x-www-form-urlencoded"}
            reply = await self.console.call("POST", EASYPAY, kind, data=query.encode())
        return reply.status, (await reply.text())

    async def order(self, provider: str, amount: str = "10", **more: Any) -> Any:
        body = {"provider": provider, "amount": amount, **more}
        return await self.ada.ok("POST", "/api/v1/me/top-ups", body)

    async def balance(self) -> str:
        return str((await self.ada.get("/api/v1/me"))["balance"])

    async def state(self, made: Any) -> Any:
        return await self.ada.get(f"/api/v1/me/top-ups/{made['number']}")

    async def clean(self) -> None:
        told = await self.console.ledger.ask(AskAudit("a"))
        assert isinstance(told, AuditState)
        assert json.loads(told.report)["clean"] is True
        assert await cross_audit(self.console.store, self.console.ledger.ask, 0) == []


async def opened(console: Console, cashier: Cashier) -> Shop:
    services = console.services
    public = {"public_url": "https://relay.example"}
    services.settings = services.settings.model_copy(update=public)
    boss = await signed_in(console, "boss@example.com", role="operator")
    ada = await signed_in(console, "ada@example.com")
    await boss.ok("PUT", "/api/v1/settings/top-ups", TERMS)
    here = {"base_url": cashier.address, "allow_private": True}
    stripe = here | {"key": STRIPE_KEY, "webhook_secret": HOOK_SECRET}
    await boss.ok("PATCH", "/api/v1/settings/payment-providers/stripe", stripe)
    easypay = here | {"key": MERCHANT_KEY, "merchant": MERCHANT, "methods": ["alipay", "wxpay"]}
    told = await boss.ok("PATCH", "/api/v1/settings/payment-providers/easypay", easypay)
    assert [each["ready"] for each in told["providers"]] == [True, True]
    assert told["problem"] == ""
    assert MERCHANT_KEY not in json.dumps(told)
    return Shop(console, boss, ada, cashier)


@pytest.fixture
async def cashier() -> AsyncIterator[Cashier]:
    async with open_cashier() as made:
        yield made


@pytest.fixture
async def shop(console: Console, cashier: Cashier) -> Shop:
    return await opened(console, cashier)
