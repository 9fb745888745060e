"""Words for tests of the ledger: accounts, tokens, holds, resolutions, with plain defaults."""

import itertools
from typing import Any

import msgspec

from waystation.journal.row import Facts, Row
from waystation.ledger.books import Books, Internal, Posted
from waystation.ledger.messages import Command, Decision, Hold, Resolve, Transfer
from waystation.ledger.policies import Budget, Limits, PutAccount, PutToken
from waystation.ledger.questions import AccountState, AskAccount, AskAudit, AuditState

NOW_MS = 1_750_000_000_000
USD = 10**9
NO_LIMITS = Limits()
NO_BUDGET = Budget()
_numbers = itertools.count(1)


def facts(**changes: Any) -> Facts:
    values: dict[str, Any] = {
        "request_id": f"gen-{next(_numbers):012d}",
        "created_ms": NOW_MS,
        "account_id": 1,
        "token_id": 10,
        "token_name": "key",
        "operation": "chat",
        "dialect": "openai_chat",
        "model": "gpt-test",
        "stream": False,
        "peer": "127.0.0.1",
        "client": "tests/1.0",
        "group": "default",
        "price_version": "v1",
        "rate": "1",
    }
    return Facts(**(values | changes))


def hold(
    hold_id: str, nanos: int = 1000, *, account: int = 1, token: int = 10, **changes: Any
) -> Hold:
    values: dict[str, Any] = {
        "id": hold_id,
        "account_id": account,
        "token_id": token,
        "group": "default",
        "nanos": nanos,
        "nanos_floor": nanos,
        "prompt_nanos": nanos // 10,
        "tokens": 100,
        "sent": False,
        "facts": facts(account_id=account, token_id=token),
    }
    return Hold(**(values | changes))


def row(of: Hold, **changes: Any) -> Row:
    values: dict[str, Any] = {
        "facts": of.facts,
        "status": 200,
        "end": "complete",
        "group": of.group,
        "rate": "1",
        "price_version": "v1",
        "channel_id": 3,
        "input_tokens": 40,
        "output_tokens": 60,
        "usage": b'{"input_fresh":40,"output_text":60}',
    }
    return Row(**(values | changes))


def post(of: Hold, nanos: int, *, exact: bool = True, tokens: int = 100, **changes: Any) -> Resolve:
    return Resolve(of.id, "post", nanos, exact, tokens, row(of, nanos=nanos, **changes))


def void(of: Hold) -> Resolve:
    return Resolve(of.id, "void", 0, True, 0, row(of, status=502, end="failed"))


def account(
    number: int = 1,
    version: int = 1,
    enabled: bool = True,
    limits: Limits = NO_LIMITS,
    budget: Budget = NO_BUDGET,
    floor: int = 0,
) -> PutAccount:
    return PutAccount(number, version, enabled, limits, budget, floor)


def token(
    number: int = 10,
    account: int = 1,
    version: int = 1,
    enabled: bool = True,
    expires_ms: int | None = None,
    limits: Limits = NO_LIMITS,
    budget: Budget = NO_BUDGET,
) -> PutToken:
    return PutToken(number, account, version, enabled, expires_ms, limits, budget)


def credit(nanos: int, *, account: int = 1, name: str | None = None) -> Transfer:
    return Transfer(account, name or f"t{next(_numbers)}", "topup", nanos)


class Desk:
    """Speaks to books as one gateway, at a time of its own."""

    def __init__(self, books: Books, gateway: str = "g1", boot: str = "b1") -> None:
        self.books = books
        self.gateway = gateway
        self.boot = boot
        self.now_ms = NOW_MS

    async def say(self, *commands: Command | Internal) -> list[Decision | None]:
        batch = [Posted(self.gateway, self.boot, command) for command in commands]
        return await self.books.settle(batch, self.now_ms)

    async def one(self, command: Command | Internal) -> Any:
        return (await self.say(command))[0]

    async def fund(self, nanos: int = USD, **limits: Any) -> None:
        await self.say(account(), token(**limits), credit(nanos))

    async def audit(self) -> dict[str, Any]:
        state = await self.one(AskAudit("audit"))
        assert isinstance(state, AuditState)
        report: dict[str, Any] = msgspec.json.decode(state.report)
        return report

    async def assert_clean(self) -> dict[str, Any]:
        report = await self.audit()
        assert report["failures"] == []
        assert report["clean"]
        return report


async def balance(desk: Desk, number: int = 1) -> tuple[int, int]:
    """What an account has, and how much of it is held, in nano-USD."""
    state = await desk.one(AskAccount("q", number))
    assert isinstance(state, AccountState)
    return state.balance, state.held
