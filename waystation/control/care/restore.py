"""A backup becomes an installation again."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from waystation.control.apply.first_start import RESTORING, make_folder
from waystation.control.apply.reconcile import reconcile
from waystation.control.care.alone import CareRefused, alone
from waystation.control.care.backup import (
    FORMAT,
    LEDGER,
    LIST,
    MAIN,
    MANIFEST,
    Manifest,
    check_file,
    digest_of,
    sync,
)
from waystation.ledger.migrate import STEPS
from waystation.ledger.questions import AskAudit, AuditState
from waystation.ledger.session import listens, open_ledger
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.migrate import migrate, steps

_IDS = (("accounts", "accounts", "account_id"), ("tokens", "tokens", "token_id"),
        ("channels", "requests", "channel_id"))  # fmt: skip


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """newer_accounts: that the ledger knows and `main` does not, for they were made between the
    two copies: nobody can use them. codes: marked as redeemed, as the ledger says they are.
    missing: stored files that are listed and not there. audit: its failures."""

    manifest: Manifest
    newer_accounts: int
    codes: int
    missing: int
    audit: list[str]


async def restore(settings: Settings, place: Path) -> Restored:
    """Into a data folder without a database. Until all is done it is made in a folder of its own;
    as long as that is there, nothing starts, and another restore begins anew. Raises CareRefused,
    LedgerAway, StorageAway, OSError; then nothing is there."""
    if settings.database is not None:
        raise CareRefused("on PostgreSQL, pg_restore brings a dump back: see the guide")
    manifest = _judge(settings, place)
    make_folder(settings.data)
    with alone(settings.data):
        _refuse_taken(settings)  # another restore may have ended since
        _clear(settings.data)
        half = settings.data / RESTORING
        half.mkdir(mode=0o700)
        try:
            done = await _make(settings, place, manifest, half)
            _put(half, settings.data)
        except sqlite3.Error as fault:
            _clear(settings.data)
            raise CareRefused(f"nothing was restored: {fault}") from fault
        except BaseException:
            _clear(settings.data)
            raise
        shutil.rmtree(half)
    return done


async def _make(settings: Settings, place: Path, manifest: Manifest, half: Path) -> Restored:
    for name in (LEDGER, MAIN):
        shutil.copyfile(place / name, half / name)
        (half / name).chmod(0o600)
    newer, codes = _agree(half)
    own = settings.model_copy(update={"data": half})
    database = Database.of(own)
    try:
        await migrate(database)
        async with open_ledger(own) as ledger:
            await reconcile(database, ledger.ask)
            told = await ledger.ask(AskAudit("restore"))
    finally:
        await database.close()
    assert isinstance(told, AuditState)
    return Restored(
        manifest=manifest,
        newer_accounts=newer,
        codes=codes,
        missing=_missing(settings, place),
        audit=msgspec.json.decode(told.report)["failures"],
    )


def _put(half: Path, data: Path) -> None:
    """`main` last: without it nothing starts."""
    for name in (LEDGER, MAIN):
        with closing(sqlite3.connect(half / name)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        sync(half / name)
    for name in (LEDGER, MAIN):
        (half / name).rename(data / name)
    sync(data)


def _clear(data: Path) -> None:
    """Of a restore that was cut short, its databases included: nobody has used them."""
    half = data / RESTORING
    if half.exists():
        for name in (MAIN, LEDGER):
            (data / name).unlink(missing_ok=True)
        shutil.rmtree(half)


def _refuse_taken(settings: Settings) -> None:
    if listens(settings):
        raise CareRefused(f"a server runs on {settings.data}: stop it, restore into another folder")
    for name in (MAIN, LEDGER):
        if (settings.data / name).exists() and not (settings.data / RESTORING).exists():
            raise CareRefused(f"{settings.data / name} is there: restore into an empty folder")


def _judge(settings: Settings, place: Path) -> Manifest:
    _refuse_taken(settings)
    try:
        manifest = msgspec.json.decode((place / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as fault:
        raise CareRefused(f"{place} is no backup: {fault}") from None
    if manifest.format > FORMAT or manifest.ledger > len(STEPS) or manifest.schema not in steps():
        raise CareRefused(f"the backup is of a newer Waystation, {manifest.product}: upgrade first")
    for name, wanted in manifest.sha256.items():
        if not (place / name).is_file() or digest_of(place / name) != wanted:
            raise CareRefused(f"{name} of the backup is missing or not what was written")
    for name in (MAIN, LEDGER):
        check_file(place / name, still=True)
    return manifest


def _agree(data: Path) -> tuple[int, int]:
    """What the ledger's later copy knows, said to `main`: ids that were given out are not given
    out again, and a code whose money came is redeemed."""
    with closing(sqlite3.connect(data / MAIN, isolation_level=None)) as main:
        main.execute("ATTACH ? AS books", (str(data / LEDGER),))
        main.execute("BEGIN IMMEDIATE")
        for table, books, column in _IDS:
            _lift(main, table, books, column)
        newer = main.execute(
            "SELECT count(*) FROM books.accounts "
            "WHERE account_id NOT IN (SELECT id FROM main.accounts)"
        ).fetchone()[0]
        codes = main.execute(
            "UPDATE main.redemption_codes SET redeemed_by = paid.account_id, "
            "redeemed_ms = paid.created_ms FROM (SELECT account_id, created_ms, "
            "CAST(substr(id, 6) AS INTEGER) AS code FROM books.transfers "
            "WHERE hold_id IS NULL AND id LIKE 'code:%') AS paid "
            "WHERE redemption_codes.id = paid.code AND redeemed_ms IS NULL"
        ).rowcount
        main.execute("COMMIT")
    return newer, codes


def _lift(main: sqlite3.Connection, table: str, books: str, column: str) -> None:
    (most,) = main.execute(f"SELECT coalesce(max({column}), 0) FROM books.{books}").fetchone()  # noqa: S608
    kept = main.execute("SELECT seq FROM main.sqlite_sequence WHERE name = ?", (table,)).fetchone()
    if kept is None:
        main.execute("INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, ?)", (table, most))
    elif kept[0] < most:
        main.execute("UPDATE main.sqlite_sequence SET seq = ? WHERE name = ?", (most, table))


def _missing(settings: Settings, place: Path) -> int:
    """Where files are kept in a folder; of a bucket nothing is asked."""
    from waystation.artefacts.place import folder_of

    folder = folder_of(settings)
    if folder is None:
        return 0
    lines = (place / LIST).read_bytes().splitlines()
    return sum(not (folder / msgspec.json.decode(line)["object"]).is_file() for line in lines)
