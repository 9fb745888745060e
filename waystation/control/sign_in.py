"""Checking an e-mail address and a password, at a pace that guessing cannot use.

A wrong address takes as long as a wrong password and is refused in the same words. Failures count
per address, per peer and for both together; the counters are bounded and forget in their window.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import select, update

from waystation.control.sessions import Person
from waystation.errors import Fault
from waystation.identity.passwords import hash_password, needs_new_hash, verify_password
from waystation.kernel.clock import monotonic
from waystation.storage.database import Database
from waystation.storage.main import accounts, imports

PAIR_FAILURES_MAX = 10
"""Within the window, for one address from one peer."""
PEER_FAILURES_MAX = 30
ADDRESS_FAILURES_MAX = 100
"""From anywhere: higher, so that a stranger cannot lock the owner out easily."""
WINDOW_SECONDS = 900.0
_COUNTERS_MAX = 10_000
_AT_ONCE_MAX = 2
"""Each check takes 64 MiB and tens of milliseconds of one core."""
_WAITING_MAX = 32

Result = TypeVar("Result")


class Failures:
    """Failures by key within a fixed window from the first one."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def blocked_seconds(self, key: str, most: int) -> float:
        """0: may try."""
        begun, count = self._counts.get(key, (0.0, 0))
        left = begun + WINDOW_SECONDS - monotonic()
        return left if count >= most and left > 0 else 0.0

    def add(self, key: str) -> None:
        now = monotonic()
        begun, count = self._counts.pop(key, (now, 0))
        if now - begun > WINDOW_SECONDS:
            begun, count = now, 0
        self._counts[key] = (begun, count + 1)
        if len(self._counts) > _COUNTERS_MAX:
            self._counts.popitem(last=False)

    def withdraw(self, key: str) -> None:
        """It was no failure after all."""
        begun, count = self._counts.get(key, (0.0, 0))
        if count > 1:
            self._counts[key] = (begun, count - 1)
        else:
            self._counts.pop(key, None)


class SignIn:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._failures = Failures()
        self._slots = asyncio.Semaphore(_AT_ONCE_MAX)
        self._waiting = 0

    async def check(self, email: str, password: str, peer: str) -> Person:
        """email: or, of who was brought over from another system, the name used there.
        Raises Fault: invalid_credentials, too_many_attempts, overloaded; StorageAway."""
        name, email = email.strip(), email.strip().lower()
        limits = {
            f"{email} {peer}": PAIR_FAILURES_MAX,
            f"peer {peer}": PEER_FAILURES_MAX,
            f"address {email}": ADDRESS_FAILURES_MAX,
        }
        blocked = max(self._failures.blocked_seconds(key, most) for key, most in limits.items())
        if blocked:
            raise Fault("too_many_attempts", retry_after=int(blocked) + 1)
        for key in limits:  # counted before it is judged: tries at once do not slip through
            self._failures.add(key)
        row = await self._find(email, name)
        right = await self._verify(None if row is None else row.password_hash, password)
        if not right or row is None:
            raise Fault("invalid_credentials")
        for key in limits:
            self._failures.withdraw(key)
        await self._renew(row, password)
        return Person(row.id, row.email, row.role, 0)

    async def _find(self, email: str, name: str) -> Any:
        """The enabled account of that address, else of that name elsewhere; None: nobody's."""
        query = select(
            accounts.c.id, accounts.c.email, accounts.c.role, accounts.c.password_hash
        ).where(accounts.c.enabled)
        brought = select(imports.c.our_id).where(
            imports.c.kind == "username", imports.c.foreign_id == name
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query.where(accounts.c.email == email))).first()
            if row is not None:
                return row
            found = (await connection.execute(query.where(accounts.c.id.in_(brought)))).all()
            return found[0] if len(found) == 1 else None

    async def _renew(self, row: Any, password: str) -> None:
        """A hash of another sort, or of weaker parameters, is replaced while the password is at
        hand."""
        if not needs_new_hash(row.password_hash):
            return
        renewed = await self.hash(password)
        mine = (accounts.c.id == row.id, accounts.c.password_hash == row.password_hash)
        async with self._database.write() as connection:
            await connection.execute(update(accounts).where(*mine).values(password_hash=renewed))

    def limit(self, key: str, most: int) -> None:
        """Count one try of something else that must not be tried often. Raises Fault
        (too_many_attempts)."""
        blocked = self._failures.blocked_seconds(key, most)
        if blocked:
            raise Fault("too_many_attempts", retry_after=int(blocked) + 1)
        self._failures.add(key)

    def forgive(self, key: str) -> None:
        """It was no try at guessing after all."""
        self._failures.withdraw(key)

    async def hash(self, password: str) -> str:
        """Raises Fault (overloaded)."""
        return await self._in_turn(lambda: hash_password(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Raises Fault (overloaded)."""
        return await self._verify(stored, password)

    async def _verify(self, stored: str | None, password: str) -> bool:
        return await self._in_turn(lambda: verify_password(stored, password))

    async def _in_turn(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= _WAITING_MAX:
            raise Fault("overloaded", retry_after=2)
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
