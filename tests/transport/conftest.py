"""A rogue upstream, and each transport to call it with: direct, by HTTP proxy, by SOCKS proxy."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvloop

from tests.support.proxies import Proxy
from tests.support.rogue import Rogue
from tests.transport.authority import Authority
from waystation.upstream.egress import EgressGuard
from waystation.upstream.http1 import Http1Transport
from waystation.upstream.proxied import ProxiedTransport
from waystation.upstream.transport import Deadlines, Incoming, Origin, Outgoing, Transport


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as server:
        yield server


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


OpenHttp1 = Callable[..., Http1Transport]
DEADLINES = Deadlines(5.0, 5.0, 5.0, 20.0)


@dataclass(frozen=True)
class Line:
    """A transport, and how to reach a server on this machine with it."""

    transport: Transport
    proxy: str | None = None
    deadlines: Deadlines = DEADLINES

    @property
    def is_direct(self) -> bool:
        return self.proxy is None

    def within(self, **seconds: float) -> "Line":
        named = {f"{name}_seconds": value for name, value in seconds.items()}
        return replace(self, deadlines=msgspec.structs.replace(self.deadlines, **named))

    def origin(self, rogue: Rogue, host: str = "127.0.0.1") -> Origin:
        scheme = "https" if rogue.url.startswith("https") else "http"
        return Origin(scheme, host, rogue.port, True, self.proxy)  # type: ignore[arg-type]

    async def call(
        self,
        rogue: Rogue,
        method: str = "POST",
        target: str = "/v1/chat/completions",
        headers: tuple[tuple[bytes, bytes], ...] = (),
        body: bytes = b"{}",
        host: str = "127.0.0.1",
        **more: object,
    ) -> Incoming:
        if method in ("GET", "HEAD"):
            body = b""
        request = Outgoing(self.origin(rogue, host), method, target, headers, body, **more)  # type: ignore[arg-type]
        return await self.transport.send(request, self.deadlines)


async def read_on(answer: Incoming) -> bytes:
    """The body to its end, or to the fault that it raises."""
    body = b""
    while piece := await answer.read():
        body += piece
    return body


@pytest.fixture
async def direct(authority: Authority) -> AsyncIterator[Line]:
    transport = Http1Transport(EgressGuard(), ca_file=authority.ca_file)
    yield Line(transport)
    await transport.close()


@pytest.fixture(params=["direct", "http-proxy", "socks-proxy"])
async def line(request: pytest.FixtureRequest, authority: Authority) -> AsyncIterator[Line]:
    guard = EgressGuard()
    if request.param == "direct":
        direct = Http1Transport(guard, ca_file=authority.ca_file)
        yield Line(direct)
        await direct.close()
        return
    async with Proxy() as proxy:
        url = proxy.http_url if request.param == "http-proxy" else proxy.socks_url
        proxied = ProxiedTransport(guard, ca_file=authority.ca_file)
        yield Line(proxied, url)
        await proxied.close()


@pytest.fixture
async def open_http1() -> AsyncIterator[OpenHttp1]:
    """Makes transports with given arguments and closes them after the test."""
    made: list[Http1Transport] = []

    def make(guard: EgressGuard | None = None, **arguments: Any) -> Http1Transport:
        made.append(Http1Transport(guard or EgressGuard(), **arguments))
        return made[-1]

    yield make
    for transport in made:
        await transport.close()


@pytest.fixture
def socket_path(tmp_path: Path) -> str:
    return str(tmp_path / "rogue.sock")
