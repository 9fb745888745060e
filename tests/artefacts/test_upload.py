"""POST /api/upload over real sockets: a picture becomes a link, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.artefacts.making import SVG, picture
from tests.pictures.studio import Form
from tests.support.gateway import (
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
from waystation.ledger.questions import AskLog, LogFilter, LogState

__all__ = ["data_template", "rogue"]

PNG = picture("png", 50, 40)
STORED_MOST, PICTURE_MOST = 3 * len(PNG) - 1, 20_000


def pytest_asyncio_loop_factories(config: Any, item: Any) -> Any:
    """The loop of production."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
async def station(
    request: pytest.FixtureRequest, data_template: Path, tmp_path: Path, rogue: Rogue
) -> AsyncIterator[Station]:
    what, face = document([channel("up", rogue.url)]), getattr(request, "param", "http1")
    bounds = {"stored_bytes_max": STORED_MOST, "picture_bytes_max": PICTURE_MOST}
    async with open_station(data_template, tmp_path, what, rogue, face=face, **bounds) as one:
        yield one


async def upload(station: Station, *parts: tuple[str, str | None, bytes], **more: Any) -> Reply:
    form = Form(list(parts))
    headers = {"content-type": more.pop("kind", form.content_type)}
    return await station.request("POST", "/api/upload", form.body(), headers=headers, **more)


@pytest.mark.parametrize("station", ["http1", "asgi"], indirect=True)
async def test_a_picture_becomes_a_link(station: Station) -> None:
    got = await upload(station, ("note", None, b"hello"), ("file", "boat.txt", PNG))
    assert got.status == 200, got.body
    told = got.json()
    assert set(told) == {"url", "created"}
    path = told["url"].partition("//")[2].partition("/")[2]
    shown = await station.request("GET", f"/{path}", key=None)
    assert (shown.status, shown.body, shown.headers["content-type"]) == (200, PNG, "image/png")
    (listed,) = (await station.request("GET", "/v1/artefacts")).json()["data"]
    assert (listed["bytes"], listed["created_ms"]) == (len(PNG), told["created"])
    assert listed["request_id"] == got.headers["x-request-id"]
    gone = await station.request("DELETE", f"/v1/artefacts/{listed['id']}")
    assert gone.status == 200
    assert (await station.request("GET", f"/{path}", key=None)).status == 404


async def test_it_counts_as_a_request(data_template: Path, tmp_path: Path, rogue: Rogue) -> None:
    """In the token's limits and the log, at no cost; what is refused is told of too."""
    what = document([channel("up", rogue.url)], tokens=[token(limits={"rpm": 2})])
    async with open_station(data_template, tmp_path, what, rogue) as station:
        got = await upload(station, ("file", "a.png", PNG))
        assert (got.status, got.headers["x-ratelimit-remaining-requests"]) == (200, "1")
        row = await station.row(got.headers["x-request-id"])
        told = (row.facts.operation, row.status, row.end, row.nanos)
        assert told == ("upload", 200, "complete", 0)
        bad = await upload(station, ("file", "a.svg", SVG))
        row = await station.row(bad.headers["x-request-id"])
        assert (row.status, row.code) == (415, "unsupported_media_type")
        assert (await upload(station, ("file", "a.png", PNG))).status == 200
        for reply in (await upload(station, ("file", "a.png", PNG)), await station.chat()):
            assert (reply.status, reply.error["code"]) == (429, "rate_limit_exceeded")
            assert 1 <= int(reply.headers["retry-after"]) <= 60
        assert len((await station.request("GET", "/v1/artefacts")).json()["data"]) == 2
        await station.settled()


async def test_an_account_has_room_for_so_much(station: Station) -> None:
    for _ in range(2):
        assert (await upload(station, ("file", "a.png", PNG))).status == 200
    full = await upload(station, ("file", "a.png", PNG))
    assert (full.status, full.error["code"]) == (413, "storage_limit_reached")
    oldest = (await station.request("GET", "/v1/artefacts")).json()["data"][-1]
    await station.request("DELETE", f"/v1/artefacts/{oldest['id']}")
    assert (await upload(station, ("file", "a.png", PNG))).status == 200


@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([], 400, "invalid_value"),
        ([("note", None, b"hello")], 400, "invalid_value"),
        ([("picture", "a.png", PNG)], 400, "invalid_value"),
        ([("file", "a.png", PNG), ("file", "b.png", PNG)], 400, "invalid_value"),
        ([("file", "a.png", b"")], 400, "invalid_image"),
        ([("file", "a.png", PNG[:40])], 400, "invalid_image"),
        ([("file", "a.png", b"<html><script>alert(1)</script>")], 415, "unsupported_media_type"),
        ([("file", "a.svg", SVG)], 415, "unsupported_media_type"),
        ([("file", "a.png", PNG + bytes(PICTURE_MOST))], 413, "request_too_large"),
        ([("note", None, bytes(200_000))], 413, "request_too_large"),
    ],
)
async def test_what_is_not_kept(station: Station, parts: Any, status: int, code: str) -> None:
    got = await upload(station, *parts)
    assert (got.status, got.error["code"]) == (status, code), got.body
    assert (await station.request("GET", "/v1/artefacts")).json()["data"] == []


async def test_what_is_no_form(station: Station) -> None:
    for kind, status, code in (
        ("application/json", 415, "unsupported_media_type"),
        ("multipart/form-data", 400, "multipart_boundary_missing"),
    ):
        got = await upload(station, ("file", "a.png", PNG), kind=kind)
        assert (got.status, got.error["code"]) == (status, code)


@pytest.mark.parametrize("station", ["http1", "asgi"], indirect=True)
async def test_who_leaves_in_the_middle_of_the_body_was_never_admitted(station: Station) -> None:
    """Logged as on every route whose body breaks off; no hold, nothing stored."""
    form = Form([("file", "a.png", PNG)])
    body = form.body()
    told = {"content-type": form.content_type, "content-length": str(len(body))}
    wire = await Wire.open(station.port)
    await wire.send("POST", "/api/upload", body[:-20], KEY, told)
    await wire.close()
    ledger, lines = station.gateway.site.ledger, []
    async with asyncio.timeout(20):
        while not lines:
            found = await ledger.ask(AskLog("newest", LogFilter(), 2))
            assert isinstance(found, LogState)
            lines = list(found.lines)
    (line,) = lines
    row = line.open()
    assert (row.end, row.status, row.code) == ("refused", 499, "client_closed_request")
    assert (row.facts.operation, row.nanos, line.hold_id) == ("upload", 0, None)
    assert not ledger.holds_open
    assert (await station.request("GET", "/v1/artefacts")).json()["data"] == []
