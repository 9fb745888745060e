"""Keep, find, read, list, delete: on SQLite and PostgreSQL, in a folder and in memory."""

import asyncio
import hashlib
from pathlib import Path

import pytest

from tests.artefacts.conftest import BASE, House
from tests.artefacts.making import SAMPLES, picture, png_that_claims
from tests.identity.rows import add_account
from waystation.artefacts.listing import list_artefacts
from waystation.artefacts.media_types import AUDIO, PICTURES, TEXT, TYPES, VIDEO
from waystation.artefacts.rows import BadCursor
from waystation.artefacts.shelf import ArtefactsAway, NoObject
from waystation.artefacts.store import ArtefactStore
from waystation.errors import Fault
from waystation.settings import Settings
from waystation.storage.database import Database, StorageAway
from waystation.storage.master_key import MasterKey
from waystation.storage.sealing import Sealing
from waystation.storage.signing import add_signing_key

EVERYTHING = PICTURES | AUDIO | VIDEO | TEXT


async def test_what_is_kept_is_found_and_read_again(house: House) -> None:
    data = picture("png", 6, 4)
    kept = await house.store.keep(house.ada, data, token_id=7, request_id="req-1", task_id="task-1")
    assert (kept.kind, kept.content_type, kept.bytes) == ("img", "image/png", len(data))
    assert (kept.width, kept.height) == (6, 4)
    assert kept.sha256 == hashlib.sha256(data).hexdigest()
    assert (kept.token_id, kept.request_id, kept.task_id) == (7, "req-1", "task-1")
    assert len(kept.id) == 22
    other = house.again()
    assert await other.find(kept.id) == kept
    assert await other.read_all(kept) == data
    assert b"".join([piece async for piece in other.read(kept, 10, 40)]) == data[10:40]
    assert other.link(kept, BASE).startswith(f"{BASE}/files/img/{kept.id}.png?sig=")
    if house.objects is None:
        (path,) = house.files()
        assert path.read_bytes() == data
        assert (house.settings.data / "artefacts").stat().st_mode & 0o777 == 0o700


async def test_every_type_is_told_by_its_bytes(house: House) -> None:
    for content_type, data in SAMPLES.items():
        kept = await house.store.keep(house.ada, data, types=EVERYTHING)
        assert kept.content_type == content_type
        assert kept.name.endswith("." + TYPES[content_type].ext)
        assert kept.kind == TYPES[content_type].kind


NO_PICTURES = [
    b"",
    b"<!doctype html><html><body>no picture</body></html>",
    b"<html><svg></svg></html>",
    b"<script>1</script><svg></svg>",
    b'<!DOCTYPE svg [<!ENTITY a "b">]><svg></svg>',
    b"%PDF-1.7 ...",
    b"PK\x03\x04",
    b'{"error":"no picture"}',
    b"GIF89",
    b"\xff\xd8\xff\xe0 a jpeg that is none",
    SAMPLES["video/mp4"],
    picture("png")[:20],
    png_that_claims(100_000, 100_000),
    png_that_claims(8_001, 8_001),
]


async def test_what_is_no_picture_is_an_upstream_fault(house: House) -> None:
    for data in NO_PICTURES:
        with pytest.raises(Fault) as caught:
            await house.store.keep(house.ada, data)
        assert (caught.value.code, caught.value.status) == ("bad_upstream_response", 502)
    assert not [path for path in house.files() if path.suffix == ".png"]


async def test_a_file_on_disk_is_streamed_in(house: House, tmp_path: Path) -> None:
    data = SAMPLES["audio/wav"] + bytes(3_000_000)
    path = tmp_path / "song"
    path.write_bytes(data)
    kept = await house.store.keep(house.ada, path, types=AUDIO)
    assert (kept.bytes, kept.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert await house.store.read_all(kept) == data
    pieces = [len(piece) async for piece in house.store.read(kept)]
    assert sum(pieces) == len(data)
    assert len(pieces) > 8 or house.objects is not None


async def test_a_link_leads_to_its_file_alone(house: House) -> None:
    one = await house.store.keep(house.ada, picture("png"))
    two = await house.store.keep(house.ada, picture("jpg"))
    signature = house.store.link(one, "").partition("?sig=")[2]
    find = house.store.find_linked
    assert await find("img", one.name, signature) == one
    assert await find("img", two.name, signature) is None
    assert await find("audio", one.name, signature) is None
    assert await find("img", one.id + ".jpg", signature) is None
    assert await find("img", one.name, signature[:-1]) is None
    assert await find("img", one.name, "") is None
    assert await find("img", one.name, "new." + signature) is None


async def test_old_keys_go_on_verifying_and_new_ones_are_noticed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await house.store.keep(house.ada, picture())
    before = house.store.link(kept, "").partition("?sig=")[2]
    await add_signing_key(house.database, house.sealing, kept.created_ms + 1)
    other = house.again()
    assert await other.find_linked("img", kept.name, before) == kept
    after = other.link(kept, "").partition("?sig=")[2]
    assert after != before
    # A process that read the keys earlier looks again when it sees one that it does not know.
    monkeypatch.setattr("waystation.artefacts.links.UNKNOWN_SECONDS", 0.0)
    assert await house.store.find_linked("img", kept.name, after) == kept
    assert (await other.keep(house.ada, picture())).object.split("/")[0] == kept.object.split("/")[
        0
    ], "the folder stays the same"


async def test_what_is_known_stays_when_the_keys_cannot_be_read(house: House) -> None:
    """As after a change of the master key, until the process is given the new one."""
    kept = await house.store.keep(house.ada, picture())
    link = house.store.link(kept, "")
    await add_signing_key(house.database, Sealing(MasterKey.new()), kept.created_ms + 1)
    assert await house.store.find(kept.id) == kept
    signature = link.partition("?sig=")[2]
    assert await house.store.find_linked("img", kept.name, "unknown." + signature) is None
    assert await house.store.find_linked("img", kept.name, signature) == kept
    with pytest.raises(StorageAway):
        await house.again().keep(house.ada, picture())


async def test_a_database_that_was_never_set_up(store: Database, tmp_path: Path) -> None:
    sealing = Sealing(MasterKey.new())
    fresh = ArtefactStore(Settings(data=tmp_path), store, lambda: sealing)
    with pytest.raises(StorageAway):
        await fresh.keep(await add_account(store, "ada@example.com"), picture())


async def test_pages_by_key(house: House) -> None:
    kept = [await house.store.keep(house.ada, picture()) for _ in range(7)]
    await house.store.keep(house.eve, picture())
    newest_first = sorted(kept, key=lambda one: (one.created_ms, one.id), reverse=True)
    seen, cursor = [], ""
    for expected in (3, 3, 1):
        page = await house.store.page(house.ada, cursor, 3)
        assert len(page.artefacts) == expected
        seen += page.artefacts
        cursor = page.cursor or ""
    assert seen == newest_first
    assert cursor == ""
    for bad in ("x", "12", "12-", "-a", "1-a'b", "1" * 20 + "-a", "1-" + "a" * 65):
        with pytest.raises(BadCursor):
            await house.store.page(house.ada, bad, 3)


async def test_the_list_as_both_apis_show_it(house: House) -> None:
    kept = await house.store.keep(house.ada, picture(), request_id="r", life_seconds=60)
    listed = await list_artefacts(house.store, house.ada, "limit=1", BASE)
    assert listed == {
        "object": "list",
        "data": [
            {
                "id": kept.id,
                "object": "artefact",
                "kind": "img",
                "content_type": "image/png",
                "bytes": kept.bytes,
                "width": 6,
                "height": 4,
                "sha256": kept.sha256,
                "created_ms": kept.created_ms,
                "expires_ms": kept.created_ms + 60_000,
                "request_id": "r",
                "task_id": None,
                "url": house.store.link(kept, BASE),
            }
        ],
        "has_more": False,
        "next_cursor": None,
    }
    for query in ("limit=0", "limit=101", "limit=x", "cursor=x", "limit=%D9%A1"):
        with pytest.raises(Fault) as caught:
            await list_artefacts(house.store, house.ada, query, BASE)
        assert caught.value.code == "invalid_value"


async def test_deleting_is_for_the_owner_and_at_once(house: House) -> None:
    kept = await house.store.keep(house.ada, picture())
    assert not await house.store.delete(kept.id, house.eve)
    assert not await house.store.delete("never-there", house.ada)
    assert not await house.store.delete("x" * 5000, house.ada)
    assert await house.store.find(kept.id) == kept
    assert await house.store.delete(kept.id, house.ada)
    assert not await house.store.delete(kept.id, house.ada)
    assert await house.store.find(kept.id) is None
    assert (await house.store.page(house.ada, "", 9)).artefacts == ()
    with pytest.raises(NoObject):
        await house.store.read_all(kept)
    assert house.files() == []


async def test_many_at_once(house: House) -> None:
    """Writers of one SQLite file take turns; nobody is refused."""
    stores = [house.store, house.again(), house.again()]
    kept = await asyncio.gather(
        *(stores[at % 3].keep(house.ada, picture(width=4 + at)) for at in range(30))
    )
    assert len({one.id for one in kept}) == 30
    assert len((await house.store.page(house.ada, "", 50)).artefacts) == 30


async def test_a_place_that_cannot_be_used_is_told(house: House, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = house.again(artefacts=str(tmp_path / "file"))
    if house.objects is not None:
        return
    with pytest.raises(ArtefactsAway):
        await store.keep(house.ada, picture())
    assert (await store.page(house.ada, "", 9)).artefacts == ()
