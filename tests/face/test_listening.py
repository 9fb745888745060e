"""Other ways in: TLS, a Unix socket, several sockets, asyncio's own loop."""

import asyncio
import datetime
import json
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.face.stage import Stage, bound, limits, own_face, refuse
from tests.face.wire import Eof, Wire, chunked, get, post
from waystation.edge.http1 import Face, start_http1
from waystation.edge.peers import TrustedProxies


async def start(stage: Stage, listen: list[socket.socket], **options: object) -> Face:
    return await start_http1(
        stage,
        listen,
        limits(),
        refuse,
        request_id=stage.request_id,
        on_error=stage.on_error,
        **options,
    )


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("relay.example")]), False)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


async def test_tls(tmp_path: Path):
    cert_file, key_file = certificate(tmp_path)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(cert_file, key_file)
    trusting = ssl.create_default_context(cafile=str(cert_file))
    stage = Stage()
    face = await start(stage, [bound()], tls=serving)
    options = {"ssl": trusting, "server_hostname": "relay.example"}
    async with await Wire.open(face.port, **options) as wire:
        await wire.say(post("/v1/echo", b"x" * 200_000))
        told = json.loads((await wire.hear()).body)
        assert (told["scheme"], told["bytes"]) == ("https", 200_000)
        await wire.say(get("/v1/frames"))
        assert len((await wire.hear()).chunks) == 3
        await wire.say(get("/v1/echo", "Connection: close"))
        assert (await wire.hear()).status == 200
        assert await wire.hear_all() == b""
    async with await Wire.open(face.port, **options) as wire:
        await wire.say(b"NOT HTTP\r\n\r\n")
        assert (await wire.hear()).status == 400
        assert await wire.hear_all() == b""
    wire = await Wire.open(face.port, **options)
    await wire.say(get("/v1/wait"))
    async with asyncio.timeout(20):
        while not face.open_calls:
            await asyncio.sleep(0.005)
    wire.reset()
    async with asyncio.timeout(20):
        while not stage.gone:
            await asyncio.sleep(0.005)
    stage.open_gate.set()
    assert await face.wait_idle(5)
    face.abort_all()
    assert stage.errors == []


async def test_unix_socket_and_several_sockets(tmp_path: Path):
    address = str(tmp_path / "face.sock")
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(address)
    stage = Stage()
    listen = [unix, bound()]
    face = await start(stage, listen, proxies=TrustedProxies(["unix"]))
    assert face.port == listen[1].getsockname()[1]
    for wire in (
        Wire(*await asyncio.open_unix_connection(address)),
        await Wire.open(face.port),
    ):
        async with wire:
            await wire.say(get("/v1/echo", "X-Forwarded-For: 203.0.113.9"))
            stage.seen.append(json.loads((await wire.hear()).body)["peer"])
    face.abort_all()
    assert stage.seen[1::2] == ["203.0.113.9", "127.0.0.1"]


def test_the_loop_of_asyncio_serves_as_well():
    async def converse() -> None:
        stage = Stage()
        async with own_face(stage) as face, await Wire.open(face.port) as wire:
            await wire.say(get("/v1/1/echo") + chunked("/v1/2/echo", b"two") + get("/v1/flood"))
            assert (await wire.hear()).status == 200
            assert json.loads((await wire.hear()).body)["bytes"] == 3
            assert len((await wire.hear()).body) == 64 * 1024 * 1024
            await wire.say(b"NOT HTTP\r\n\r\n")
            assert (await wire.hear()).status == 400
            assert await wire.hear_all() == b""
            async with await Wire.open(face.port) as leaving:
                await leaving.say(get("/v1/hold"))
                await leaving.hear_until(b"first\r\n")
            async with asyncio.timeout(20):
                while not stage.gone:
                    await asyncio.sleep(0.005)

    asyncio.run(converse())


async def test_aborted_stream_of_http10_ends_in_a_reset():
    """Its reply ends with the connection, so a mere close would pass for the proper end."""
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/cut", version="1.0"))
        await wire.hear_until(b"begun")
        stage.open_gate.set()
        with pytest.raises(ConnectionResetError):
            async with asyncio.timeout(20):
                await wire.reader.read()
    async with own_face(Stage()) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/late_crash", version="1.0"))
        with pytest.raises(Eof):
            await wire.hear()
