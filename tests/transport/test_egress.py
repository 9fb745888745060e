"""Nothing reaches what it must not reach, however its address is written."""

import asyncio
import socket
from ipaddress import ip_address

import pytest

from tests.support.rogue import Rogue
from tests.transport.conftest import Line, OpenHttp1
from tests.transport.hostile import HOSTS, URLS
from waystation.upstream.egress import EgressGuard, Forbidden, parse_url, verdict
from waystation.upstream.networks import METADATA
from waystation.upstream.transport import Deadlines, NotSent, Origin, Outgoing, Transport

DEADLINES = Deadlines(0.5, 0.5, 0.5, 1.0)


class Tripwire:
    """Listens on every address of this machine, both families, and counts who comes."""

    def __init__(self) -> None:
        self.touched = 0

    async def __aenter__(self) -> "Tripwire":
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._touch, ["0.0.0.0", "::"], 0)
        self.ports = [sock.getsockname()[1] for sock in self._server.sockets]
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._server.close()

    def _touch(self) -> asyncio.Protocol:
        self.touched += 1
        return asyncio.Protocol()


def test_the_list_is_long() -> None:
    assert len(set(URLS)) >= 120


async def test_no_hostile_url_reaches_the_tripwire(open_http1: OpenHttp1) -> None:
    transport = open_http1()
    async with Tripwire() as tripwire:
        for url in URLS:
            for port in tripwire.ports:
                with pytest.raises((ValueError, NotSent)):
                    await _fetch(transport, url.replace("{port}", str(port)))
        await asyncio.sleep(0.05)
        assert tripwire.touched == 0
        # The wire does trip: with consent, the same address is reached.
        open_origin = Origin("http", "127.0.0.1", tripwire.ports[0], True)
        with pytest.raises(Exception, match="timeout"):
            await transport.send(Outgoing(open_origin, "GET", "/", ()), DEADLINES)
        assert tripwire.touched == 1


async def _fetch(transport: Transport, url: str) -> None:
    origin, target = parse_url(url)
    await transport.send(Outgoing(origin, "GET", target, ()), DEADLINES)


async def test_no_hostile_host_passes_without_a_url() -> None:
    """As an origin from the database, past the parser."""
    guard = EgressGuard()
    for host in HOSTS:
        with pytest.raises(NotSent):
            await guard.resolve(host.strip("[]"), 80)


@pytest.mark.parametrize("network", METADATA)
async def test_metadata_services_are_never_reached(network: object) -> None:
    """Not with consent, not with an open network, not by way of a mapped address."""
    address = str(network).split("/")[0]
    guard = EgressGuard(["0.0.0.0/0", "::/0"])
    forms = [address]
    if ":" not in address:
        forms += [f"::ffff:{address}", f"64:ff9b::{address}"]
    for form in forms:
        with pytest.raises(Forbidden):
            await guard.resolve(form, 80, allow_private=True)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", "public"),
        ("1.1.1.1", "public"),
        ("172.32.0.1", "public"),
        ("100.128.0.1", "public"),
        ("2606:4700::1111", "public"),
        ("64:ff9b::808:808", "public"),
        ("::ffff:8.8.8.8", "public"),
        ("10.0.0.1", "private"),
        ("127.0.0.1", "private"),
        ("100.64.0.1", "private"),
        ("198.18.0.1", "private"),
        ("fd12::1", "private"),
        ("::1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("0.0.0.0", "never"),
        ("169.254.1.1", "never"),
        ("224.0.0.1", "never"),
        ("255.255.255.255", "never"),
        ("fe80::1", "never"),
        ("::", "never"),
        ("2002:808:808::", "never"),
    ],
)
def test_verdicts(address: str, expected: str) -> None:
    assert verdict(ip_address(address)) == expected


async def test_consent_opens_private_addresses_only() -> None:
    guard = EgressGuard()
    assert await guard.resolve("10.1.2.3", 80, allow_private=True) == [("10.1.2.3", 80)]
    for never in ("0.0.0.0", "169.254.1.1", "224.0.0.1", "240.0.0.1"):
        with pytest.raises(Forbidden):
            await guard.resolve(never, 80, allow_private=True)


async def test_an_open_network_opens_itself_only() -> None:
    guard = EgressGuard(["10.7.0.0/16", "fd77::/16"])
    assert await guard.resolve("10.7.1.1", 443) == [("10.7.1.1", 443)]
    assert await guard.resolve("fd77::1", 443) == [("fd77::1", 443, 0, 0)]
    with pytest.raises(Forbidden):
        await guard.resolve("10.8.1.1", 443)


@pytest.mark.parametrize("port", [0, -1, 65536])
async def test_ports(port: int) -> None:
    with pytest.raises(Forbidden):
        await EgressGuard().resolve("8.8.8.8", port)


async def test_names_are_judged_by_where_they_lead(rogue: Rogue, open_http1: OpenHttp1) -> None:
    transport = open_http1()
    private = Origin("http", "localhost", rogue.port)
    with pytest.raises(Forbidden):
        await transport.send(Outgoing(private, "GET", "/", ()), DEADLINES)
    assert not rogue.links
    assert (await Line(transport).call(rogue, host="localhost")).status == 200


async def test_the_judged_address_is_dialled(
    rogue: Rogue, open_http1: OpenHttp1, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that answers with a public address first and a private one next gains nothing: it
    is asked once, and what was judged is what is dialled."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    asked: list[str] = []

    async def getaddrinfo(host: str, port: object, **more: object) -> list[object]:
        asked.append(host)
        return [(0, 0, 0, "", (text, 0)) for text in answers.pop(0)]

    monkeypatch.setattr(
        "waystation.upstream.egress.asyncio.get_running_loop",
        _loop_with(getaddrinfo),
    )
    guard = EgressGuard()
    assert await guard.resolve("rebind.example", rogue.port) == [("8.8.8.8", rogue.port)]
    assert await guard.resolve("rebind.example", rogue.port) == [("8.8.8.8", rogue.port)]
    assert asked == ["rebind.example"]
    guard = EgressGuard()
    with pytest.raises(Forbidden):
        await guard.resolve("rebind.example", rogue.port)


def _loop_with(getaddrinfo: object) -> object:
    real = asyncio.get_running_loop

    class Loop:
        def __init__(self) -> None:
            self.getaddrinfo = getaddrinfo
            self.time = real().time

    return Loop


async def test_of_mixed_answers_the_public_ones_remain(monkeypatch: pytest.MonkeyPatch) -> None:
    async def getaddrinfo(host: str, port: object, **more: object) -> list[object]:
        return [(0, 0, 0, "", (text, 0)) for text in ("10.0.0.1", "8.8.8.8", "fe80::1%eth0")]

    monkeypatch.setattr(
        "waystation.upstream.egress.asyncio.get_running_loop", _loop_with(getaddrinfo)
    )
    assert await EgressGuard().resolve("mixed.example", 80) == [("8.8.8.8", 80)]


async def test_many_ask_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def getaddrinfo(host: str, port: object, **more: object) -> list[object]:
        asked.append(host)
        await asyncio.sleep(0.01)
        return [(0, 0, 0, "", ("8.8.8.8", 0))]

    monkeypatch.setattr(
        "waystation.upstream.egress.asyncio.get_running_loop", _loop_with(getaddrinfo)
    )
    guard = EgressGuard()
    impatient = asyncio.create_task(guard.resolve("one.example", 80))
    others = [asyncio.create_task(guard.resolve("one.example", 80)) for _ in range(10)]
    await asyncio.sleep(0)
    impatient.cancel()
    assert await asyncio.gather(*others) == [[("8.8.8.8", 80)]] * 10
    assert asked == ["one.example"]


@pytest.mark.parametrize(
    ("url", "origin", "target"),
    [
        ("https://api.example", Origin("https", "api.example", 443), "/"),
        ("HTTPS://API.Example:8443/v1?x=1#part", Origin("https", "api.example", 8443), "/v1?x=1"),
        ("http://[2606:4700::1111]:81/a", Origin("http", "2606:4700::1111", 81), "/a"),
        ("http://1.1.1.1?q", Origin("http", "1.1.1.1", 80), "/?q"),
        ("http://h.example/图.png?a=%20", Origin("http", "h.example", 80), "/%E5%9B%BE.png?a=%20"),
        ("http://h.example/a@b:c", Origin("http", "h.example", 80), "/a@b:c"),
        ("http://xn--fsqu00a.example/", Origin("http", "xn--fsqu00a.example", 80), "/"),
    ],
)
def test_urls_that_are_fine(url: str, origin: Origin, target: str) -> None:
    assert parse_url(url) == (origin, target)


async def test_the_system_resolver_reads_no_odd_number() -> None:
    """Why odd notations are refused by form: the system would take them for loopback."""
    assert socket.gethostbyname("0x7f.1") == "127.0.0.1"
    with pytest.raises(Forbidden):
        await EgressGuard().resolve("0x7f.1", 80)
