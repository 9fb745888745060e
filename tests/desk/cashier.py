"""A payment provider on a real socket: it checks what it is asked, signs, forges, repeats."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import aiohttp.web

STRIPE_KEY = "sk_test_of_theirs"
HOOK_SECRET = "whsec_of_theirs"
MERCHANT = "1001"
MERCHANT_KEY = "merchant key of theirs"


def md5_sign(told: dict[str, str], key: str = MERCHANT_KEY) -> dict[str, str]:
    """As EasyPay's documents have it."""
    names = sorted(name for name in told if told[name] and name not in ("sign", "sign_type"))
    plain = "&".join(name + "=" + told[name] for name in names) + key
    return told | {"sign": hashlib.md5(plain.encode()).hexdigest(), "sign_type": "MD5"}


class Cashier:
    def __init__(self) -> None:
        self.address = ""
        self.asked: list[dict[str, str]] = []
        self.broken = False

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.broken:
            return aiohttp.web.json_response({"error": {"message": "no"}}, status=402)
        if request.path == "/v1/checkout/sessions":
            assert request.headers["authorization"] == f"Bearer {STRIPE_KEY}"
            assert request.headers["idempotency-key"]
            number = form["client_reference_id"]
            told = {"id": f"cs_{number}", "url": f"{self.address}/pay/{number}", "object": "x"}
            return aiohttp.web.json_response(told)
        assert request.path == "/mapi.php"
        assert form == md5_sign(form)
        told = {"code": 1, "trade_no": "T1", "payurl": f"{self.address}/scan"}
        if form["type"] == "wxpay":
            told = {"code": 1, "trade_no": "T2", "qrcode": "weixin://wxpay/bizpayurl?pr=x"}
        return aiohttp.web.json_response(told)

    def event(self, number: str, **more: Any) -> dict[str, Any]:
        session = {
            "id": f"cs_{number}",
            "object": "checkout.session",
            "client_reference_id": number,
            "amount_total": 1000,
            "currency": "cny",
            "payment_status": "paid",
        }
        kind = more.pop("type", "checkout.session.completed")
        return {"id": "evt_1", "type": kind, "data": {"object": session | more}}


def stripe_call(event: Any, at: int, secret: str = HOOK_SECRET) -> tuple[bytes, dict[str, str]]:
    """(body, headers)."""
    body = json.dumps(event).encode()
    shown = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"stripe-signature": f"t={at},v1={'0' * 64},v1={shown},v0=old"}


def easypay_notice(url: str, **more: str) -> str:
    """The query of a notice about the order whose page this is."""
    asked = dict(parse_qsl(urlsplit(url).query))
    assert asked == md5_sign(asked)
    told = {name: asked[name] for name in ("pid", "out_trade_no", "type", "name", "money")}
    told |= {"trade_no": "2026-1", "trade_status": "TRADE_SUCCESS", "param": ""} | more
    return urlencode(md5_sign(told))


@asynccontextmanager
async def open_cashier() -> AsyncIterator[Cashier]:
    made = Cashier()
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()
