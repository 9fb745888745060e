"""Stripe: a checkout session is asked for, and its events are believed by their signature alone."""

import hmac
from hashlib import sha256
from typing import Any

import msgspec

from waystation.control.outward import OutwardFault, ask_json
from waystation.control.top_ups.notice import NotBelieved, Opened
from waystation.control.top_ups.orders import PAY_SECONDS
from waystation.settings import Settings

BASE_URL = "https://api.stripe.com"
TOLERANCE_SECONDS = 300
"""How old a signature may be, so that one that was overheard is soon worth nothing."""
_PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
_RETURNED = ("charge.refunded", "charge.dispute.funds_withdrawn")
_OVER = ("checkout.session.expired", "checkout.session.async_payment_failed")


class Session(msgspec.Struct, frozen=True):
    id: str
    client_reference_id: str | None = None
    amount_total: int | None = None
    currency: str | None = None
    payment_status: str = ""
    payment_intent: str | None = None


class Returned(msgspec.Struct, frozen=True):
    """A charge of which money went back, or a dispute that took it. amount_refunded: of a charge,
    in all so far. amount: of a dispute, what it took."""

    object: str
    currency: str
    amount: int
    payment_intent: str | None = None
    amount_refunded: int = 0

    @property
    def minor(self) -> int:
        return self.amount_refunded if self.object == "charge" else self.amount


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw


class Event(msgspec.Struct, frozen=True):
    type: str
    data: _Data

    @property
    def says_paid(self) -> bool:
        """The first of these may come before the money: see the session's payment_status."""
        return self.type in _PAID

    @property
    def says_over(self) -> bool:
        return self.type in _OVER

    @property
    def says_returned(self) -> bool:
        return self.type in _RETURNED

    def session(self) -> Session:
        """Raises NotBelieved."""
        try:
            return msgspec.json.decode(self.data.object, type=Session)
        except msgspec.DecodeError as wrong:
            raise NotBelieved(f"not a checkout session: {wrong}") from None

    def returned(self) -> Returned:
        """Raises NotBelieved."""
        try:
            return msgspec.json.decode(self.data.object, type=Returned)
        except msgspec.DecodeError as wrong:
            raise NotBelieved(f"not a charge or a dispute: {wrong}") from None


def read_event(secret: str, signature: str, body: bytes, now_seconds: float) -> Event:
    """Raises NotBelieved."""
    stamp, shown = _parts(signature)
    if abs(now_seconds - stamp) > TOLERANCE_SECONDS:
        raise NotBelieved("the signature is too old")
    expected = hmac.new(secret.encode(), b"%d." % stamp + body, sha256).hexdigest().encode()
    if not any(hmac.compare_digest(expected, each) for each in shown):
        raise NotBelieved("the signature is wrong")
    try:
        return msgspec.json.decode(body, type=Event)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise NotBelieved("not an event") from None


def _parts(signature: str) -> tuple[int, list[bytes]]:
    """`t=1700000000,v1=…,v1=…`: several while a secret is being changed."""
    stamp, shown = "", []
    for part in signature.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t":
            stamp = value
        elif name == "v1":
            shown.append(value.encode("utf-8", "surrogateescape"))
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or not shown:
        raise NotBelieved("the signature is missing or unreadable")
    return int(stamp), shown


def judge(session: Session, order: Any) -> None:
    """Raises NotBelieved unless it is exactly this order's payment."""
    if session.client_reference_id != order.number:
        raise NotBelieved("another order's")
    if order.reference and session.id != order.reference:
        raise NotBelieved("another session than the one that was opened")
    if (session.currency or "").upper() != order.currency:
        raise NotBelieved(f"paid in {session.currency}, not in {order.currency}")
    if session.amount_total != order.minor:
        raise NotBelieved(f"{session.amount_total} was paid, not {order.minor}")


async def open_session(
    settings: Settings, provider: Any, key: str, order: Any, title: str, return_to: str
) -> Opened:
    """Raises OutwardFault."""
    url = f"{(provider.base_url or BASE_URL).rstrip('/')}/v1/checkout/sessions"
    form = {
        "mode": "payment",
        "client_reference_id": order.number,
        "metadata[order]": order.number,
        "line_items[0][quantity]": "1",
        "line_items[0][price_data][currency]": order.currency.lower(),
        "line_items[0][price_data][unit_amount]": str(order.minor),
        "line_items[0][price_data][product_data][name]": title,
        "expires_at": str(order.created_ms // 1000 + PAY_SECONDS),
        "success_url": f"{return_to}&paid=1",
        "cancel_url": return_to,
    }
    headers = {"authorization": f"Bearer {key}", "idempotency-key": f"top-up-{order.number}"}
    private = bool(provider.allow_private)
    told = await ask_json(settings, url, form=form, headers=headers, allow_private=private)
    try:
        made = msgspec.convert(told, _Made)
    except msgspec.ValidationError:
        raise OutwardFault("it answered without a page to pay at") from None
    if not made.url.startswith(("https://", "http://")):
        raise OutwardFault("it answered without a page to pay at")
    return Opened(made.id, made.url)


class _Made(msgspec.Struct, frozen=True):
    id: str
    url: str
