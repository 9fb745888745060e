"""/api/user/self and its kin, /api/log/self, /api/ratio_config (relay-api 18.2, 17.6)."""

from fractions import Fraction
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import select

from waystation.control.catalogue import read_catalogue
from waystation.control.desk.me import account_state
from waystation.control.endpoints.family import answered, call_of, number
from waystation.control.endpoints.pricing import refuse_strangers
from waystation.control.endpoints.token_log import line_of
from waystation.control.guards import services_of
from waystation.control.profiles import profile_of
from waystation.control.usable_groups import usable_groups
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import request_id
from waystation.kernel.money import legacy_units
from waystation.ledger.port import LedgerAway
from waystation.ledger.price import Price
from waystation.ledger.questions import AskLog, AskSums, LogFilter, LogState, Sums
from waystation.storage.main import accounts

SIZE_MAX = 100
COUNTED_MS = 31 * 24 * 3_600_000
"""Of `request_count`: the ledger does not count an account's whole life each time."""
_ROLES = {"user": 1, "operator": 100}


async def show_self(request: Request) -> Response:
    call = call_of(request)
    whose, services = call.person.account_id, call.services
    async with services.database.read() as connection:
        row = (await connection.execute(select(accounts).where(accounts.c.id == whose))).one()
        profile = await profile_of(connection, whose)
    state, now = await account_state(call, whose), now_ms()
    sums = await services.ledger.ask(AskSums(request_id(), whose, now - COUNTED_MS, now + 1, ()))
    if not isinstance(sums, Sums):
        raise LedgerAway("an answer to another question")
    return answered(
        {
            "id": row.id,
            "username": row.email,
            "display_name": profile.name or row.email,
            "email": row.email,
            "role": _ROLES[row.role],
            "status": 1,
            "group": row.account_group,
            "quota": legacy_units(max(state.balance - state.held, 0)),
            "used_quota": legacy_units(state.spent),
            "request_count": sums.sums[0].requests if sums.sums else 0,
        }
    )


async def show_groups(request: Request) -> Response:
    """{name: {ratio, desc}} of the groups that the account may choose."""
    call = call_of(request)
    async with call.services.database.read() as connection:
        usable = await usable_groups(connection, call.person.account_id)
    return answered(
        {
            each.name: {
                "ratio": float(each.rate),
                "desc": each.row.label or each.row.description or each.name,
            }
            for each in usable
        }
    )


async def show_models(request: Request) -> Response:
    """Names of the models in those groups; patterns are left out."""
    call = call_of(request)
    async with call.services.database.read() as connection:
        usable = {each.name for each in await usable_groups(connection, call.person.account_id)}
    catalogue = await read_catalogue(call.services.database, frozenset(usable))
    return answered(
        [
            offer.model
            for offer in catalogue.offers
            if usable.intersection(offer.groups) and not offer.model.endswith("*")
        ]
    )


async def show_log(request: Request) -> Response:
    """The account's latest requests, newest first."""
    call = call_of(request)
    count = max(1, min(number(request.query_params.get("page_size"), 50), SIZE_MAX))
    wanted = LogFilter(account_id=call.person.account_id)
    state = await call.services.ledger.ask(AskLog(request_id(), wanted, count))
    if not isinstance(state, LogState):
        raise LedgerAway("an answer to another question")
    return answered([line_of(line.open()) for line in state.lines])


async def show_ratios(request: Request) -> Response:
    """What tables of this family import; for reading only, nothing is charged by them."""
    await refuse_strangers(request)
    catalogue = await read_catalogue(services_of(request).database)
    told: dict[str, dict[str, float]] = {
        name: {}
        for name in (
            "model_ratio",
            "completion_ratio",
            "cache_ratio",
            "create_cache_ratio",
            "model_price",
        )
    }
    for offer in catalogue.offers:
        if offer.price is not None:
            for name, value in _ratios(offer.price).items():
                told[name][offer.model] = value
    rates: dict[str, Any] = {name: float(rate.text) for name, rate in catalogue.rates.items()}
    return answered({**told, "group_ratio": rates})


def _ratios(price: Price) -> dict[str, float]:
    if price.per_call is not None:
        return {"model_price": float(price.per_call.text)}
    if not price.by_token:
        return {}
    by_kind = {kind: Fraction(text) for kind, _, text in price.tiers[0].kinds}
    first = by_kind["input_fresh"]
    told = {"model_ratio": float(first / 2)}
    if first:
        for name, kind in (
            ("completion_ratio", "output_text"),
            ("cache_ratio", "input_cache_read"),
            ("create_cache_ratio", "input_cache_write_5m"),
        ):
            told[name] = float(by_kind[kind] / first)
    return told
