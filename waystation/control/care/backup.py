"""A backup of a SQLite installation while it runs.

`main` is copied first, the ledger after it. So the ledger's copy knows everything that `main`'s
copy was told of, and more: what it was told later is either asked again by `main`'s outbox, which
names each transfer, or put right by `restore`. The other way round money could be missing.
"""

import hashlib
import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from waystation import __version__
from waystation.control.care.alone import CareRefused, alone
from waystation.kernel.clock import now_ms
from waystation.kernel.ids import random_text
from waystation.ledger.copying import Copied, CopyBooks
from waystation.ledger.port import LedgerAway
from waystation.ledger.session import open_ledger
from waystation.settings import Settings

FORMAT = 1
SPARE_BYTES = 16 * 2**20
MAIN, LEDGER, LIST, MANIFEST = "main.db", "ledger.db", "artefacts.jsonl", "manifest.json"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """sha256: by file. schema, ledger: versions. key_id: of the master key that opens it; the key
    itself is not in a backup. artefacts: how many files are listed, artefact_bytes their sum."""

    format: int
    product: str
    created: str
    schema: str
    ledger: int
    key_id: str
    accounts: int
    artefacts: int
    artefact_bytes: int
    sha256: dict[str, str]


async def back_up(settings: Settings, place: Path) -> Manifest:
    """place: a folder that is not there yet, or empty; it is there with all it needs, or not at
    all. Raises CareRefused, LedgerAway, OSError."""
    if settings.database is not None:
        raise CareRefused("on PostgreSQL, pg_dump makes the backup: see the guide on operations")
    source = settings.data / MAIN
    if not source.is_file():
        raise CareRefused(f"{source}: there is no such file")
    if _is_taken(place):
        raise CareRefused(f"{place} is there already")
    with alone(settings.data):
        _clear(settings.data, place)
        _look_for_room(settings.data, place)
        half = place.with_name(f".{place.name}.{random_text(6)}.half")
        half.mkdir(parents=True, mode=0o700)
        try:
            return await _make(settings, half, place)
        except sqlite3.Error as fault:
            raise CareRefused(f"no backup was made: {fault}") from fault
        finally:
            shutil.rmtree(half, ignore_errors=True)


async def _make(settings: Settings, half: Path, place: Path) -> Manifest:
    _copy_main(settings.data / MAIN, half / MAIN)
    await _copy_ledger(settings, half / LEDGER)
    manifest = _describe(half)
    (half / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    _put(half, place)
    return manifest


def _clear(data: Path, place: Path) -> None:
    """What a backup left behind that was killed."""
    for copied in data.glob("backup-*.copy*"):
        copied.unlink(missing_ok=True)
    for half in place.parent.glob(f".{place.name}.*.half"):
        shutil.rmtree(half, ignore_errors=True)


def _look_for_room(data: Path, place: Path) -> None:
    """Before anything is written: the ledger's copy is made beside the books, which must not be
    left without room."""
    books, main = (data / LEDGER).stat().st_size, (data / MAIN).stat().st_size
    target = next(folder for folder in place.absolute().parents if folder.exists())
    for folder, needed in ((data, books), (target, books + main)):
        free = shutil.disk_usage(folder).free
        if free < needed + SPARE_BYTES:
            raise CareRefused(
                f"{folder} has {free >> 20} MiB free; a backup needs {needed + SPARE_BYTES >> 20}"
            )


def _is_taken(place: Path) -> bool:
    return place.exists() and (not place.is_dir() or any(place.iterdir()))


def _put(half: Path, place: Path) -> None:
    """All of it at once, and durable."""
    for file in half.iterdir():
        sync(file)
    if place.exists():
        place.rmdir()
    half.rename(place)
    sync(place.parent)


def _copy_main(source: Path, target: Path) -> None:
    """In one step: a step of its own sees one commit, and writers do not wait for it."""
    one = sqlite3.connect(source, timeout=30)
    with closing(one), closing(sqlite3.connect(target)) as copy:
        one.backup(copy, pages=-1)


async def _copy_ledger(settings: Settings, target: Path) -> None:
    name = f"backup-{random_text(8).lower()}.copy"
    copied = settings.data / name
    try:
        async with open_ledger(settings) as ledger:
            told = await ledger.ask(CopyBooks(name, name))
        if not isinstance(told, Copied) or told.problem:
            raise LedgerAway(getattr(told, "problem", "no copy"))
        shutil.move(copied, target)
    finally:
        copied.unlink(missing_ok=True)


def _describe(folder: Path) -> Manifest:
    """Each file whole by SQLite's own check, and the list of stored files."""
    for name in (MAIN, LEDGER):
        check_file(folder / name)
    with closing(sqlite3.connect(folder / MAIN)) as main:
        many, size = _list_artefacts(main, folder / LIST)
        (schema,) = main.execute("SELECT version_num FROM schema_version").fetchone()
        (accounts,) = main.execute("SELECT count(*) FROM accounts").fetchone()
        sealed = main.execute("SELECT sealed FROM secrets WHERE name = 'check'").fetchone()
    with closing(sqlite3.connect(folder / LEDGER)) as ledger:
        (version,) = ledger.execute("SELECT max(version) FROM ledger_version").fetchone()
    return Manifest(
        format=FORMAT,
        product=__version__,
        created=datetime.fromtimestamp(now_ms() / 1000, UTC).isoformat(timespec="seconds"),
        schema=schema,
        ledger=version,
        key_id="" if sealed is None else sealed[0].split(".")[1],
        accounts=accounts,
        artefacts=many,
        artefact_bytes=size,
        sha256={name: digest_of(folder / name) for name in (MAIN, LEDGER, LIST)},
    )


def _list_artefacts(main: sqlite3.Connection, target: Path) -> tuple[int, int]:
    """One line of JSON a stored file: they are copied by other means, after this."""
    many = size = 0
    query = "SELECT object, bytes, sha256 FROM artefacts WHERE NOT gone ORDER BY object"
    rows = main.execute(query)
    with target.open("wb") as out:
        for name, length, digest in rows:
            line = {"object": name, "bytes": length, "sha256": digest}
            out.write(msgspec.json.encode(line) + b"\n")
            many, size = many + 1, size + length
    return many, size


def check_file(path: Path, *, still: bool = False) -> None:
    """still: nobody has it open, and nothing is written beside it, so that a backup may lie where
    nothing can be written. Raises CareRefused."""
    way = f"{path.absolute().as_uri()}?mode=ro&immutable=1" if still else str(path)
    try:
        with closing(sqlite3.connect(way, uri=still)) as connection:
            (told,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as fault:
        told = str(fault)
    if told != "ok":
        raise CareRefused(f"{path.name} is damaged: {told}")


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """A file, or what a folder lists."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
