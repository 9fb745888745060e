"""Master key, envelopes, rotation, signatures."""

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, select, update

from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import channel_keys, channels, secrets, signing_keys
from waystation.storage.master_key import (
    MasterKey,
    MasterKeyError,
    read_master_key,
    write_master_key,
)
from waystation.storage.sealing import SealBroken, Sealing
from waystation.storage.signing import add_signing_key, load_signer
from waystation.storage.vault import open_vault, rotate


def test_the_key_file_is_ours_alone_and_comes_back(tmp_path: Path) -> None:
    key = MasterKey.new()
    path = tmp_path / "master.key"
    write_master_key(path, key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_master_key(Settings(data=tmp_path)).secret == key.secret
    with pytest.raises(FileExistsError):
        write_master_key(path, MasterKey.new())
    newer = MasterKey.new()
    write_master_key(path, newer, replace=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_master_key(Settings(data=tmp_path)).id == newer.id


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    write_master_key(tmp_path / "master.key", MasterKey.new())
    key = MasterKey.new()
    settings = Settings(data=tmp_path, master_key=SecretStr(key.encode()))
    assert read_master_key(settings).id == key.id


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("AAAA", "has 3"), ("?" * 44, "base64"), ("", "has 0"), ("schlüssel", "base64")],
)
def test_a_malformed_key_is_refused_clearly(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content, "utf-8")
    path.chmod(0o600)
    with pytest.raises(MasterKeyError, match=complaint) as refused:
        read_master_key(Settings(data=tmp_path))
    assert "master.key" in str(refused.value)


def test_a_missing_or_open_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="does not exist"):
        read_master_key(Settings(data=tmp_path))
    write_master_key(tmp_path / "master.key", MasterKey.new())
    (tmp_path / "master.key").chmod(0o640)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        read_master_key(Settings(data=tmp_path))


def test_an_envelope_opens_only_where_it_belongs() -> None:
    key = MasterKey.new()
    sealing = Sealing(key)
    envelope = sealing.seal("sk-upstream-秘密", "channel_key")
    assert "upstream" not in envelope
    assert key.id in envelope
    assert sealing.open(envelope, "channel_key") == "sk-upstream-秘密"
    assert sealing.seal("sk-upstream-秘密", "channel_key") != envelope
    with pytest.raises(SealBroken, match="moved"):
        sealing.open(envelope, "proxy")
    with pytest.raises(SealBroken, match=key.id):
        Sealing(MasterKey.new()).open(envelope, "channel_key")
    for broken in ("", "v2.x.y", envelope[:-4], envelope[:-1] + "!", envelope.replace("v1", "v0")):
        with pytest.raises(SealBroken):
            sealing.open(broken, "channel_key")


def test_fingerprints_compare_and_tell_nothing() -> None:
    key = MasterKey.new()
    assert Sealing(key).fingerprint("a") == Sealing(key).fingerprint("a")
    assert Sealing(key).fingerprint("a") != Sealing(key).fingerprint("b")
    assert Sealing(key).fingerprint("a") != Sealing(MasterKey.new()).fingerprint("a")


async def test_a_wrong_master_key_is_refused_by_the_check_value(store: Database) -> None:
    key, other = MasterKey.new(), MasterKey.new()
    await open_vault(store, key)
    await open_vault(store, key)
    with pytest.raises(MasterKeyError, match=f"wrong master key.*{other.id}"):
        await open_vault(store, other)
    async with store.write() as connection:
        await connection.execute(update(secrets).values(sealed="rubbish"))
    with pytest.raises(MasterKeyError, match="wrong master key"):
        await open_vault(store, key)


async def _plant(store: Database, sealing: Sealing) -> None:
    async with store.write() as connection:
        await connection.execute(
            insert(channels).values(
                id=1,
                name="a",
                vendor="openai",
                header_overrides=sealing.seal('{"x":"y"}', "header_overrides"),
                proxy="",
            )
        )
        for position in range(3):
            secret = f"sk-{position}"
            await connection.execute(
                insert(channel_keys).values(
                    channel_id=1,
                    position=position,
                    sealed=sealing.seal(secret, "channel_key"),
                    sealed_by=sealing.key_id,
                    fingerprint=sealing.fingerprint(secret),
                )
            )


async def test_rotation_seals_everything_anew_or_nothing(store: Database) -> None:
    old, new = MasterKey.new(), MasterKey.new()
    await _plant(store, await open_vault(store, old))
    await add_signing_key(store, Sealing(old), 1000)
    with pytest.raises(MasterKeyError):
        await rotate(store, MasterKey.new(), new)
    assert await rotate(store, old, new) == 5
    sealing = await open_vault(store, new)
    with pytest.raises(MasterKeyError):
        await open_vault(store, old)
    async with store.read() as connection:
        rows = (await connection.execute(select(channel_keys).order_by("position"))).all()
        channel = (await connection.execute(select(channels))).one()
    assert [sealing.open(row.sealed, "channel_key") for row in rows] == ["sk-0", "sk-1", "sk-2"]
    assert {row.sealed_by for row in rows} == {new.id}
    assert rows[0].fingerprint == sealing.fingerprint("sk-0")
    assert sealing.open(channel.header_overrides, "header_overrides") == '{"x":"y"}'
    assert channel.proxy == ""
    assert (await load_signer(store, sealing, 2000)).sign(b"x")


async def test_a_damaged_secret_stops_a_rotation_whole(store: Database) -> None:
    old = MasterKey.new()
    await _plant(store, await open_vault(store, old))
    async with store.write() as connection:
        broken = update(channel_keys).where(channel_keys.c.position == 2).values(sealed="v1.x.y")
        await connection.execute(broken)
    with pytest.raises(SealBroken):
        await rotate(store, old, MasterKey.new())
    await open_vault(store, old)
    async with store.read() as connection:
        assert set((await connection.execute(select(channel_keys.c.sealed_by))).scalars()) == {
            old.id
        }


async def test_older_signing_keys_go_on_verifying_until_their_day(store: Database) -> None:
    sealing = await open_vault(store, MasterKey.new())
    with pytest.raises(LookupError):
        await load_signer(store, sealing, 0)
    await add_signing_key(store, sealing, 1000)
    first = (await load_signer(store, sealing, 1000)).sign(b"/files/1")
    await add_signing_key(store, sealing, 2000, keep_ms=500)
    signer = await load_signer(store, sealing, 2000)
    second = signer.sign(b"/files/1")
    assert signer.verify(b"/files/1", first)
    assert signer.verify(b"/files/1", second)
    assert first.split(".")[0] != second.split(".")[0]
    assert not signer.verify(b"/files/2", first)
    for forged in ("", ".", "x.y", second.split(".")[0] + ".", second[:-1] + "é"):
        assert not signer.verify(b"/files/1", forged)
    late = await load_signer(store, sealing, 2500)
    assert not late.verify(b"/files/1", first)
    assert late.verify(b"/files/1", second)
    async with store.read() as connection:
        stored = (await connection.execute(select(signing_keys.c.sealed))).scalars().all()
    assert all(each.startswith("v1.") for each in stored)


def test_key_text_takes_either_alphabet() -> None:
    key = MasterKey(bytes([0xFB, 0xFF]) * 16)
    urlsafe = key.encode().replace("+", "-").replace("/", "_").rstrip("=")
    assert MasterKey.decode(urlsafe, "here").secret == key.secret
    assert key.encode() not in repr(key)
