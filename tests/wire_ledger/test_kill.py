"""kill -9 of a ledger, and of a gateway, as processes of their own."""

import asyncio
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.postgres import postgres_dsn, postgres_server  # noqa: F401
from tests.support.soak import seeds
from tests.wire_ledger.conftest import a_hold, a_post, until
from tests.wire_ledger.gateway_process import METERED_NANOS
from tests.wire_ledger.ledger_process import BOOT
from tests.wire_ledger.processes import Processes
from tests.wire_ledger.simple_books import FileBooks
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Admitted, Transfer
from waystation.ledger.policies import PutAccount, PutToken
from waystation.ledger.port import LedgerAway
from waystation.ledger.questions import AskAccount, AskAudit, AskRow
from waystation.ledger.session import open_ledger

pytestmark = pytest.mark.untraced

BALANCE = 10**15
KINDS = ["simple", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(params=KINDS)
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Processes]:
    dsn = request.getfixturevalue("postgres_dsn") if request.param == "postgres" else None
    made = Processes(request.param, tmp_path, dsn)
    yield made
    made.close()


async def prepare(processes: Processes) -> None:
    """An account with money, before any ledger runs."""
    if processes.kind != "simple":
        async with open_ledger(processes.settings) as ledger:
            await ledger.ask(PutAccount(1, 1, True))
            await ledger.ask(PutToken(1, 1, 1, True))
            await ledger.ask(Transfer(1, "apply:credit:1", "grant", BALANCE))


async def outcome(processes: Processes) -> dict[str, tuple[str, int]]:
    """Kind and nanos of each hold's one resolution, with no ledger running."""
    if processes.kind == "simple":
        books = FileBooks(processes.folder / "books")
        await books.open()
        await books.close()
        assert all(held.resolutions <= 1 for held in books.holds.values())
        return {
            key: (held.resolved.kind, held.resolved.nanos) if held.resolved else ("open", 0)
            for key, held in books.holds.items()
        }
    async with open_ledger(processes.settings) as ledger:
        state = await ledger.ask(AskAudit("audit"))
        report = msgspec.json.decode(state.report)
        assert report["clean"], report
        assert report["open_holds"] == 0
        account = await ledger.ask(AskAccount("account", 1))
    return {"": ("posted", BALANCE - account.balance)}


class Load:
    """What fake gateways asked for, and what they were told."""

    def __init__(self, client: LedgerClient, seed: int) -> None:
        self.client = client
        self.posted: dict[str, int] = {}
        self.admitted = 0
        self.away = 0
        self.stopping = False
        self._random = random.Random(seed)

    async def work(self, worker: int) -> None:
        number = 0
        while not self.stopping:
            number += 1
            hold = a_hold(1_000, name=f"{self.client.gateway}-{worker}-{number}")
            try:
                answer = await self.client.admit(hold)
            except LedgerAway:
                self.away += 1
                await asyncio.sleep(0.01)
                continue
            assert isinstance(answer, Admitted), answer
            self.admitted += 1
            await self._use(hold.id)

    async def _use(self, hold_id: str) -> None:
        try:
            self.client.sent(hold_id)
        except LedgerAway:
            self.away += 1
        await asyncio.sleep(self._random.choice((0, 0, 0.001, 0.02)))
        nanos = self._random.randrange(1, 1_000)
        self.client.checkpoint(hold_id, nanos)
        self.client.resolve(a_post(hold_id, nanos))
        self.posted[hold_id] = nanos


async def test_a_ledger_killed_under_load_settles_everything_once(processes: Processes) -> None:
    await kill_ledger_under_load(processes, seed=1, kills=2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", seeds(20))
async def test_a_ledger_killed_at_any_moment(processes: Processes, seed: int) -> None:
    await kill_ledger_under_load(processes, seed, kills=3)


async def kill_ledger_under_load(processes: Processes, seed: int, kills: int) -> None:
    moments = random.Random(seed)
    await prepare(processes)
    ledger = processes.ledger()
    loads = []
    for number in range(2):
        client = LedgerClient(processes.folder / "ledger.sock", f"gw-{number}", BOOT)
        client.start()
        await client.wait_present(20)
        loads.append(Load(client, seed + number))
    tasks = [asyncio.create_task(load.work(worker)) for load in loads for worker in range(16)]
    for _ in range(kills):
        wanted = sum(load.admitted for load in loads) + moments.randrange(50, 500)
        await until(lambda: sum(load.admitted for load in loads) >= wanted, 20)  # noqa: B023
        await asyncio.sleep(moments.random() * 0.005)
        connections = loads[0].client.link.connections
        processes.end(ledger, signal.SIGKILL)
        ledger = processes.ledger()
        await until(lambda: loads[0].client.link.connections > connections, 20)  # noqa: B023
        for load in loads:
            await load.client.wait_present(20)
    for load in loads:
        load.stopping = True
    await asyncio.gather(*tasks)
    for load in loads:
        await load.client.settled(20)
        assert load.client.holds_open == 0
        load.client.close()
    processes.end(ledger, signal.SIGTERM)
    assert ledger.returncode == 0
    assert sum(load.away for load in loads) > 0
    told = {key: nanos for load in loads for key, nanos in load.posted.items()}
    resolved = await outcome(processes)
    if processes.kind != "simple":
        assert resolved == {"": ("posted", sum(told.values()))}
    else:
        posts = {key: nanos for key, (kind, nanos) in resolved.items() if kind == "post"}
        assert posts == told
        others = {kind for key, (kind, _) in resolved.items() if key not in told}
        assert others <= {"void"}


async def test_a_gateway_killed_with_open_holds_is_settled(processes: Processes) -> None:
    await prepare(processes)
    ledger = processes.ledger()
    count = 30
    client = LedgerClient(processes.folder / "ledger.sock", "gw-lives", BOOT)
    client.start()
    await client.wait_present(20)
    mine = a_hold()
    await client.admit(mine)
    gateway = processes.start("gateway_process", processes.folder, count)
    assert await asyncio.to_thread(gateway.stdout.readline) == b"up\n"
    processes.end(gateway, signal.SIGKILL)
    posted = sum(777 for n in range(3 * count) if n % 2 and n % 3)
    lost = sum((0, 10, METERED_NANOS)[n % 3] for n in range(0, 3 * count, 2))
    await wait_held(client, mine.nanos)
    client.resolve(a_post(mine.id, 5))
    await client.settled(20)
    client.close()
    processes.end(ledger, signal.SIGTERM)
    resolved = await outcome(processes)
    assert sum(nanos for _, nanos in resolved.values()) == posted + lost + 5
    if processes.kind == "simple":
        assert resolved["idle-0"] == ("expire", 0)
        assert resolved["run-0"] == ("post", METERED_NANOS)
        assert resolved["sent-0"] == ("post", 777)


async def wait_held(client: LedgerClient, nanos: int) -> None:
    async with asyncio.timeout(20):
        while (await client.ask(AskAccount("q", 1))).held != nanos:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("processes", KINDS[1:], indirect=True)
async def test_tools_reach_the_books_with_and_without_a_ledger(processes: Processes) -> None:
    settings = processes.settings
    await prepare(processes)
    ledger = processes.ledger()
    # The ledger is starting: whether its lock or its socket comes first, the tool gets through.
    async with open_ledger(settings) as session:
        done = await session.ask(Transfer(1, "apply:credit:2", "grant", 5))
        assert done.applied
    await until(settings.ledger_socket.exists, 20)
    async with open_ledger(settings) as session:
        assert (await session.ask(AskAccount("a", 1))).balance == BALANCE + 5
        assert (await session.ask(AskRow("r", 1, "none"))).row is None
    processes.end(ledger, signal.SIGTERM)
    assert not settings.ledger_socket.exists()
    async with open_ledger(settings) as session:
        done = await session.ask(Transfer(1, "apply:credit:2", "grant", 5))
        assert not done.applied
