"""What is over is removed, what nobody knows is swept, and nothing else goes."""

import asyncio
import os
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from tests.artefacts.conftest import House
from tests.artefacts.making import picture
from waystation.artefacts.artefact import Artefact
from waystation.artefacts.shelf import ArtefactsAway, NoObject
from waystation.artefacts.sweep import Ended, end_expired, sweep_orphans
from waystation.control.retention import end_all, keep_tidy
from waystation.kernel.clock import now_ms
from waystation.storage.main import artefacts

DAY_MS = 86_400_000


async def age(house: House, kept: Artefact, days: float) -> None:
    """As if it had been kept so long ago."""
    values = {"created_ms": kept.created_ms - int(days * DAY_MS)}
    async with house.database.write() as connection:
        await connection.execute(update(artefacts).where(artefacts.c.id == kept.id).values(values))


async def is_there(house: House, kept: Artefact) -> bool:
    try:
        await house.store.read_all(kept)
    except NoObject:
        return False
    return True


async def test_the_setting_ends_what_is_old(house: House) -> None:
    old, young, own, forever = [await house.store.keep(house.ada, picture()) for _ in range(4)]
    short = await house.store.keep(house.ada, picture(), life_seconds=-1)
    long = await house.store.keep(house.ada, picture(), life_seconds=1000 * 86_400)
    await age(house, old, 31)
    await age(house, young, 29)
    await age(house, long, 31)
    month, endless = house.again(artefact_days=30), house.again(artefact_days=0)

    assert await endless.find(old.id) is not None
    for gone in (old, short):
        assert await month.find(gone.id) is None, "it is over before the job has come by"
        assert not await month.delete(gone.id, house.ada)
    listed = {one.id for one in (await month.page(house.ada, "", 50)).artefacts}
    assert listed == {young.id, own.id, forever.id, long.id}
    assert month.rows.expires_ms(own) == own.created_ms + 30 * DAY_MS
    assert endless.rows.expires_ms(own) is None

    assert await end_expired(endless) == Ended(1, 1)
    assert not await is_there(house, short)
    assert await end_expired(month) == Ended(1, 1)
    assert await end_expired(month) == Ended(0, 0)
    assert not await is_there(house, old)
    for stays in (young, own, forever, long):
        assert await is_there(house, stays)


async def test_batches_follow_one_another(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [await house.store.keep(house.ada, picture(), life_seconds=-1) for _ in range(7)]
    assert await end_expired(house.store, 3) == Ended(3, 3)
    assert sum([await is_there(house, one) for one in kept]) == 4
    monkeypatch.setattr("waystation.control.retention.BATCH_COUNT", 3)
    monkeypatch.setattr("waystation.control.retention.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("waystation.control.retention.end_expired", lambda s: end_expired(s, 3))
    assert await end_all(house.store) == ""
    assert sum([await is_there(house, one) for one in kept]) == 0


async def test_an_object_that_cannot_go_is_tried_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = await house.store.keep(house.ada, picture())

    async def away(name: str) -> None:
        raise ArtefactsAway("the bucket says no")

    with monkeypatch.context() as patched:
        patched.setattr(house.store.shelf, "remove", away)
        assert await house.store.delete(kept.id, house.ada)
        assert await end_expired(house.store) == Ended(0, 0, "the bucket says no")
    assert await house.store.find(kept.id) is None
    assert await is_there(house, kept)
    assert await end_expired(house.store) == Ended(0, 1)
    assert not await is_there(house, kept)
    assert await end_expired(house.store) == Ended(0, 0)


async def test_objects_without_a_row_are_swept_and_no_others(house: House) -> None:
    kept = await house.store.keep(house.ada, picture())
    deleted = await house.store.keep(house.ada, picture())
    await house.store.delete(deleted.id, house.ada)
    tag = await house.store.tag()
    day = datetime.fromtimestamp(now_ms() / 1000, UTC).strftime("%Y%m%d")
    orphan = f"{tag}/{day}/{'A' * 22}.png"
    earlier = f"{tag}/20200101/{'B' * 22}.png"
    others = [f"{tag}/{day}/readme.txt", f"elsewhere/{day}/{'C' * 22}.png"]
    for name in (orphan, earlier, *others):
        await house.store.shelf.put(name, b"x")
    assert await sweep_orphans(house.store) == 0, "all too young to judge"
    assert await sweep_orphans(house.store, days=2, older_seconds=-1) == 1
    assert await sweep_orphans(house.store, older_seconds=-1) == 1
    assert await sweep_orphans(house.store, older_seconds=-1) == 0
    for name in (orphan, earlier):
        with pytest.raises(NoObject):
            await house.store.shelf.read_all(name)
    for name in (kept.object, *others):
        assert await house.store.shelf.read_all(name)


async def test_halves_of_puts_that_died_are_swept(house: House) -> None:
    if house.objects is not None:
        return  # other stores keep nothing of a put that died
    kept = await house.store.keep(house.ada, picture())
    folder = (house.settings.data / "artefacts" / kept.object).parent
    half, recent, odd = folder / "x.png#1", folder / "y.png#22", folder / "a#b"
    for path in (half, recent, odd):
        path.write_bytes(b"half")
    os.utime(half, (0, 0))
    os.utime(odd, (0, 0))
    assert await sweep_orphans(house.store) == 1
    assert [half.exists(), recent.exists(), odd.exists()] == [False, True, True]
    assert await is_there(house, kept)


async def test_the_job_goes_on_until_it_is_told(house: House) -> None:
    one = await house.store.keep(house.ada, picture(), life_seconds=-1)
    job = asyncio.create_task(keep_tidy(house.store, round_seconds=0.01))
    try:
        await until_gone(house, one)
        await until_gone(house, await house.store.keep(house.ada, picture(), life_seconds=-1))
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


async def until_gone(house: House, kept: Artefact) -> None:
    async with asyncio.timeout(10):
        while await is_there(house, kept):
            await asyncio.sleep(0.01)
