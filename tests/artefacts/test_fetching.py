"""Files at others' addresses: what comes, what is refused, and whose fault it is called."""

import base64
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.artefacts.making import SAMPLES, picture
from tests.support.rogue import Rogue
from tests.support.script import CLOSE, RESET, STALL, Endless, Script, chunk, head
from tests.transport.hostile import URLS
from tests.transport.test_egress import Tripwire
from waystation.artefacts.media_types import AUDIO, PICTURES, PNG
from waystation.errors import Fault
from waystation.settings import Settings
from waystation.upstream.data_url import BadDataUrl, read_data_url
from waystation.upstream.egress import EgressGuard
from waystation.upstream.fetching import REDIRECTS_MAX, Fetched, Fetcher, Wanted
from waystation.upstream.http1 import Http1Transport

DATA = picture("png")
LOCAL = "127.0.0.1"
HTML, PNG_HEAD = {"content-type": "text/html"}, {"content-type": "image/png"}


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as one:
        one.answer(one.reply(200, DATA, HTML))
        yield one


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """As in production: no private address is open to anybody."""
    transport = Http1Transport(EgressGuard())
    yield Fetcher(transport, Settings(fetch_bytes_max=100_000, fetch_seconds_max=5))
    await transport.close()


@pytest.fixture
async def open_fetcher() -> AsyncIterator[Fetcher]:
    """The operator opened this machine's addresses to everybody."""
    transport = Http1Transport(EgressGuard([f"{LOCAL}/32"]))
    yield Fetcher(transport, Settings(fetch_bytes_max=100_000, fetch_seconds_max=0.5))
    await transport.close()


def vendor(**more: object) -> Wanted:
    return Wanted("vendor", private_host=LOCAL, **more)  # type: ignore[arg-type]


async def refusal(fetcher: Fetcher, address: str, wanted: Wanted) -> str:
    with pytest.raises(Fault) as caught:
        await fetcher.fetch(address, wanted)
    fault = caught.value
    if wanted.whose == "caller":
        assert (fault.code, fault.status) == ("image_fetch_failed", 400)
        assert fault.param == wanted.param
    else:
        assert (fault.code, fault.status) == ("bad_upstream_response", 502)
    return fault.text("en")


def moved(location: str, status: int = 302) -> Script:
    return (head(status, {"location": location, "content-length": "0"}),)


async def test_a_file_is_fetched_and_told_by_its_bytes(fetcher: Fetcher, rogue: Rogue) -> None:
    assert await fetcher.fetch(f"{rogue.url}/a.jpg?x=1", vendor()) == Fetched(DATA, PNG)
    (seen,) = rogue.seen
    assert (seen.method, seen.target) == ("GET", "/a.jpg?x=1")
    assert not {"authorization", "cookie", "referer"} & set(seen.headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_followed(fetcher: Fetcher, rogue: Rogue, status: int) -> None:
    rogue.on("/first", moved("deep/second?y", status))
    rogue.on("/deep/second", moved(f"{rogue.url}/third", status))
    assert (await fetcher.fetch(f"{rogue.url}/first", vendor())).data == DATA
    assert [seen.target for seen in rogue.seen] == ["/first", "/deep/second?y", "/third"]


async def test_redirects_have_an_end(fetcher: Fetcher, rogue: Rogue) -> None:
    rogue.answer(moved("/again"))
    assert "more than 5 times" in await refusal(fetcher, f"{rogue.url}/", vendor())
    assert len(rogue.seen) == REDIRECTS_MAX + 1


@pytest.mark.parametrize(
    "to",
    [
        "http://localhost:{port}/inner",
        "http://127.0.0.2:{port}/inner",
        "http://[::1]:{port}/inner",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f.1:{port}/inner",
        "file:///etc/passwd",
        "http://user@127.0.0.1:{port}/inner",
        "//127.0.0.2:{port}/inner",
        "",
    ],
)
async def test_no_redirect_leads_to_another_private_address(
    fetcher: Fetcher, rogue: Rogue, to: str
) -> None:
    """The consent to one channel's host is for that host alone."""
    rogue.on("/first", moved(to.replace("{port}", str(rogue.port))))
    await refusal(fetcher, f"{rogue.url}/first", vendor())
    assert len(rogue.seen) == 1


async def test_headers_stay_with_the_first_origin(open_fetcher: Fetcher, rogue: Rogue) -> None:
    with Rogue() as other:
        other.answer(other.reply(200, DATA))
        rogue.on("/first", moved("/second"))
        rogue.on("/second", moved(f"{other.url}/third"))
        wanted = Wanted("vendor", headers=((b"authorization", b"Bearer channel-key"),))
        await open_fetcher.fetch(f"{rogue.url}/first", wanted)
        assert [seen.headers.get("authorization") for seen in rogue.seen] == [
            "Bearer channel-key",
            "Bearer channel-key",
        ]
        assert "authorization" not in other.seen[0].headers


async def test_no_hostile_address_reaches_anything(fetcher: Fetcher) -> None:
    async with Tripwire() as tripwire:
        for url in URLS:
            for port in tripwire.ports:
                wanted = Wanted("caller", param="messages.0.content.1", seconds_max=1.0)
                text = await refusal(fetcher, url.replace("{port}", str(port)), wanted)
                assert "messages.0.content.1" in text
        assert tripwire.touched == 0


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (Rogue.reply(404, b"nothing here"), "answers 404"),
        (Rogue.reply(200, b"<html>sign in first</html>", PNG_HEAD), "unknown type"),
        (Rogue.reply(200, b"", PNG_HEAD), "empty"),
        (Rogue.reply(200, SAMPLES["audio/wav"]), "audio/wav"),
        (Rogue.reply(200, SAMPLES["image/svg+xml"]), "image/svg+xml"),
        (Rogue.reply(200, DATA + bytes(100_000)), "larger than 100000 bytes"),
        ((head(200, {"content-length": "999999999999"}), DATA, STALL), "larger than"),
        (
            (head(200, {"transfer-encoding": "chunked"}), chunk(DATA), Endless(chunk(bytes(9000)))),
            "larger than",
        ),
        ((head(200, {"content-length": "5000"}), DATA[:50], CLOSE), "connection was lost"),
        ((head(200, {"content-length": "5000"}), DATA[:50], RESET), "connection was lost"),
        ((b"not http at all\r\n\r\n", CLOSE), "HTTP"),
        (Rogue.gzip_bomb(50), "larger than"),
        ((STALL,), "0.5 s"),
        ((head(200, {"content-length": "5000"}), DATA[:50], STALL), "0.5 s"),
    ],
)
async def test_what_comes_instead_of_a_picture(
    open_fetcher: Fetcher, rogue: Rogue, script: Script, told: str
) -> None:
    rogue.answer(script)
    for wanted in (Wanted("caller", param="image"), Wanted("vendor")):
        text = await refusal(open_fetcher, f"{rogue.url}/a.png", wanted)
        assert told in text or "takes too long" in text or "in time" in text, text
        assert str(rogue.port) not in text, "our network is nobody's business"


async def test_one_time_for_the_whole_chain(open_fetcher: Fetcher, rogue: Rogue) -> None:
    from tests.support.script import Pause

    rogue.answer((Pause(0.2), *moved("/again")))
    assert "0.5 s" in await refusal(open_fetcher, f"{rogue.url}/", Wanted("caller"))
    assert len(rogue.seen) <= 3


async def test_types_are_the_askers_choice(fetcher: Fetcher, rogue: Rogue) -> None:
    rogue.answer(rogue.reply(200, SAMPLES["audio/mpeg"]))
    fetched = await fetcher.fetch(f"{rogue.url}/a", vendor(types=AUDIO))
    assert fetched.media_type.name == "audio/mpeg"


async def test_data_urls_come_the_same_way(fetcher: Fetcher) -> None:
    url = "data:image/png;base64," + base64.b64encode(DATA).decode()
    assert await fetcher.fetch(url, Wanted("caller", types=PICTURES)) == Fetched(DATA, PNG)
    assert await fetcher.fetch("DATA" + url[4:], Wanted("caller")) == Fetched(DATA, PNG)
    page = "data:image/png;base64," + base64.b64encode(b"<html></html>").decode()
    assert "unknown type" in await refusal(fetcher, page, Wanted("caller"))


TEXT = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "url",
    [
        f"data:image/png;base64,{TEXT}",
        f"data:;base64,{TEXT}",
        f"data:image/png;name=a.png;base64,{TEXT}",
        f"data:IMAGE/PNG;BASE64,{TEXT}",
        "data:image/png;base64,"
        + "\r\n".join(TEXT[at : at + 76] for at in range(0, len(TEXT), 76)),
    ],
)
def test_data_urls_as_clients_write_them(url: str) -> None:
    assert read_data_url(url, len(DATA)) == DATA


@pytest.mark.parametrize(
    "url",
    [
        "data:",
        "data:image/png;base64,",
        f"data:image/png,{TEXT}",
        f"data:image/png;base64{TEXT}",
        f"data:image/png;base64,{TEXT[:-1]}",
        f"data:image/png;base64,{TEXT}=",
        f"data:image/png;base64,{TEXT} ",
        f"data:image/png;base64,!{TEXT}",
        f"data:image/png;base64,{TEXT[:8]}=={TEXT[8:]}",
        f"data:image/png;base64,{TEXT[:40].replace(TEXT[3], '-')}",
        f"data:image/png;base64,{TEXT}%3D",
        "data:image/png;base64,äöü",
        "data:" + "a" * 300 + f";base64,{TEXT}",
        " data:image/png;base64,AAAA",
    ],
)
def test_data_urls_that_are_none(url: str) -> None:
    with pytest.raises(BadDataUrl):
        read_data_url(url, 10**6)


def test_a_data_url_above_the_cap_is_not_decoded() -> None:
    for size in (len(DATA) - 1, 10):
        with pytest.raises(BadDataUrl, match="larger"):
            read_data_url(f"data:image/png;base64,{TEXT}", size)
