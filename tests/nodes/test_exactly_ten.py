"""A balance for exactly ten requests, three hundred at once over two hosts: ten are served."""

import asyncio
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.nodes.hosts import Hosts, two_hosts
from tests.support.gateway import CHAT, KEY, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Gate, chat
from tests.support.wire import Reply, request
from waystation.ledger.questions import AccountState, AskAccount

FUNDED, ASKED = 10, 300
NANOS = 10_000_000
"""Of one request, held and charged: it is priced per call."""


@pytest.mark.soak
@pytest.mark.postgres
@pytest.mark.timeout(300)
async def test_ten_of_three_hundred(postgres_dsn: str, tmp_path: Path, rogue: Rogue) -> None:
    up = channel("up", rogue.url, models=["flat"])
    flat = {"model": "flat", "per_call": "0.01"}
    what = document([up], credit="0.10", prices=[flat])
    async with two_hosts(tmp_path, postgres_dsn, what, workers=2) as hosts:
        await _ask_at_once(hosts, rogue)


async def _ask_at_once(hosts: Hosts, rogue: Rogue) -> None:
    gate, refused = threading.Event(), 0
    rogue.answer((Gate(gate), *chat()))

    async def one(number: int) -> Reply:
        """By turns of each host, and through nginx."""
        nonlocal refused
        ports = (hosts.port, hosts.nodes[0].port, hosts.nodes[1].port)
        got = await request(ports[number % 3], "POST", CHAT, body(model="flat"), KEY)
        if got.status != 200:
            assert got.error["code"] == "insufficient_user_quota"
            refused += 1
            if refused == ASKED - FUNDED:
                gate.set()  # all are decided
        return got

    try:
        replies = await asyncio.gather(*(one(number) for number in range(ASKED)))
    finally:
        gate.set()
    assert Counter(one.status for one in replies) == {200: FUNDED, 402: ASKED - FUNDED}
    assert len(rogue.seen) == FUNDED
    report = await hosts.resolved()
    assert (report["posted"], report["loss_nanos"]) == (FUNDED, 0)
    for node in hosts.nodes:
        async with node.ledger() as ledger:
            state = await ledger.ask(AskAccount("a", 2))
        assert isinstance(state, AccountState)
        assert (state.balance, state.held, state.spent) == (0, 0, FUNDED * NANOS)
