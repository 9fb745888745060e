"""What the doctor says of channels' addresses, and of the network that is allowed."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.control.doctor.scene import channel, closed_port
from tests.support.main_store import postgres_dsn, postgres_server  # noqa: F401
from waystation.control.doctor.channels import check_channel
from waystation.control.doctor.egress import check_egress
from waystation.settings import Settings
from waystation.upstream.egress import EgressGuard

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
