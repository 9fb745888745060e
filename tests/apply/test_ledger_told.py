"""What an apply tells the ledger, now or when it is back."""

from pathlib import Path

from sqlalchemy import update

from tests.apply.applying import one, run
from waystation.control.apply.reconcile import Ask, count_waiting, reconcile
from waystation.ledger.policies import Budget
from waystation.ledger.port import Answer, LedgerAway, Question
from waystation.ledger.questions import (
    AccountState,
    AskAccount,
    AskToken,
    AskVersions,
    TokenState,
    Versions,
)
from waystation.ledger.session import open_ledger
from waystation.settings import Settings
from waystation.storage import main
from waystation.storage.database import Database
from waystation.storage.sealing import Sealing


async def test_the_ledger_is_told(store: Database, sealing: Sealing, ask: Ask) -> None:
    await run(store, sealing, ask)
    ada = await one(store, main.accounts, email="ada@example.com")
    laptop = await one(store, main.tokens, name="laptop")
    account = await ask(AskAccount(id="1", account_id=ada.id))
    assert isinstance(account, AccountState)
    assert (account.known, account.balance) == (True, 10_000_000_000)
    token = await ask(AskToken(id="2", account_id=ada.id, token_id=laptop.id))
    assert isinstance(token, TokenState)
    assert token.budget == Budget(
        total=5_000_000_000, day=1_000_000_000, week=3_000_000_000, month=9_000_000_000
    )
    versions = await ask(AskVersions(id="3"))
    assert isinstance(versions, Versions)
    assert len(versions.accounts) == len(versions.tokens) == len(versions.groups) == 2


class Away:
    """A ledger that answers after some time of absence."""

    def __init__(self, ask: Ask, failures: int) -> None:
        self._ask = ask
        self.failures = failures

    async def __call__(self, question: Question) -> Answer:
        if self.failures:
            self.failures -= 1
            raise LedgerAway("not yet")
        return await self._ask(question)


async def test_a_ledger_that_is_away_is_told_later(
    store: Database, sealing: Sealing, ask: Ask
) -> None:
    away = Away(ask, 1)
    report = await run(store, sealing, away)
    assert report.waiting > 0
    assert "told later" in report.problems[0]
    assert len(report.minted) == 1
    told = await reconcile(store, away)
    assert (told.waiting, told.problems) == (0, ())
    assert told.told >= 7
    again = await reconcile(store, away)
    assert again.told == 0


async def test_without_a_ledger_the_outbox_waits(store: Database, sealing: Sealing) -> None:
    report = await run(store, sealing)
    assert report.waiting == await count_waiting(store) == 7


async def test_a_ledger_that_lost_its_books_learns_all_again(
    store: Database, sealing: Sealing, ask: Ask, tmp_path: Path
) -> None:
    await run(store, sealing, ask)
    async with open_ledger(Settings(data=tmp_path / "new", database=None)) as fresh:
        told = await reconcile(store, fresh.ask)
        assert told.told == 6
        versions = await fresh.ask(AskVersions(id="1"))
        assert isinstance(versions, Versions)
        assert len(versions.tokens) == 2


async def test_a_ledger_ahead_of_a_restored_store_is_overtaken(
    store: Database, sealing: Sealing, ask: Ask
) -> None:
    await run(store, sealing, ask)
    row = await one(store, main.tokens, name="laptop")
    async with store.write() as connection:
        values = {"version": 40, "enabled": False}
        await connection.execute(update(main.tokens).values(values))
    await reconcile(store, ask)
    async with store.write() as connection:
        await connection.execute(update(main.tokens).values(version=1, enabled=True))
    assert (await reconcile(store, ask)).told == 2
    state = await ask(AskToken(id="1", account_id=row.account_id, token_id=row.id))
    assert isinstance(state, TokenState)
    assert state.version == 41
    assert (await one(store, main.tokens, name="laptop")).version == 41
