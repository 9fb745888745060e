"""What an upstream account has left, where its vendor tells. Who tells it where is data."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from waystation.control.probe import ProbeRefused, ask_channel, scrubbed
from waystation.routing.snapshot import Channel
from waystation.settings import Settings
from waystation.upstream.transport import TransportFault

_SHOWN_CHARACTERS_MAX = 200


class Balance(msgspec.Struct, frozen=True):
    """amount: decimal text in the currency."""

    amount: str
    currency: str


class Place(msgspec.Struct, frozen=True):
    """path: of a GET. amount, spent: where in its JSON; spent is taken off. currency: its name, or
    where it stands ("/…")."""

    path: str
    amount: str
    currency: str
    spent: str = ""


PLACES: Mapping[str, Place] = {
    "deepseek": Place(
        "/user/balance", "/balance_infos/0/total_balance", "/balance_infos/0/currency"
    ),
    "moonshot": Place("/v1/users/me/balance", "/data/available_balance", "USD"),
    "siliconflow": Place("/v1/user/info", "/data/totalBalance", "CNY"),
    "openrouter": Place("/api/v1/credits", "/data/total_credits", "USD", "/data/total_usage"),
}
_RELAY_LIMIT = "/v1/dashboard/billing/subscription"
_RELAY_USAGE = "/v1/dashboard/billing/usage"
"""What relays of this family answer to a key; usage in cents."""


async def read_balance(settings: Settings, channel: Channel) -> Balance:
    """Raises ProbeRefused, with the upstream's reason."""
    place = PLACES.get(channel.vendor)
    if place is None:
        return await _of_relay(settings, channel)
    told = await _ask(settings, channel, place.path)
    amount = _number(_found(told, place.amount))
    if place.spent:
        amount -= _number(_found(told, place.spent))
    currency = place.currency
    if currency.startswith("/"):
        currency = str(_found(told, currency))
    return Balance(_text(amount), currency)


async def _of_relay(settings: Settings, channel: Channel) -> Balance:
    limit = await _ask(settings, channel, _RELAY_LIMIT)
    usage = await _ask(settings, channel, _RELAY_USAGE)
    granted = _number(_found(limit, "/hard_limit_usd"))
    return Balance(_text(granted - _number(_found(usage, "/total_usage")) / 100), "USD")


async def _ask(settings: Settings, channel: Channel, path: str) -> Any:
    try:
        status, body = await ask_channel(settings, channel, path)
    except TransportFault as fault:
        raise ProbeRefused(scrubbed(channel, str(fault))) from None
    if status == 404:
        raise ProbeRefused("this upstream does not tell its balance")
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = None
    if status != 200 or told is None:
        words = " ".join(body.decode("utf-8", "replace").split())[:_SHOWN_CHARACTERS_MAX]
        raise ProbeRefused(f"{status}: {scrubbed(channel, words)}")
    return told


def _found(told: Any, pointer: str) -> Any:
    for part in pointer.strip("/").split("/"):
        try:
            told = told[int(part)] if isinstance(told, list) else told[part]
        except (LookupError, TypeError, ValueError):
            raise ProbeRefused("this upstream does not tell its balance") from None
    return told


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ProbeRefused("this upstream's balance is no number") from None


def _text(amount: Decimal) -> str:
    text = f"{amount:.6f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
