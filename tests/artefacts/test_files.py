"""GET /files/… and /v1/artefacts over real sockets, through the whole gateway."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
import uvloop

from tests.artefacts.making import SVG, picture
from tests.support.gateway import (
    EMAIL,
    KEY,
    Station,
    channel,
    data_template,
    document,
    open_station,
    rogue,
    token,
)
from tests.support.rogue import Rogue
from tests.support.wire import Reply, Wire
from waystation.artefacts.artefact import Artefact
from waystation.artefacts.media_types import AUDIO, PICTURES

__all__ = ["data_template", "rogue"]

EVE, EVE_KEY = "eve@example.com", "sk-artefacts-eve-0123456789abcdef"
PROXY = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example, pictures.example"}


def pytest_asyncio_loop_factories(config, item):
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def face() -> str:
    return "http1"


BOTH_FACES = pytest.mark.parametrize("face", ["http1", "asgi"])


@pytest.fixture
async def station(
    face: str, data_template: Path, tmp_path: Path, rogue: Rogue
) -> AsyncIterator[Station]:
    what = document(
        [channel("up", rogue.url)],
        accounts=[{"email": EVE}],
        tokens=[token(), token("hers", EVE_KEY, EVE)],
    )
    async with open_station(data_template, tmp_path, what, rogue, face=face) as one:
        yield one


async def keep(station: Station, data: bytes, email: str = EMAIL) -> tuple[Artefact, str]:
    """What was kept, and its link."""
    store = station.gateway.site.artefacts
    kept = await store.keep(station.account_ids[email], data, types=PICTURES | AUDIO)
    return kept, store.link(kept, "")


async def get(station: Station, path: str, method: str = "GET", **headers: str) -> Reply:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return await station.request(method, path, key=None, headers=told)


@BOTH_FACES
async def test_a_link_loads_without_a_key(station: Station) -> None:
    data = picture("png", 50, 40)
    kept, link = await keep(station, data)
    got = await get(station, link)
    assert (got.status, got.body) == (200, data)
    wanted = {
        "content-type": "image/png",
        "content-length": str(len(data)),
        "content-disposition": f'inline; filename="{kept.id}.png"',
        "etag": f'"{kept.sha256}"',
        "cache-control": "public, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
        "access-control-allow-origin": "*",
    }
    assert {name: got.headers.get(name) for name in wanted} == wanted
    assert "content-security-policy" not in got.headers
    asked = await get(station, link, "HEAD")
    assert (asked.status, asked.body) == (200, b"")
    assert {name: asked.headers.get(name) for name in wanted} == wanted


async def test_an_svg_is_locked_in(station: Station) -> None:
    _, link = await keep(station, SVG)
    policy = (await get(station, link)).headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy


@BOTH_FACES
async def test_unchanged_files_are_not_sent_again(station: Station) -> None:
    kept, link = await keep(station, picture())
    etag = f'"{kept.sha256}"'
    for condition in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        got = await get(station, link, if_none_match=condition)
        assert (got.status, got.body, got.headers["etag"]) == (304, b"", etag)
    assert (await get(station, link, if_none_match='"other"')).status == 200


async def test_ranges(station: Station) -> None:
    data = picture("png", 60, 60)
    kept, link = await keep(station, data)
    size = len(data)
    parts = {
        "bytes=0-0": (0, 1),
        "bytes=5-9": (5, 10),
        "bytes=5-": (5, size),
        "bytes=-7": (size - 7, size),
        f"bytes=-{size + 5}": (0, size),
        f"bytes=3-{size + 5}": (3, size),
        "Bytes = 5-9": (5, 10),
    }
    for asked, (start, end) in parts.items():
        got = await get(station, link, range=asked)
        assert (got.status, got.body) == (206, data[start:end]), asked
        assert got.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    for asked in (f"bytes={size}-", "bytes=-0", f"bytes={size + 9}-{size + 99}"):
        got = await get(station, link, range=asked)
        assert (got.status, got.headers["content-range"]) == (416, f"bytes */{size}")
        assert got.headers["cache-control"] == "no-store"
    for asked in ("bytes=0-1,3-4", "lines=0-1", "bytes=9-5", "bytes=-", "bytes=x-y", "bytes=+1-2"):
        got = await get(station, link, range=asked)
        assert (got.status, got.body) == (200, data), asked
    got = await get(station, link, range="bytes=0-3", if_range=f'"{kept.sha256}"')
    assert got.status == 206
    got = await get(station, link, range="bytes=0-3", if_range='"older"')
    assert (got.status, got.body) == (200, data)
    got = await get(station, link, "HEAD", range="bytes=0-3")
    assert (got.status, got.headers["content-length"]) == (200, str(size))


async def test_what_is_not_a_whole_link_is_not_found(station: Station) -> None:
    one, link = await keep(station, picture())
    two, other = await keep(station, picture("jpg"))
    signature = link.partition("?sig=")[2]
    wrong = [
        f"/files/img/{one.name}",
        f"/files/img/{one.name}?sig=",
        link[:-2],
        f"/files/img/{two.name}?sig={signature}",
        f"/files/audio/{one.name}?sig={signature}",
        f"/files/img/{one.id}.jpg?sig={signature}",
        f"/files/img/{one.id}?sig={signature}",
        link.replace("?sig=", "?sig=x"),
        link.replace("?sig=", "?sig=%C3%A4"),
        f"/files/img/{'x' * 2000}?sig={signature}",
    ]
    for path in wrong:
        for method in ("GET", "HEAD"):
            got = await get(station, path, method)
            assert got.status == 404, path
            assert got.headers["cache-control"] == "no-store"
            if method == "GET":
                assert got.error["code"] == "artefact_not_found"
    for path in ("/files", "/files/img", f"/files/img/x/{one.name}", "/files/../files/img/x"):
        assert (await get(station, path)).status == 404
    assert (await get(station, link, "POST")).status == 405
    deleted = await station.request("DELETE", f"/v1/artefacts/{one.id}")
    assert (deleted.status, deleted.json()) == (
        200,
        {"id": one.id, "object": "artefact", "deleted": True},
    )
    assert (await get(station, link)).status == 404
    assert (await get(station, other)).status == 200


async def test_another_account_sees_and_deletes_nothing(station: Station) -> None:
    kept, link = await keep(station, picture())
    hers, _ = await keep(station, picture(), EVE)
    got = await station.request("DELETE", f"/v1/artefacts/{kept.id}", key=EVE_KEY)
    assert (got.status, got.error["code"]) == (404, "artefact_not_found")
    listed = (await station.request("GET", "/v1/artefacts", key=EVE_KEY)).json()
    assert [one["id"] for one in listed["data"]] == [hers.id]
    assert (await get(station, link)).status == 200


async def test_the_list_leads_to_the_files(station: Station) -> None:
    kept = [(await keep(station, picture(width=4 + at)))[0] for at in range(3)]
    first = (await station.request("GET", "/v1/artefacts?limit=2")).json()
    assert first["has_more"] is True
    rest = await station.request("GET", f"/v1/artefacts?limit=2&cursor={first['next_cursor']}")
    ids = [one["id"] for one in first["data"] + rest.json()["data"]]
    assert sorted(ids) == sorted(one.id for one in kept)
    address = first["data"][0]["url"]
    assert address.startswith("http://relay.test/files/img/")
    assert (await get(station, address.removeprefix("http://relay.test"))).status == 200
    bad = await station.request("GET", "/v1/artefacts?cursor=nonsense")
    assert (bad.status, bad.error["code"]) == (400, "invalid_value")


async def test_only_a_trusted_proxy_tells_the_address(station: Station) -> None:
    await keep(station, picture())
    got = await station.request("GET", "/v1/artefacts", headers=PROXY)
    assert got.json()["data"][0]["url"].startswith("http://relay.test/files/")


@BOTH_FACES
@pytest.mark.parametrize(
    ("options", "base"),
    [
        ({"trusted_proxies": ("127.0.0.1",)}, "https://pictures.example"),
        ({"public_url": "https://relay.example/"}, "https://relay.example"),
    ],
)
async def test_the_address_that_users_see(
    data_template: Path, tmp_path: Path, rogue: Rogue, face: str, options: dict, base: str
) -> None:
    what = document([channel("up", rogue.url)])
    async with open_station(data_template, tmp_path, what, rogue, face=face, **options) as one:
        await keep(one, picture())
        got = await one.request("GET", "/v1/artefacts", headers=PROXY)
        assert got.json()["data"][0]["url"].startswith(f"{base}/files/img/")


def count_pieces(station: Station, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the pieces that were read from the object store from now on."""
    shelf, given = station.gateway.site.artefacts.shelf, []
    read = shelf.read

    async def counted(name: str, start: int, end: int) -> AsyncGenerator[bytes, None]:
        async with aclosing(read(name, start, end)) as pieces:
            async for piece in pieces:
                given.append(len(piece))
                yield piece

    monkeypatch.setattr(shelf, "read", counted)
    return given


@BOTH_FACES
async def test_a_slow_reader_is_waited_for_and_others_are_not(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large file is read as it is taken: what nobody takes stays on disk."""
    data = b"RIFF\0\0\0\0WAVE" + bytes(24_000_000)
    _, link = await keep(station, data)
    given = count_pieces(station, monkeypatch)
    wire = await Wire.open(station.port, limit=2**16)
    await wire.send("GET", link)
    assert await wire.read_head() == 200
    before = -1
    while before != sum(given):  # until nothing more goes into the buffers on the way
        before = sum(given)
        for _ in range(5):
            assert (await get(station, link, "HEAD")).status == 200
    assert 0 < before < len(data) // 2
    assert await wire.read_body() == data
    await wire.close()


@BOTH_FACES
async def test_a_reader_that_leaves_in_the_middle(station: Station) -> None:
    _, link = await keep(station, b"RIFF\0\0\0\0WAVE" + bytes(24_000_000))
    wire = await Wire.open(station.port)
    await wire.send("GET", link)
    await wire.read_head()
    await wire.close(reset=True)
    assert await station.gateway.face.wait_idle(5.0)
    assert (await get(station, link, range="bytes=0-9")).status == 206


async def test_a_file_that_is_gone_from_the_store(station: Station) -> None:
    kept, link = await keep(station, picture())
    (station.settings.data / "artefacts" / kept.object).unlink()
    assert (await get(station, link)).status == 404
    assert (await get(station, link, key=KEY)).status == 404
