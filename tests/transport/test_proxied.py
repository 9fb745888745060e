"""What is particular to calls by way of a proxy."""

import pytest

from tests.support.proxies import Proxy
from tests.support.rogue import Rogue
from tests.transport.conftest import DEADLINES
from waystation.upstream.egress import EgressGuard, Forbidden
from waystation.upstream.outbound import Outbound
from waystation.upstream.transport import NotSent, Origin, Outgoing


def request(
    rogue: Rogue, proxy: str | None, host: str = "127.0.0.1", consent: bool = True
) -> Outgoing:
    return Outgoing(Origin("http", host, rogue.port, consent, proxy), "POST", "/", (), b"{}")


@pytest.mark.parametrize("kind", ["http", "socks"])
async def test_a_login_and_a_name_that_only_the_proxy_knows(rogue: Rogue, kind: str) -> None:
    outbound = Outbound(EgressGuard())
    async with Proxy("me", "secret", lead={"far.invalid": "127.0.0.1"}) as proxy:
        url = proxy.http_url if kind == "http" else proxy.socks_url
        answer = await outbound.send(request(rogue, url, "far.invalid"), DEADLINES)
        assert answer.status == 200
        assert await answer.read_all(1 << 20)
        assert proxy.targets == [f"far.invalid:{rogue.port}"]
        assert "proxy-authorization" not in rogue.seen[0].headers or kind == "http"
        await outbound.close()


async def test_a_socks_login_that_is_refused(rogue: Rogue) -> None:
    outbound = Outbound(EgressGuard())
    async with Proxy("me", "secret") as proxy:
        wrong = proxy.socks_url.replace("secret", "guess")
        with pytest.raises(NotSent) as caught:
            await outbound.send(request(rogue, wrong), DEADLINES)
        assert caught.value.kind == "connect"
        assert "guess" not in str(caught.value)
        await outbound.close()
    assert not rogue.links


@pytest.mark.parametrize("kind", ["http", "socks"])
async def test_the_proxys_address_is_judged(rogue: Rogue, kind: str) -> None:
    outbound = Outbound(EgressGuard())
    async with Proxy() as proxy:
        url = proxy.http_url if kind == "http" else proxy.socks_url
        with pytest.raises(Forbidden):
            await outbound.send(request(rogue, url, "far.invalid", consent=False), DEADLINES)
        with pytest.raises(Forbidden):
            await outbound.send(request(rogue, url, "169.254.169.254"), DEADLINES)
        assert not proxy.targets
        await outbound.close()


async def test_a_proxy_that_is_away(rogue: Rogue) -> None:
    outbound = Outbound(EgressGuard())
    async with Proxy() as proxy:
        urls = [proxy.http_url, proxy.socks_url, "smtp://127.0.0.1:1", "http://"]
    for url in urls:
        with pytest.raises(NotSent) as caught:
            await outbound.send(request(rogue, url), DEADLINES)
        assert caught.value.kind == "connect"
    await outbound.close()


async def test_without_a_proxy_the_way_is_direct(rogue: Rogue) -> None:
    outbound = Outbound(EgressGuard())
    answer = await outbound.send(request(rogue, None), DEADLINES)
    await answer.read_all(1 << 20)
    assert outbound.ready(Origin("http", "127.0.0.1", rogue.port, True))
    await outbound.close()
