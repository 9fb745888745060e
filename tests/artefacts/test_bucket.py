"""The same on a bucket, spoken to over HTTP as S3 is."""

from collections.abc import Iterator

import pytest

from tests.artefacts.bucket import Bucket
from tests.artefacts.conftest import House
from tests.artefacts.making import picture
from tests.support.rogue import Rogue
from waystation.artefacts.shelf import ArtefactsAway, NoObject
from waystation.artefacts.sweep import Ended, end_expired, sweep_orphans


@pytest.fixture
def objects() -> None:
    return None


@pytest.fixture
def rogue() -> Iterator[Rogue]:
    with Rogue() as one:
        yield one


@pytest.fixture
def bucket(rogue: Rogue, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    monkeypatch.setenv("AWS_ENDPOINT_URL", rogue.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return Bucket(rogue)


async def test_keep_read_delete_sweep(house: House, bucket: Bucket, rogue: Rogue) -> None:
    store = house.again(artefacts="s3://pictures/here")
    data = picture(width=40)
    kept = await store.keep(house.ada, data)
    assert bucket.objects == {f"pictures/here/{kept.object}": data}
    assert await store.read_all(kept) == data
    assert b"".join([piece async for piece in store.read(kept, 5, 20)]) == data[5:20]
    orphan = f"pictures/here/{await store.tag()}/20260102/{'A' * 22}.png"
    other = "pictures/here/another-installation/20260102/" + "B" * 22 + ".png"
    bucket.objects |= {orphan: b"x", other: b"x"}
    assert await sweep_orphans(store) == 1
    assert set(bucket.objects) == {f"pictures/here/{kept.object}", other}
    assert await store.delete(kept.id, house.ada)
    assert set(bucket.objects) == {other}
    assert await end_expired(store) == Ended(0, 1)
    with pytest.raises(NoObject):
        await store.read_all(kept)
    assert all(seen.headers["authorization"].startswith("AWS4-") for seen in rogue.seen)


async def test_a_bucket_that_refuses_is_told_without_secrets(house: House, bucket: Bucket) -> None:
    store = house.again(artefacts="s3://pictures/here")
    kept = await store.keep(house.ada, picture())
    bucket.denied = True
    with pytest.raises(ArtefactsAway) as caught:
        await store.keep(house.ada, picture())
    assert "canary" not in str(caught.value)
    with pytest.raises(ArtefactsAway):
        await store.read_all(kept)
    assert [one.id for one in (await store.page(house.ada, "", 9)).artefacts] == [kept.id]
    assert await store.delete(kept.id, house.ada), "the row alone decides who sees it"
    assert (await end_expired(store)).away
    bucket.denied = False
    assert await end_expired(store) == Ended(0, 1)
    assert bucket.objects == {}
