"""The ledger under random operations, against a model that is too simple to be wrong.

The model knows balances and open holds only; after each step the books must agree with it, stay
above their floors and pass their own audit."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.ledger.scene import Desk, account, credit, hold, post, token, void
from tests.support.soak import seeds
from waystation.ledger.books import Books, Lose
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Extend,
    Hold,
    Refused,
    Resolved,
    Sent,
    Transfer,
)
from waystation.ledger.postgres_books import PostgresBooks
from waystation.ledger.questions import AccountState, AskAccount
from waystation.ledger.sqlite_books import SqliteBooks

pytestmark = pytest.mark.untraced

ACCOUNTS = (1, 2)
AMOUNTS = st.sampled_from((0, 1, 10, 999, 1_000, 5_000, 70_000))
RUN = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


class Open:
    """A hold as the model sees it."""

    def __init__(self, asked: Hold, gateway: str, nanos: int) -> None:
        self.asked = asked
        self.gateway = gateway
        self.nanos = nanos
        self.sent = asked.sent
        self.checkpoint = 0


class Ledger(RuleBasedStateMachine):
    """make: opens fresh books."""

    make: Callable[[Path], Books]
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.books = type(self).make(Path(self.folder.name))
        self.run(self.books.open())
        self.desk = Desk(self.books)
        self.balance = dict.fromkeys(ACCOUNTS, 0)
        self.open: dict[str, Open] = {}
        self.ended: dict[str, Resolved] = {}
        self.number = 0

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self.loop.run_until_complete(work)

    def say(self, command: Any, gateway: str = "g1") -> Any:
        self.desk.gateway = gateway
        return self.run(self.desk.one(command))

    def available(self, number: int) -> int:
        held = sum(o.nanos for o in self.open.values() if o.asked.account_id == number)
        return self.balance[number] - held

    @initialize()
    def fund(self) -> None:
        for number in ACCOUNTS:
            self.run(self.desk.say(account(number), token(number * 10, number)))
            self.say(credit(10_000, account=number))
            self.balance[number] = 10_000

    @rule(
        target=holds,
        number=st.sampled_from(ACCOUNTS),
        nanos=AMOUNTS,
        floor=AMOUNTS,
        sent=st.booleans(),
        task=st.booleans(),
        gateway=st.sampled_from(("g1", "g2")),
    )
    def admit(
        self, number: int, nanos: int, floor: int, sent: bool, task: bool, gateway: str
    ) -> Hold:
        self.number += 1
        floor = min(floor, nanos)
        asked = hold(
            f"h{self.number:05d}",
            nanos,
            account=number,
            token=number * 10,
            nanos_floor=floor,
            sent=sent,
            owner="task" if task else "gateway",
        )
        available = self.available(number)
        told = self.say(asked, gateway)
        if available < floor:
            assert told == Refused(asked.id, "balance", available=available)
        else:
            assert told == Admitted(asked.id, min(nanos, available))
            self.open[asked.id] = Open(asked, gateway, told.nanos)
        return asked

    @rule(asked=holds)
    def admit_again(self, asked: Hold) -> None:
        if asked.id in self.open:
            # Without extensions in between, the same; with them, the sum.
            assert self.say(asked) == Admitted(asked.id, self.open[asked.id].nanos)
        elif asked.id in self.ended:
            assert self.say(asked) == Refused(asked.id, "resolved")

    @rule(asked=holds, seq=st.integers(1, 4), nanos=AMOUNTS)
    def extend(self, asked: Hold, seq: int, nanos: int) -> None:
        available = self.available(asked.account_id)
        told = self.say(Extend(asked.id, seq, nanos))
        opened = self.open.get(asked.id)
        if opened is None:
            assert told.reason == ("resolved" if asked.id in self.ended else "hold_unknown")
        elif isinstance(told, Refused):
            assert told.reason == "balance"
            assert available < nanos
        else:
            assert told.nanos in (opened.nanos, opened.nanos + nanos)
            assert told.nanos - opened.nanos <= available
            opened.nanos = told.nanos

    @rule(asked=holds, nanos=AMOUNTS, exact=st.booleans())
    def post(self, asked: Hold, nanos: int, exact: bool) -> None:
        opened = self.open.pop(asked.id, None)
        told = self.say(post(asked, nanos, exact=exact))
        if opened is None:
            assert told == self.ended.get(asked.id, Resolved(asked.id, "void", 0))
            return
        # It is out of the model's open holds already, so that available includes it.
        reach = max(opened.nanos, self.available(asked.account_id)) if exact else opened.nanos
        paid = min(nanos, reach)
        assert told == Resolved(asked.id, "post", paid, nanos - paid)
        self.balance[asked.account_id] -= paid
        self.ended[asked.id] = told

    @rule(asked=holds)
    def void(self, asked: Hold) -> None:
        told = self.say(void(asked))
        if self.open.pop(asked.id, None) is None:
            assert told == self.ended.get(asked.id, Resolved(asked.id, "void", 0))
        else:
            assert told == Resolved(asked.id, "void", 0)
            self.ended[asked.id] = told

    @rule(asked=holds, sent=st.booleans())
    def tell_sent(self, asked: Hold, sent: bool) -> None:
        self.say(Sent(asked.id, sent))
        if asked.id in self.open:
            self.open[asked.id].sent = sent

    @rule(asked=holds, nanos=AMOUNTS)
    def checkpoint(self, asked: Hold, nanos: int) -> None:
        self.say(Checkpoint(asked.id, nanos))
        opened = self.open.get(asked.id)
        if opened is not None:
            opened.checkpoint = max(opened.checkpoint, min(nanos, opened.nanos))

    @rule(gateway=st.sampled_from(("g1", "g2")))
    def die(self, gateway: str) -> None:
        self.say(Lose(gateway))
        for name, opened in list(self.open.items()):
            if opened.gateway != gateway or opened.asked.owner == "task":
                continue
            del self.open[name]
            if opened.sent:
                paid = min(opened.nanos, max(opened.checkpoint, opened.asked.prompt_nanos))
                self.balance[opened.asked.account_id] -= paid
                self.ended[name] = Resolved(name, "post", paid)
            else:
                self.ended[name] = Resolved(name, "expire", 0)

    @rule(number=st.sampled_from(ACCOUNTS), nanos=st.sampled_from((-5_000, -1, 1, 4_000)))
    def people(self, number: int, nanos: int) -> None:
        self.number += 1
        moved = max(nanos, -self.available(number))
        done = self.say(Transfer(number, f"people-{self.number}", "adjust", nanos))
        assert (done.applied, done.nanos) == (True, moved)
        self.balance[number] += moved

    @rule()
    def restart(self) -> None:
        self.run(self.books.close())
        self.run(self.books.open())

    @invariant()
    def agrees(self) -> None:
        for number in ACCOUNTS:
            told = self.say(AskAccount("q", number))
            if not isinstance(told, AccountState) or not told.known:
                continue
            assert told.balance == self.balance[number]
            assert told.balance - told.held == self.available(number) >= 0

    @invariant()
    def is_clean(self) -> None:
        report = self.run(self.desk.audit())
        assert report["failures"] == []
        assert report["open_holds"] == len(self.open)

    def teardown(self) -> None:
        self.run(self.books.close())
        self.loop.close()
        self.folder.cleanup()


class OnSqlite(Ledger):
    make = staticmethod(lambda folder: SqliteBooks(folder / "ledger.db"))


def test_on_sqlite() -> None:
    run_state_machine_as_test(
        OnSqlite, settings=settings(RUN, max_examples=20, stateful_step_count=25)
    )  # type: ignore[no-untyped-call]


@pytest.mark.soak
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("first", seeds(1))
def test_on_sqlite_soak(first: int) -> None:
    class Seeded(OnSqlite):
        pass

    run_state_machine_as_test(
        seed(first)(Seeded), settings=settings(RUN, max_examples=500, stateful_step_count=60)
    )  # type: ignore[no-untyped-call]


@pytest.mark.postgres
def test_on_postgres(postgres_server: Any) -> None:
    def make(_folder: Path) -> Books:
        return PostgresBooks(postgres_server.dsn(postgres_server.create_database()), node="n1")

    class OnPostgres(Ledger):
        pass

    OnPostgres.make = staticmethod(make)
    run_state_machine_as_test(
        OnPostgres, settings=settings(RUN, max_examples=4, stateful_step_count=20)
    )  # type: ignore[no-untyped-call]
