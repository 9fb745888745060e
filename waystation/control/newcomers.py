"""Accounts that people make for themselves."""

import re

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.apply.read_accounts import EMAIL_LENGTH_MAX
from waystation.control.mail.address import is_plain
from waystation.control.outbox import promise, tell
from waystation.control.profiles import edit_profile
from waystation.control.site import SignUp
from waystation.errors import Fault
from waystation.identity.passwords import LENGTH_MAX, LENGTH_MIN
from waystation.kernel.clock import now_ms
from waystation.ledger.messages import Transfer
from waystation.storage.main import accounts, invitations

_EMAIL = re.compile(r"[^@\s,<>\"']+@[^@\s,<>\"']+\.[^@\s,<>\"']+")


def clean_email(text: str) -> str:
    """In lower case. Raises Fault (invalid_value)."""
    email = text.strip().lower()
    short = len(email) <= EMAIL_LENGTH_MAX and email.isprintable()
    if not short or not _EMAIL.fullmatch(email) or not is_plain(email):
        raise Fault("invalid_value", param="email", reason="an address like ada@example.com")
    return email


def judge_password(text: str, field: str = "password") -> None:
    """field: what the body calls it. Raises Fault (invalid_value)."""
    if not LENGTH_MIN <= len(text) <= LENGTH_MAX or "\x00" in text:
        reason = f"{LENGTH_MIN} to {LENGTH_MAX} characters"
        raise Fault("invalid_value", param=field, reason=reason)


def judge_domain(email: str, sign_up: SignUp) -> None:
    """Raises Fault (email_domain_not_allowed). `example.com` means its subdomains too."""
    domain = email.rpartition("@")[2]

    def among(names: tuple[str, ...]) -> bool:
        return any(domain == name or domain.endswith(f".{name}") for name in map(str.lower, names))

    if (sign_up.domains and not among(sign_up.domains)) or among(sign_up.blocked_domains):
        raise Fault("email_domain_not_allowed")


async def find_by_email(connection: AsyncConnection, email: str) -> int | None:
    query = select(accounts.c.id).where(accounts.c.email == email)
    found = (await connection.execute(query)).scalar_one_or_none()
    return None if found is None else int(found)


async def add_newcomer(
    connection: AsyncConnection,
    epoch: int,
    *,
    email: str,
    password_hash: str | None,
    account_group: str,
    credit_nanos: int,
    confirmed: bool,
    note: str,
    language: str = "",
) -> int:
    """In a transaction that counted the epoch up; the ledger is told by the outbox."""
    row = insert(accounts).values(
        email=email,
        password_hash=password_hash,
        account_group=account_group,
        changed_epoch=epoch,
        created_ms=now_ms(),
    )
    account_id = int((await connection.execute(row.returning(accounts.c.id))).scalar_one())
    confirmed_ms = now_ms() if confirmed else None
    await edit_profile(connection, account_id, confirmed_ms=confirmed_ms, language=language)
    await tell(connection, "account", str(account_id), 1)
    if credit_nanos:
        await promise(
            connection, Transfer(account_id, "grant:sign-up", "grant", credit_nanos, note)
        )
    return account_id


async def use_invitation(connection: AsyncConnection, digest: bytes, email: str) -> SignUp:
    """What the invited get. Raises Fault (invitation_invalid)."""
    from waystation.kernel.money import format_usd

    row = (
        await connection.execute(select(invitations).where(invitations.c.digest == digest))
    ).one_or_none()
    if row is None or row.expires_ms <= now_ms() or row.email not in ("", email):
        raise Fault("invitation_invalid")
    there = (invitations.c.id == row.id, invitations.c.uses_left > 0)
    done = await connection.execute(
        update(invitations).where(*there).values(uses_left=invitations.c.uses_left - 1)
    )
    if not done.rowcount:
        raise Fault("invitation_invalid")
    return SignUp(
        mode="invited", credit=format_usd(row.credit_nanos), account_group=row.account_group
    )
