"""The ledger's store as its server sees it: a batch goes in, decisions come out, durable.

`SqliteBooks` and `PostgresBooks` implement it; both decide with the same function.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from waystation.ledger.messages import Command, Decision


class Lose(msgspec.Struct, frozen=True):
    """The gateway's socket closed: resolve its open holds as if it had died. No answer."""

    gateway: str


class SweepBoot(msgspec.Struct, frozen=True):
    """At start: resolve the gateway holds of every other boot (of this node). No answer."""

    boot: str


class SweepAbsent(msgspec.Struct, frozen=True):
    """Resolve this node's holds whose gateway is none of these. No answer."""

    gateways: tuple[str, ...]


class KeepLease(msgspec.Struct, frozen=True):
    """Every few seconds: renew this node's lease and sweep the nodes whose lease lapsed 15 s ago
    (PostgreSQL; elsewhere it does nothing). No answer."""


Internal = Lose | SweepBoot | SweepAbsent | KeepLease


class Posted(msgspec.Struct, frozen=True):
    """A command with the connection it came by. gateway: "" for tools and the server itself."""

    gateway: str
    boot: str
    command: Command | Internal


class BooksAway(Exception):
    """The store failed; nothing of the batch happened. Callers get 503."""


class Books(Protocol):
    """One caller at a time: `settle` is never entered twice at once."""

    async def open(self) -> None:
        """Lock, migrate, load. Raises BooksAway, or BooksLocked when another process has them."""

    async def settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        """One transaction, durable when it returns. One entry per command; None: no answer.

        Raises BooksAway."""

    async def report(self) -> bytes:
        """The audit's report as JSON, made beside `settle`, which it does not hold up.

        Asked as `AskAudit`, the same is answered within a batch, and the batch waits for it.
        Raises BooksAway."""

    async def copy(self, name: str) -> None:
        """A copy, whole and of one commit, in the file of that name beside the books, made beside
        `settle`. Raises BooksAway."""

    async def close(self) -> None: ...


class BooksLocked(BooksAway):
    """Another ledger process has the store."""
