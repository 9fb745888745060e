"""A balance for exactly ten requests, three hundred at once over two workers: ten are served."""

import asyncio
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import CHAT, KEY, body, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Gate, chat
from tests.support.serve import Serve, serving
from tests.support.wire import request
from waystation.control.apply import first_start
from waystation.ledger.questions import AccountState, AskAccount
from waystation.settings import Settings

FUNDED, ASKED = 10, 300
NANOS = 10_000_000
"""Of one request, held and charged: it is priced per call."""


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_exactly_ten(
    kind: str, data_template: Path, tmp_path: Path, rogue: Rogue, request: pytest.FixtureRequest
) -> None:
    flat = {"model": "flat", "per_call": "0.01"}
    up = channel("up", rogue.url, models=["flat"])
    what = document([up], credit="0.10", prices=[flat])
    options: dict[str, Any] = {}
    template = data_template
    if kind == "postgres":
        options["database"] = request.getfixturevalue("postgres_dsn")
        template = tmp_path / "template"
        settings = Settings(data=template, database=options["database"])
        await asyncio.to_thread(asyncio.run, _set_up(settings))
    with serving(template, tmp_path, what, workers=2, **options) as serve:
        await _ask_at_once(serve, rogue)


async def _set_up(settings: Settings) -> None:
    await first_start(settings)


async def _ask_at_once(serve: Serve, rogue: Rogue) -> None:
    gate, refused = threading.Event(), 0
    rogue.answer((Gate(gate), *chat()))

    async def one() -> int:
        nonlocal refused
        got = await request(serve.port, "POST", CHAT, body(model="flat"), KEY)
        if got.status != 200:
            assert got.error["code"] == "insufficient_user_quota"
            refused += 1
            if refused == ASKED - FUNDED:
                gate.set()  # all are decided
        return got.status

    try:
        statuses = Counter(await asyncio.gather(*(one() for _ in range(ASKED))))
    finally:
        gate.set()
    assert statuses == {200: FUNDED, 402: ASKED - FUNDED}
    assert len(rogue.seen) == FUNDED
    report = await serve.audit()
    assert (report["posted"], report["open_holds"], report["loss_nanos"]) == (FUNDED, 0, 0)
    async with serve.ledger() as ledger:
        state = await ledger.ask(AskAccount("a", 2))
    assert isinstance(state, AccountState)
    assert (state.balance, state.held, state.spent) == (0, 0, FUNDED * NANOS)
