"""What is wrong at this moment. A check that cannot tell answers None: nothing is over then."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from decimal import Decimal

from sqlalchemy import func, select

from waystation.configuration.reading import Configuration
from waystation.control.alerts.rules import AlertRules, Finding, RuleName
from waystation.control.channel_balance import Balance, read_balance
from waystation.control.probe import ProbeRefused
from waystation.control.services import Services
from waystation.control.totals import BY, HOUR_MS
from waystation.kernel.clock import monotonic, now_ms
from waystation.kernel.ids import request_id
from waystation.kernel.money import format_usd
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AccountState, AskAccount, AskSums, Sums
from waystation.storage.main import accounts, channel_keys, channels, outbox, profiles, tasks

PARKED = 2.0
"""From there on a gateway leaves a channel or key alone."""
REQUESTS_MIN = 20
"""Fewer in an hour say nothing about a share."""
BALANCE_SECONDS = 3600.0
ACCOUNTS_SECONDS = 300.0
ACCOUNTS_MAX = 2000
_ASKED_SECONDS_MAX = 20.0

Found = list[Finding] | None
Check = Callable[[AlertRules], Awaitable[Found]]


class Checks:
    """What lasts, or costs something to ask, is remembered from look to look."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._since: dict[tuple[RuleName, str], float] = {}
        self._kept: dict[RuleName, tuple[float, Found]] = {}

    async def look(self, rules: AlertRules) -> dict[RuleName, Found]:
        """By rule, those that are on. Raises StorageAway."""
        checks: dict[RuleName, Check] = {
            "channel_down": self._channels_down,
            "key_parked": self._keys_parked,
            "error_rate": self._error_rate,
            "ledger_lag": self._ledger_lag,
            "disk_full": self._disk_full,
            "runner_stalled": self._runner_stalled,
            "channel_balance": self._every(
                "channel_balance", BALANCE_SECONDS, self._channel_balance
            ),
            "account_balance": self._every(
                "account_balance", ACCOUNTS_SECONDS, self._account_balance
            ),
        }
        return {
            name: await check(rules) for name, check in checks.items() if rules.of(name).enabled
        }

    def _every(self, name: RuleName, seconds: float, check: Check) -> Check:
        async def kept(rules: AlertRules) -> Found:
            told_at, found = self._kept.get(name, (-seconds, None))
            if monotonic() - told_at >= seconds:
                found = await check(rules)
                self._kept[name] = (monotonic(), found)
            return found

        return kept

    def forget(self) -> None:
        """Ask everything anew: the rules were changed."""
        self._kept.clear()

    def _lasting(self, rule: RuleName, findings: list[Finding], seconds: Decimal) -> list[Finding]:
        """Those that have been there for so long."""
        now = monotonic()
        here = {(rule, each.subject) for each in findings}
        gone = [key for key in self._since if key[0] == rule and key not in here]
        for key in gone:
            del self._since[key]
        return [
            each
            for each in findings
            if now - self._since.setdefault((rule, each.subject), now) >= seconds
        ]

    async def _channels_down(self, rules: AlertRules) -> Found:
        states = self._services.aggregate.channel_states()
        down = [
            Finding("channel_down", name, name) for name, state in states.items() if state >= PARKED
        ]
        return self._lasting("channel_down", down, rules.least("channel_down"))

    async def _keys_parked(self, rules: AlertRules) -> Found:
        states = self._services.aggregate.key_states()
        parked = [
            Finding("key_parked", f"{name}/{key}", name, {"key": key})
            for (name, key), state in states.items()
            if state >= PARKED
        ]
        return self._lasting("key_parked", parked, rules.least("key_parked"))

    async def _channel_balance(self, rules: AlertRules) -> Found:
        """Of those whose upstream tells it; one that does not answer is left out."""
        services = self._services
        async with services.database.read() as connection:
            rows = (await connection.execute(select(channels).where(channels.c.enabled))).all()
            query = select(channel_keys).where(channel_keys.c.enabled)
            keys = (await connection.execute(query.order_by(channel_keys.c.position))).all()
        reading, found = Configuration(services.database, services.sealing()), list[Finding]()
        for row in rows:
            try:
                channel = reading.channel(row, [key for key in keys if key.channel_id == row.id])
                async with asyncio.timeout(_ASKED_SECONDS_MAX):
                    told = await read_balance(services.settings, channel)
            except (ValueError, KeyError, ProbeRefused, TimeoutError):
                continue
            if Decimal(told.amount) < rules.least("channel_balance"):
                found.append(_poor_channel(row.name, told))
        return found

    async def _error_rate(self, rules: AlertRules) -> Found:
        now = now_ms()
        try:
            told = await self._services.totals.between(now - HOUR_MS, now + 1)
        except LedgerAway:
            return None
        place = BY.index("channel")
        counted: dict[int, list[int]] = {}
        for _, each in told:
            figures = counted.setdefault(int(each.key[place]), [0, 0])
            figures[0] += each.requests
            figures[1] += each.failures
        names = await self._channel_names()
        share = rules.least("error_rate")
        return [
            Finding(
                "error_rate",
                str(channel_id),
                names[channel_id],
                {"requests": str(requests), "failures": str(failures)},
            )
            for channel_id, (requests, failures) in counted.items()
            if channel_id in names
            and requests >= REQUESTS_MIN
            and failures * 100 >= share * requests
        ]

    async def _channel_names(self) -> dict[int, str]:
        async with self._services.database.read() as connection:
            rows = (await connection.execute(select(channels.c.id, channels.c.name))).all()
        return {row.id: row.name for row in rows}

    async def _account_balance(self, rules: AlertRules) -> Found:
        """Of accounts that spent something within a day: who is gone is not written to."""
        ask, now = self._services.ledger.ask, now_ms()
        try:
            day = now - 24 * HOUR_MS
            sums = await ask(AskSums(request_id(), 0, day, now, ("account",)))
            assert isinstance(sums, Sums)
            active = sorted((e for e in sums.sums if e.nanos), key=lambda each: -each.nanos)
            ids = [int(each.key[0]) for each in active[:ACCOUNTS_MAX]]
            states = [await ask(AskAccount(request_id(), account_id)) for account_id in ids]
        except LedgerAway:
            return None
        least, own = rules.least("account_balance") * 10**9, await self._own_bounds()
        poor = {
            account_id: state.balance - state.held
            for account_id, state in zip(ids, states, strict=True)
            if isinstance(state, AccountState)
            and state.balance - state.held < own.get(account_id, least)
        }
        return await self._owners(poor)

    async def _own_bounds(self) -> dict[int, int]:
        """nano-USD, of the accounts that chose one; 0: it is never told."""
        query = select(profiles.c.id, profiles.c.low_balance_nanos)
        query = query.where(profiles.c.low_balance_nanos.is_not(None))
        async with self._services.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.id: row.low_balance_nanos for row in rows}

    async def _owners(self, poor: dict[int, int]) -> list[Finding]:
        query = select(accounts.c.id, accounts.c.email).where(accounts.c.id.in_(list(poor)))
        async with self._services.database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Finding(
                "account_balance",
                str(row.id),
                row.email,
                {"amount": format_usd(max(poor[row.id], 0))},
                row.id,
            )
            for row in rows
        ]

    async def _ledger_lag(self, rules: AlertRules) -> Found:
        """How long it takes to answer, and how long what it must be told waits."""
        began = monotonic()
        try:
            await self._services.ledger.ask(AskAccount(request_id(), 0))
            seconds = monotonic() - began
            lasting = False
        except LedgerAway:
            seconds, lasting = 0.0, True
        waiting = select(func.min(outbox.c.created_ms)).where(
            outbox.c.acked_ms.is_(None), outbox.c.problem == ""
        )
        async with self._services.database.read() as connection:
            oldest = (await connection.execute(waiting)).scalar_one_or_none()
        if oldest is not None:
            seconds = max(seconds, (now_ms() - oldest) / 1000)
        least = rules.least("ledger_lag")
        behind = f"{max(seconds, float(least)):.0f}"
        here = [Finding("ledger_lag", "ledger", "ledger", {"seconds": behind})]
        lasts = self._lasting("ledger_lag", here if lasting else [], least)
        return here if seconds >= least else lasts

    async def _disk_full(self, rules: AlertRules) -> Found:
        folder = self._services.settings.data
        try:
            usage = shutil.disk_usage(folder)
        except OSError:
            return None
        percent = Decimal(usage.used * 100) / max(usage.used + usage.free, 1)
        if percent < rules.least("disk_full"):
            return []
        return [Finding("disk_full", str(folder), str(folder), {"percent": f"{percent:.0f}"})]

    async def _runner_stalled(self, rules: AlertRules) -> Found:
        async with self._services.database.read() as connection:
            oldest = (await connection.execute(select(func.min(tasks.c.due_at_ms)))).scalar_one()
        seconds = 0 if oldest is None else (now_ms() - oldest) // 1000
        if not oldest or seconds < rules.least("runner_stalled"):
            return []
        return [Finding("runner_stalled", "tasks", "tasks", {"seconds": str(seconds)})]


def _poor_channel(name: str, told: Balance) -> Finding:
    figures = {"amount": told.amount, "currency": told.currency}
    return Finding("channel_balance", name, name, figures)
