"""A token's life: asked for once, renewed before its end while the old one still serves."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.support.gateway import until
from tests.support.rogue import Rogue
from tests.support.script import reply
from tests.text_vendors.accounts import account_file, token
from waystation.upstream.clouds.service_account import Refused, Tokens, read_account
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1 import Http1Transport
from waystation.upstream.transport import NotSent, Origin

HERE = Origin("https", "model.example", 443, allow_private=True)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def transport() -> AsyncIterator[Http1Transport]:
    made = Http1Transport(EgressGuard())
    yield made
    await made.close()


async def test_renewed_in_time(rogue: Rogue, transport: Http1Transport) -> None:
    rogue.answer(token("one", 3600))
    clock = Clock()
    tokens = Tokens(read_account(account_file(rogue.url)), clock)
    assert await tokens.token(transport, HERE) == "one"
    clock.now += 3200
    assert await tokens.token(transport, HERE) == "one"
    assert len(rogue.seen) == 1
    rogue.answer(token("two", 3600))
    clock.now += 200  # 200 s are left: the old one serves, the next one is fetched
    assert await tokens.token(transport, HERE) == "one"
    await until(lambda: tokens._token == "two")
    assert await tokens.token(transport, HERE) == "two"
    assert len(rogue.seen) == 2


async def test_one_that_is_at_its_end_is_waited_for(
    rogue: Rogue, transport: Http1Transport
) -> None:
    rogue.answer(token("one", 3600))
    clock = Clock()
    tokens = Tokens(read_account(account_file(rogue.url)), clock)
    await tokens.token(transport, HERE)
    rogue.answer(token("two", 3600))
    clock.now += 3590
    waiting = [tokens.token(transport, HERE) for _ in range(5)]
    assert set(await asyncio.gather(*waiting)) == {"two"}
    assert len(rogue.seen) == 2


async def test_a_failed_renewal_leaves_the_old_one_in_use(
    rogue: Rogue, transport: Http1Transport
) -> None:
    rogue.answer(token("one", 3600))
    clock = Clock()
    tokens = Tokens(read_account(account_file(rogue.url)), clock)
    await tokens.token(transport, HERE)
    rogue.answer(reply(500))
    clock.now += 3400
    assert await tokens.token(transport, HERE) == "one"
    await until(lambda: len(rogue.seen) == 2 and tokens._asking is None)
    assert await tokens.token(transport, HERE) == "one"
    clock.now += 200
    with pytest.raises(Refused) as refused:
        await tokens.token(transport, HERE)
    assert refused.value.status == 500


async def test_who_leaves_does_not_take_the_others_along(
    rogue: Rogue, transport: Http1Transport
) -> None:
    rogue.answer(token("one", 3600))
    tokens = Tokens(read_account(account_file(rogue.url)))
    leaving = asyncio.create_task(tokens.token(transport, HERE))
    staying = asyncio.create_task(tokens.token(transport, HERE))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "one"
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert len(rogue.seen) == 1


async def test_a_lost_tokens_server_sent_nothing(transport: Http1Transport) -> None:
    with Rogue() as gone:
        address = gone.url
    tokens = Tokens(read_account(account_file(address)))
    with pytest.raises(NotSent):
        await tokens.token(transport, HERE)


async def test_plain_http_needs_the_operators_consent(
    rogue: Rogue, transport: Http1Transport
) -> None:
    tokens = Tokens(read_account(account_file(rogue.url)))
    with pytest.raises(Refused, match="https"):
        await tokens.token(transport, Origin("https", "model.example", 443))
    assert not rogue.seen
