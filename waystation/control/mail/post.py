"""The job that brings letters to the mail server."""

import asyncio
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec
import structlog

from waystation.control.mail import box
from waystation.control.mail.address import is_plain
from waystation.settings import Settings
from waystation.storage.database import Database, StorageAway
from waystation.storage.master_key import MasterKeyError
from waystation.storage.sealing import Sealing

ROUND_SECONDS = 5.0
SEND_SECONDS_MAX = 30.0
BATCH_COUNT = 20
_PORTS = {"smtp": 587, "smtps": 465}

log = structlog.get_logger("waystation.mail")


class MailServer(msgspec.Struct, frozen=True):
    """tls: from the first byte; else STARTTLS where the server offers it."""

    host: str
    port: int
    tls: bool
    user: str
    password: str
    sender: str

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port})"


def mail_server(settings: Settings) -> MailServer | None:
    """None: letters are not sent. Without an own public address no link in them would be safe:
    whoever asks could choose its host."""
    if settings.mail_url is None or not settings.public_url:
        return None
    parts = urlsplit(settings.mail_url.get_secret_value())
    host, user = parts.hostname or "localhost", unquote(parts.username or "")
    return MailServer(
        host,
        parts.port or _PORTS[parts.scheme],
        parts.scheme == "smtps",
        user,
        unquote(parts.password or ""),
        settings.mail_from or (user if "@" in user else f"waystation@{host}"),
    )


class Unwritable(Exception):
    """No server could read this letter's address or subject."""


async def keep_posting(
    settings: Settings,
    database: Database,
    sealing: Callable[[], Sealing],
    round_seconds: float = ROUND_SECONDS,
) -> None:
    """Until cancelled."""
    server = mail_server(settings)
    if server is None:
        return
    told = ""
    while True:
        try:
            await post_due(server, database, sealing())
            told = ""
        except (StorageAway, MasterKeyError) as away:
            if str(away) != told:
                log.warning("letters wait", reason=str(away))
            told = str(away)
        await asyncio.sleep(round_seconds)


async def post_due(server: MailServer, database: Database, sealing: Sealing) -> int:
    """Send what is due; how many letters went. Raises StorageAway."""
    count = 0
    for waiting in await box.take(database, sealing, BATCH_COUNT):
        try:
            await deliver(server, waiting.recipient, waiting.subject, waiting.text)
        except Unwritable as broken:
            await box.failed(database, waiting, str(broken), for_good=True)
            log.warning("a letter cannot be written", letter=waiting.id, reason=str(broken))
        except aiosmtplib.SMTPException as refused:
            for_good = isinstance(refused, aiosmtplib.SMTPRecipientsRefused)
            await box.failed(database, waiting, str(refused), for_good=for_good)
            log.warning("a letter was not taken", letter=waiting.id, reason=str(refused))
        except OSError as away:
            await box.failed(database, waiting, str(away), for_good=False)
            log.warning("the mail server is away", reason=str(away))
        else:
            await box.sent(database, waiting.id)
            count += 1
    return count


async def deliver(server: MailServer, recipient: str, subject: str, text: str) -> None:
    """Raises Unwritable, aiosmtplib.SMTPException, OSError."""
    if not is_plain(recipient):
        raise Unwritable("the address is not one recipient's")
    try:
        await _send(server, recipient, subject, text)
    except ValueError as broken:
        raise Unwritable(str(broken)) from None


async def _send(server: MailServer, recipient: str, subject: str, text: str) -> None:
    """Raises ValueError for what cannot be a header or a recipient."""
    message = EmailMessage()
    message["From"] = server.sender
    message["To"] = recipient
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=_domain(server.sender))
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    await aiosmtplib.send(
        message,
        hostname=server.host,
        port=server.port,
        use_tls=server.tls,
        start_tls=None,
        username=server.user or None,
        password=server.password or None,
        timeout=SEND_SECONDS_MAX,
    )


def _domain(sender: str) -> str:
    """sender: an address, or `A name <address>`."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"
