"""Each check of the doctor, well and broken."""

import asyncio
import resource
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, insert, text

from tests.support.main_store import postgres_dsn, postgres_server  # noqa: F401
from waystation.artefacts.shelf import Shelf
from waystation.control.doctor import examine
from waystation.control.doctor.catalogue_prices import check_picture_prices, check_sound_prices
from waystation.control.doctor.channels import check_channel
from waystation.control.doctor.clock import SAMPLE_SECONDS, check_clock, check_database_clock
from waystation.control.doctor.disk import check_disk, check_sync
from waystation.control.doctor.egress import check_egress
from waystation.control.doctor.master_key import check_master_key
from waystation.control.doctor.ports import check_port
from waystation.control.doctor.schema import check_ledger_schema, check_main_schema
from waystation.control.doctor.stored_files import check_stored_files
from waystation.kernel.clock import now_ms
from waystation.ledger.server import LedgerServer
from waystation.ledger.sqlite_books import SqliteBooks
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import prices, secrets
from waystation.storage.master_key import MasterKey, write_master_key
from waystation.storage.vault import open_vault
from waystation.upstream.egress import EgressGuard


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, port=0, database=None, master_key=None)


@pytest.fixture
async def store(settings: Settings, migrated_file: Path) -> Any:
    """Set up: a key, a schema, a check value."""
    key = MasterKey.new()
    write_master_key(settings.data / "master.key", key)
    shutil.copy(migrated_file, settings.data / "main.db")
    database = Database.of(settings)
    await open_vault(database, key)
    books = SqliteBooks(settings.data / "ledger.db", time_zone="UTC")
    await books.open()
    await books.close()
    yield database
    await database.close()


async def test_all_is_well(settings: Settings, store: Database) -> None:
    checks = [check async for check in examine(settings, store, [channel("demo://local")])]
    assert all(check.ok for check in checks), [check for check in checks if not check.ok]
    assert len({check.name for check in checks}) == len(checks) == 13


# ---- master key ----------------------------------------------------------------------------


async def test_a_missing_master_key(settings: Settings, store: Database) -> None:
    (settings.data / "master.key").unlink()
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "no master key" in check.detail
    assert check.advice


async def test_a_wrong_master_key(settings: Settings, store: Database) -> None:
    write_master_key(settings.data / "master.key", MasterKey.new(), replace=True)
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "wrong master key" in check.detail


async def test_a_master_key_open_to_others(settings: Settings, store: Database) -> None:
    (settings.data / "master.key").chmod(0o644)
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "chmod 600" in check.detail


async def test_a_store_without_a_check_value(settings: Settings, store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(delete(secrets))
    check = await check_master_key(settings, store)
    assert not check.ok
    assert "check value" in check.detail
    async with store.read() as connection:  # looking changes nothing
        assert (await connection.execute(text("SELECT count(*) FROM secrets"))).scalar_one() == 0


async def test_what_an_interrupted_rotation_left(settings: Settings, store: Database) -> None:
    (settings.data / "master.key.next").write_text("x")
    check = await check_master_key(settings, store)
    assert check.ok
    assert "master.key.next" in check.advice


# ---- schemas -------------------------------------------------------------------------------


async def test_no_schema(tmp_path: Path) -> None:
    database = Database.sqlite(tmp_path / "empty.db")
    check = await check_main_schema(database)
    await database.close()
    assert not check.ok
    assert "waystation init" in check.advice


async def test_another_schema(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("UPDATE schema_version SET version_num = '9999'"))
    check = await check_main_schema(store)
    assert not check.ok
    assert "9999" in check.detail


async def test_a_database_that_is_away() -> None:
    database = Database.postgres(f"postgresql://nobody@127.0.0.1:{closed_port()}/none")
    for check in (
        await check_main_schema(database),
        await check_database_clock(database),
    ):
        assert not check.ok
        assert "does not answer" in check.detail
    await database.close()


async def test_no_ledger(tmp_path: Path) -> None:
    check = await check_ledger_schema(Settings(data=tmp_path, database=None))
    assert not check.ok
    assert "migrate" in check.advice


async def test_another_ledger_schema(settings: Settings, store: Database) -> None:
    import sqlite3

    connection = sqlite3.connect(settings.data / "ledger.db")
    connection.execute("INSERT INTO ledger_version VALUES (99)")
    connection.commit()
    connection.close()
    check = await check_ledger_schema(settings)
    assert not check.ok
    assert "99" in check.detail


async def test_a_running_ledger(settings: Settings, store: Database) -> None:
    books = SqliteBooks(settings.data / "ledger.db", time_zone="UTC")
    server = LedgerServer(books, settings.ledger_socket, "boot")
    await server.start()
    running = asyncio.create_task(server.run())
    check = await check_ledger_schema(settings)
    await server.stop()
    await asyncio.gather(running, return_exceptions=True)
    assert check.ok
    assert "running" in check.detail


# ---- clocks --------------------------------------------------------------------------------


class Clocks:
    """A wall clock that jumps while the monotonic one does not."""

    def __init__(self, jump_seconds: float, now: float = 1_790_000_000.0) -> None:
        self.wall_seconds, self.steady_seconds, self.jump_seconds = now, 5.0, jump_seconds

    def wall(self) -> float:
        return self.wall_seconds

    def steady(self) -> float:
        return self.steady_seconds

    def pause(self, seconds: float) -> None:
        self.steady_seconds += seconds
        self.wall_seconds += seconds + self.jump_seconds


@pytest.mark.parametrize(("jump_seconds", "ok"), [(0.0, True), (0.3, False), (-0.3, False)])
def test_a_clock_that_jumps(jump_seconds: float, ok: bool) -> None:
    clocks = Clocks(jump_seconds)
    assert check_clock(clocks.wall, clocks.steady, clocks.pause).ok is ok
    assert clocks.steady_seconds == 5.0 + SAMPLE_SECONDS


def test_a_clock_that_was_never_set() -> None:
    clocks = Clocks(0.0, now=86_400.0)
    check = check_clock(clocks.wall, clocks.steady, clocks.pause)
    assert not check.ok
    assert "behind" in check.detail


@pytest.mark.postgres
async def test_a_database_with_another_clock(postgres_dsn: str) -> None:  # noqa: F811
    database = Database.postgres(postgres_dsn)
    right = await check_database_clock(database)
    ahead = await check_database_clock(database, lambda: now_ms() + 60_000)
    behind = await check_database_clock(database, lambda: now_ms() - 60_000)
    await database.close()
    assert right.ok
    assert not ahead.ok
    assert not behind.ok
    assert "-60" in ahead.detail or "-59" in ahead.detail


# ---- disk ----------------------------------------------------------------------------------


def test_a_full_disk(tmp_path: Path) -> None:
    check = check_disk(tmp_path, free_bytes_min=1 << 60)
    assert not check.ok
    assert "GiB free" in check.detail


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert not check_disk(tmp_path / "nowhere").ok
    assert not check_sync(tmp_path / "nowhere").ok


def test_a_disk_that_takes_no_byte(tmp_path: Path) -> None:
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        check = check_sync(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not check.ok
    assert "cannot be written durably" in check.detail


def test_a_slow_disk(tmp_path: Path) -> None:
    check = check_sync(tmp_path, millis_max=0.0)
    assert not check.ok
    assert "faster disk" in check.advice


# ---- port ----------------------------------------------------------------------------------


def test_a_port_that_somebody_has() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        other.settimeout(5)
        closing = threading.Thread(target=lambda: other.accept()[0].close())
        closing.start()
        check = check_port(Settings(host="127.0.0.1", port=other.getsockname()[1]))
        closing.join()
    assert not check.ok
    assert "in use" in check.detail


class Ours(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("x-oneapi-request-id", "1")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def ours() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Ours)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_port_that_we_have(ours: int) -> None:
    assert check_port(Settings(host="127.0.0.1", port=ours)).ok


def test_an_address_that_is_not_ours() -> None:
    assert not check_port(Settings(host="192.0.2.1", port=0)).ok


# ---- prices of pictures --------------------------------------------------------------------


async def test_prices_in_doubt(store: Database) -> None:
    """Told of what can be drawn, unless the operator has named a price of his own."""
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("flux-*",), paths={"image": "/v1/images/generations"}
    )
    check = await check_picture_prices(store, [msgspec.structs.replace(north, models=("flux*",))])
    assert check.ok
    assert check.detail.endswith(": flux-pro, flux")
    assert check.advice
    others = [
        msgspec.structs.replace(north, models=("flux-dev", "flux-kontext-*")),
        msgspec.structs.replace(north, paths={"chat": "/v1/chat/completions"}),
        msgspec.structs.replace(north, free_by_default=True),
    ]
    assert not (await check_picture_prices(store, others)).advice
    async with store.write() as connection:
        row = {"model": "flux*", "effective_ms": 0, "source": "override", "per_image": "0.05"}
        await connection.execute(insert(prices).values(row | {"version": "1", "created_ms": 1}))
    assert not (await check_picture_prices(store, [north])).advice


async def test_prices_of_sounds_in_doubt(store: Database) -> None:
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("tts-1", "canopylabs/*"), paths={"speech": "/s"}
    )
    check = await check_sound_prices(store, [north])
    assert (check.ok, check.name) == (True, "sound prices")
    assert check.detail.endswith(": canopylabs/orpheus-v1-english, canopylabs/orpheus-arabic-saudi")
    assert check.advice
    for more in ({"paths": {"chat": "/c"}}, {"models": ("tts-1", "whisper-1")}):
        assert not (
            await check_sound_prices(store, [msgspec.structs.replace(north, **more)])
        ).advice


async def test_prices_of_a_store_that_is_away(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(text("DROP TABLE main.prices"))
    north = msgspec.structs.replace(
        channel("https://x.example"), models=("*",), paths={"image": "/v1/images/generations"}
    )
    assert not (await check_picture_prices(store, [north])).ok


# ---- egress --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("allow", "ok", "word"),
    [
        ("", True, "public addresses only"),
        ("10.1.0.0/16,fd12:3456::/32", True, "10.1.0.0/16"),
        ("10.1.0.0/33", False, "10.1.0.0/33"),
        ("10.1.0.1/16", False, "host bits"),
        ("0.0.0.0/0", False, "almost every"),
        ("::/0", False, "almost every"),
        ("169.254.0.0/16", False, "metadata"),
        ("100.64.0.0/10", False, "metadata"),
    ],
)
def test_egress(allow: str, ok: bool, word: str) -> None:
    check = check_egress(Settings(egress_allow=allow))  # type: ignore[arg-type]
    assert check.ok is ok
    assert word in check.detail


# ---- channels ------------------------------------------------------------------------------


def channel(base_url: str, allow_private: bool = True, proxy: str | None = None) -> Channel:
    return Channel(
        id=1,
        name="north",
        vendor="openai",
        base_url=base_url,
        allow_private=allow_private,
        keys=(ChannelKey(1, "sk-canary"),),
        models=("m",),
        model_map={},
        paths={"chat": "/v1/chat/completions"},
        proxy=proxy,
    )


GUARD = EgressGuard()


async def test_a_channel_that_is_reached_gets_no_byte() -> None:
    got = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read()
        writer.close()
        await writer.wait_closed()
        got.put_nowait(data)

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        check = await check_channel(GUARD, channel(f"http://127.0.0.1:{port}"))
        assert check.ok, check
        assert await asyncio.wait_for(got.get(), 5) == b""
        proxied = await check_channel(
            GUARD, channel("https://api.example", proxy=f"socks5://u:p@127.0.0.1:{port}")
        )
        assert proxied.ok
        assert "u:p" not in proxied.detail
        assert await asyncio.wait_for(got.get(), 5) == b""


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_dead_channel() -> None:
    check = await check_channel(GUARD, channel(f"http://127.0.0.1:{closed_port()}"))
    assert not check.ok
    assert "reachable" in check.advice
    proxy = f"http://127.0.0.1:{closed_port()}"
    assert not (await check_channel(GUARD, channel("https://api.example", proxy=proxy))).ok


async def test_a_private_address_without_consent() -> None:
    check = await check_channel(GUARD, channel("http://127.0.0.1:9", allow_private=False))
    assert not check.ok
    assert "allow_private" in check.advice


@pytest.mark.parametrize("url", ["http://169.254.169.254", "ftp://x.example", "http://0x7f.1"])
async def test_an_address_that_is_none(url: str) -> None:
    assert not (await check_channel(GUARD, channel(url))).ok


async def test_a_certificate_that_nobody_signed(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*self_signed(tmp_path))

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        check = await check_channel(GUARD, channel(f"https://127.0.0.1:{port}"))
    assert not check.ok
    assert check.detail.startswith("TLS: ")


def self_signed(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) of 127.0.0.1."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem, secret


async def test_stored_files_that_have_a_place(settings: Settings) -> None:
    check = await check_stored_files(settings)
    assert check.ok
    left = [path for path in (settings.data / "artefacts").rglob("*") if path.is_file()]
    assert left == []


async def test_stored_files_that_have_none(settings: Settings) -> None:
    (settings.data / "artefacts").write_text("in the way")
    check = await check_stored_files(settings)
    assert not check.ok
    assert "WAYSTATION_ARTEFACTS" in check.advice


async def test_stored_files_that_come_back_otherwise(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def other(self: Shelf, name: str) -> bytes:
        return b"other"

    monkeypatch.setattr(Shelf, "read_all", other)
    assert not (await check_stored_files(settings)).ok


async def test_stored_files_of_one_node_among_several(settings: Settings) -> None:
    several = settings.model_copy(update={"database": "postgresql://db.example/relay"})
    check = await check_stored_files(several)
    assert check.ok
    assert "Several nodes" in check.advice
