"""Admission against the ledger itself: its server and its SQLite books, over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from tests.admission.asking import CHOICES, FACTS, POLICY, Request, row
from waystation.admission.admit import admit
from waystation.admission.grant import Grant
from waystation.admission.refusal import NotAdmitted
from waystation.ledger.messages import Transfer
from waystation.ledger.policies import Budget, Limits, PutAccount, PutToken
from waystation.ledger.prices import charge
from waystation.ledger.questions import AskAccount, AskAudit
from waystation.meter.usage import Usage

client_module = pytest.importorskip("waystation.ledger.client", reason="without the ledger's wire")
server_module = pytest.importorskip("waystation.ledger.server", reason="without the ledger's wire")
books_module = pytest.importorskip("waystation.ledger.sqlite_books", reason="without its books")

ACCOUNT, TOKEN = FACTS.account_id, FACTS.token_id


@dataclass
class Bank:
    """One ledger, one gateway, one tool."""

    server: object
    gateway: object
    tool: object

    async def open(
        self, nanos: int, *, limits: Limits | None = None, budget: Budget | None = None
    ) -> None:
        """The account with so much money, and its token."""
        await self.tool.ask(PutAccount(ACCOUNT, 1, True))
        token = PutToken(TOKEN, ACCOUNT, 1, True, None, limits or Limits(), budget or Budget())
        await self.tool.ask(token)
        await self.tool.ask(Transfer(ACCOUNT, "grant", "grant", nanos))

    async def ask(self, id: str, request: Request) -> Grant:
        facts = msgspec.structs.replace(FACTS, request_id=id)
        return await admit(
            self.gateway, request, CHOICES, CHOICES.first, facts, POLICY, sends_at_once=False
        )

    async def spent(self, credit: int) -> int:
        """nanos that are gone of the credit, after a clean audit with no hold open."""
        await self.gateway.settled(5)
        report = json.loads((await self.tool.ask(AskAudit("audit"))).report)
        assert report["clean"], report
        assert report["open_holds"] == 0
        state = await self.tool.ask(AskAccount("account", ACCOUNT))
        assert state.held == 0
        return credit - state.balance

    async def stop(self) -> None:
        if self.server is not None:
            server, self.server = self.server, None
            await server.stop()


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[Bank]:
    path = tmp_path / "ledger.sock"
    books = books_module.SqliteBooks(tmp_path / "ledger.db", time_zone="UTC")
    server = server_module.LedgerServer(books, path, "boot")
    await server.start()
    clients = [client_module.LedgerClient(path, name, "boot") for name in ("gw", "")]
    for client in clients:
        client.start()
        await client.wait_present(5)
    bank = Bank(server, *clients)
    yield bank
    for client in clients:
        client.close()
    await bank.stop()


def usage(tokens: int, *, exact: bool = True) -> Usage:
    return Usage(input_fresh=100, output_text=tokens, exact=exact)


def cost(used: Usage) -> int:
    return charge(used, CHOICES.first.price, CHOICES.first.rate).nanos


async def test_one_request_from_hold_to_clean_books(bank: Bank) -> None:
    await bank.open(10**9)
    grant = await bank.ask("r1", Request())
    assert await grant.confirmed()
    grant.mark_sent()
    grant.checkpoint(1_000)
    used = usage(70)
    grant.post(cost(used), used, row())
    assert await bank.spent(10**9) == cost(used)


async def test_exactly_as_many_as_the_money_covers(bank: Bank) -> None:
    """Ten fit; three hundred ask at once; each hold equals its charge."""
    request = Request(output_limit=16)
    each = CHOICES.bound(100, 16)
    await bank.open(10 * each)
    answers = await asyncio.gather(
        *(bank.ask(f"r{number}", request) for number in range(300)), return_exceptions=True
    )
    grants = [answer for answer in answers if isinstance(answer, Grant)]
    refused = [answer for answer in answers if isinstance(answer, NotAdmitted)]
    assert (len(grants), len(refused)) == (10, 290)
    assert {(fault.code, fault.status) for fault in refused} == {("insufficient_user_quota", 402)}
    for grant in grants:
        grant.post(cost(usage(16)), usage(16), row())
    assert await bank.spent(10 * each) == 10 * each


async def test_the_last_of_the_money_clamps_and_says_so(bank: Bank) -> None:
    await bank.open(100_000 + 500 * 2_000)
    grant = await bank.ask("r1", Request(output_limit=1_000))
    assert grant.output_limit == 500
    with pytest.raises(NotAdmitted) as caught:
        await bank.ask("r2", Request())
    assert "available $0." in caught.value.text("en")
    grant.void(row())
    await bank.gateway.settled(5)
    assert (await bank.ask("r3", Request(output_limit=400))).output_limit is None


@pytest.mark.parametrize("credit", [2_000_000, 5_000_000, 50_000_000])
async def test_a_stream_is_extended_while_there_is_money(bank: Bank, credit: int) -> None:
    await bank.open(credit)
    grant = await bank.ask("r1", Request(stream=True, output_limit=None))
    seen, fault = 0, None
    while seen < 20_000 and fault is None:
        if seen >= grant.extend_above:
            fault = await grant.extend(cost(usage(seen)))
        else:
            seen += 5
    if credit >= cost(usage(20_000)):
        assert fault is None
    else:
        assert fault is not None
        assert fault.code == "insufficient_user_quota"
        assert seen >= (credit - 100_000) / 2_000 * 0.97 - 16
    used = usage(seen, exact=False)
    grant.post(cost(used), used, row())
    assert await bank.spent(credit) == cost(used)


async def test_limits_and_budgets_are_told_apart(bank: Bank) -> None:
    await bank.open(10**9, limits=Limits(concurrency=1))
    grant = await bank.ask("r1", Request())
    with pytest.raises(NotAdmitted) as caught:
        await bank.ask("r2", Request())
    assert (caught.value.code, caught.value.status) == ("rate_limit_exceeded", 429)
    assert caught.value.retry_after
    grant.void(row())
    spent = PutToken(TOKEN, ACCOUNT, 2, True, None, Limits(), Budget(day=1_000))
    await bank.gateway.settled(5)
    await bank.tool.ask(spent)
    with pytest.raises(NotAdmitted) as caught:
        await bank.ask("r3", Request())
    assert (caught.value.code, caught.value.status) == ("token_quota_exhausted", 402)
    assert "token's day budget" in caught.value.text("en")


async def test_a_revoked_token_neither_begins_nor_goes_on(bank: Bank) -> None:
    await bank.open(10**9)
    grant = await bank.ask("r1", Request(stream=True, output_limit=None))
    await bank.tool.ask(PutToken(TOKEN, ACCOUNT, 2, False))
    with pytest.raises(NotAdmitted) as caught:
        await bank.ask("r2", Request())
    assert (caught.value.code, caught.value.status) == ("token_disabled", 401)
    fault = await grant.extend(cost(usage(grant.extend_above)))
    assert fault is not None
    assert fault.code == "token_disabled"
    used = usage(1_600, exact=False)
    grant.post(cost(used), used, row())
    assert await bank.spent(10**9) == cost(used)


async def test_without_a_ledger_nobody_is_admitted(bank: Bank) -> None:
    await bank.open(10**9)
    await bank.stop()
    with pytest.raises(NotAdmitted) as caught:
        await bank.ask("r1", Request())
    assert (caught.value.code, caught.value.status) == ("temporarily_unavailable", 503)
    assert caught.value.retry_after
