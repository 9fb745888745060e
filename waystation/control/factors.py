"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for its loss.

A code is good once: the time step of the last one is kept. Recovery codes are stored as digests
and each opens once.
"""

import hashlib
import hmac
import secrets
import time

import msgspec
import pyotp
import segno
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from waystation.control.profiles import edit_profile, profile_of
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.database import Database
from waystation.storage.main import profiles, recovery_codes
from waystation.storage.sealing import Sealing

STEP_SECONDS = 30
STEPS_AROUND = 1
"""Clocks differ: the step before and the one after are taken too."""
RECOVERY_COUNT = 10
_RECOVERY_BYTES = 10


class Enrolment(msgspec.Struct, frozen=True):
    """secret: to be typed where the picture cannot be read. uri: what the picture says. image: a
    data: URL of an SVG."""

    secret: str
    uri: str
    image: str


class Factors:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_on(self, account_id: int) -> bool:
        async with self._database.read() as connection:
            return bool((await profile_of(connection, account_id)).totp)

    async def begin(self, sealing: Sealing, account_id: int, email: str, site: str) -> Enrolment:
        """A new secret, not in force before a code of it was shown. Raises StorageAway."""
        secret = pyotp.random_base32()
        async with self._database.write() as connection:
            await edit_profile(connection, account_id, totp_new=sealing.seal(secret, "totp"))
        uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=site)
        image = segno.make(uri, error="m").svg_data_uri(scale=4, border=2)
        return Enrolment(secret, uri, image)

    async def confirm(self, sealing: Sealing, account_id: int, code: str) -> list[str]:
        """From now on it is asked for. Returns new recovery codes, told this once. Raises Fault
        (second_factor_wrong, conflict)."""
        async with self._database.write() as connection:
            profile = await profile_of(connection, account_id)
            if not profile.totp_new:
                raise Fault("conflict", reason="no enrolment was begun")
            step = _matching(sealing.open(profile.totp_new, "totp"), code)
            if step is None:
                raise Fault("second_factor_wrong")
            await edit_profile(
                connection, account_id, totp=profile.totp_new, totp_new="", totp_step=step
            )
            return await _new_recovery_codes(connection, account_id)

    async def renew_recovery(self, account_id: int) -> list[str]:
        """Raises Fault (conflict) where there is no second factor."""
        async with self._database.write() as connection:
            if not (await profile_of(connection, account_id)).totp:
                raise Fault("conflict", reason="the second factor is off")
            return await _new_recovery_codes(connection, account_id)

    async def recovery_left(self, account_id: int) -> int:
        query = select(func.count()).where(
            recovery_codes.c.account_id == account_id, recovery_codes.c.used_ms.is_(None)
        )
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def drop(self, connection: AsyncConnection, account_id: int) -> None:
        """The password alone is enough again."""
        await edit_profile(connection, account_id, totp="", totp_new="", totp_step=0)
        mine = recovery_codes.c.account_id == account_id
        await connection.execute(delete(recovery_codes).where(mine))

    async def check(self, sealing: Sealing, account_id: int, code: str) -> bool:
        """Whether the code is right and fresh; it is used up by that. Raises StorageAway."""
        digits = code.replace(" ", "")
        async with self._database.write() as connection:
            profile = await profile_of(connection, account_id)
            if not profile.totp:
                return False
            if not (digits.isascii() and digits.isdigit()):
                return await _use_recovery(connection, account_id, code)
            step = _matching(sealing.open(profile.totp, "totp"), digits)
            if step is None or step <= profile.totp_step:
                return False
            fresher = (profiles.c.id == account_id, profiles.c.totp_step < step)
            done = await connection.execute(update(profiles).where(*fresher).values(totp_step=step))
            return done.rowcount == 1


def _matching(secret: str, code: str) -> int | None:
    """The time step whose code it is; all are compared, so that the time tells nothing."""
    now = int(time.time()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    given = code.replace(" ", "").encode("utf-8", "surrogateescape")
    found = None
    for step in range(now - STEPS_AROUND, now + STEPS_AROUND + 1):
        if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), given):
            found = step
    return found


async def _new_recovery_codes(connection: AsyncConnection, account_id: int) -> list[str]:
    mine = recovery_codes.c.account_id == account_id
    await connection.execute(delete(recovery_codes).where(mine))
    drawn = [secrets.token_hex(_RECOVERY_BYTES) for _ in range(RECOVERY_COUNT)]
    codes = ["r-" + "-".join(each[at : at + 5] for at in range(0, 20, 5)) for each in drawn]
    await connection.execute(
        insert(recovery_codes),
        [{"account_id": account_id, "digest": _digest(code)} for code in codes],
    )
    return codes


async def _use_recovery(connection: AsyncConnection, account_id: int, code: str) -> bool:
    done = await connection.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.account_id == account_id,
            recovery_codes.c.digest == _digest(code),
            recovery_codes.c.used_ms.is_(None),
        )
        .values(used_ms=now_ms())
    )
    return done.rowcount == 1


def _digest(code: str) -> bytes:
    plain = code.strip().lower().encode("utf-8", "surrogateescape")
    return hashlib.sha256(b"waystation recovery " + plain).digest()
