"""Who may speak for whom."""

import json

import pytest

from tests.face.stage import Stage, own_face
from tests.face.wire import Wire, get
from waystation.edge.peers import TrustedProxies

OWN = TrustedProxies(["10.0.0.0/8", "192.168.1.7", "fd00::/8"])


def client(**headers: str) -> tuple[str, str]:
    fields = {
        name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()
    }
    return OWN.origin("10.0.0.1", "http", fields)


@pytest.mark.parametrize(
    ("hops", "found"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.2.3.4,192.168.1.7", "203.0.113.9"),
        ("10.9.9.9", "10.9.9.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, rubbish", "10.0.0.1"),
        ("rubbish, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, rubbish, 10.2.3.4", "10.2.3.4"),
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        (", ,", "10.0.0.1"),
    ],
)
def test_forwarded_for_is_read_from_the_right(hops: str, found: str):
    assert client(x_forwarded_for=hops)[0] == found


def test_proto_of_the_nearest_proxy():
    assert client(x_forwarded_proto="https")[1] == "https"
    assert client(x_forwarded_proto="http, HTTPS")[1] == "https"
    assert client(x_forwarded_proto="gopher")[1] == "http"


def test_forwarded_in_its_simple_form_only():
    assert client(forwarded='for="[2001:db8::1]:80";proto=https') == ("2001:db8::1", "https")
    assert client(forwarded="for=203.0.113.9") == ("203.0.113.9", "http")
    assert client(forwarded="for=1.1.1.1, for=2.2.2.2;proto=https") == ("10.0.0.1", "http")
    assert client(forwarded="for=_hidden") == ("10.0.0.1", "http")
    assert client(forwarded="for=1.1.1.1", x_forwarded_for="2.2.2.2")[0] == "2.2.2.2"


def test_trust():
    assert OWN.trusts("10.255.0.1")
    assert OWN.trusts("::ffff:10.0.0.1")
    assert OWN.trusts("fd00::1%eth0")
    assert not OWN.trusts("11.0.0.1")
    assert not OWN.trusts("unix")
    assert TrustedProxies(["unix"]).trusts("unix")
    assert not TrustedProxies().trusts("127.0.0.1")
    for bad in ("rubbish", "10.0.0.0/99"):
        with pytest.raises(ValueError):
            TrustedProxies([bad])


async def test_untrusted_peer_cannot_claim_another_address():
    claims = ("X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: https", "Forwarded: for=2.2.2.2")
    for proxies, expected in (
        ((), ("127.0.0.1", "http")),
        (("10.0.0.0/8",), ("127.0.0.1", "http")),
        (("127.0.0.0/8",), ("1.1.1.1", "https")),
    ):
        async with own_face(Stage(), proxies=proxies) as face, await Wire.open(face.port) as wire:
            await wire.say(get("/v1/echo", *claims))
            told = json.loads((await wire.hear()).body)
            assert (told["peer"], told["scheme"]) == expected
