"""The fake keeps the transport's promises, so that tests on top of it mean something."""

import asyncio

import pytest

from waystation.upstream.fake import FakeReply, FakeTransport
from waystation.upstream.transport import Deadlines, MaybeSent, NotSent, Origin, Outgoing, Transport

REQUEST = Outgoing(Origin("https", "fake.example", 443), "POST", "/", (), b"{}")


async def test_the_script_is_played() -> None:
    gate = asyncio.Event()
    fake = FakeTransport(
        NotSent("connect"),
        MaybeSent("reset"),
        FakeReply(200, [b"a", gate, b"b"]),
        FakeReply(500, [b"half", MaybeSent("reset")]),
        FakeReply(200, [b"12345"]),
    )
    transport: Transport = fake
    sent: list[int] = []

    with pytest.raises(NotSent):
        await transport.send(REQUEST, Deadlines(), lambda: sent.append(1))
    assert not sent
    with pytest.raises(MaybeSent):
        await transport.send(REQUEST, Deadlines(), lambda: sent.append(1))
    assert sent == [1]
    answer = await transport.send(REQUEST, Deadlines())
    assert await answer.read() == b"a"
    rest = asyncio.create_task(answer.read())
    await asyncio.sleep(0)
    assert not rest.done()
    gate.set()
    assert await rest == b"b"
    assert await answer.read() == b""
    broken = await transport.send(REQUEST, Deadlines())
    assert (broken.status, await broken.read()) == (500, b"half")
    with pytest.raises(MaybeSent):
        await broken.read()
    with pytest.raises(MaybeSent, match="too_large"):
        await (await transport.send(REQUEST, Deadlines())).read_all(4)
    assert len(fake.requests) == 5
