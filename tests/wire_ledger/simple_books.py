"""Books that are simple enough to trust: to test the socket, not the money.

`FileBooks` keeps every batch in a file, synced, and replays it when opened: what it has answered
survives kill -9.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from waystation.ledger.books import BooksAway, Lose, Posted, SweepAbsent, SweepBoot
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Decision,
    Done,
    Extend,
    GiveSlot,
    Granted,
    Hello,
    Hold,
    Note,
    Refused,
    Resolve,
    Resolved,
    Sent,
    Swept,
    TakeSlot,
    Transfer,
)
from waystation.ledger.questions import AccountState, AskAccount


@dataclass
class Held:
    gateway: str
    boot: str
    hold: Hold
    nanos: int
    sent: bool
    metered: int = 0
    resolved: Resolved | None = None
    resolutions: int = 0


@dataclass
class MemoryBooks:
    balance: int = 10**18
    away: bool = False
    """Each settle raises BooksAway."""
    gate: asyncio.Event | None = None
    """Each settle waits for it."""
    seconds: float = 0.0
    """Each settle takes so long."""
    holds: dict[str, Held] = field(default_factory=dict)
    slots: dict[str, str] = field(default_factory=dict)
    slots_max: int = 1_000_000
    notes: list[Note] = field(default_factory=list)
    batches: list[list[Posted]] = field(default_factory=list)
    opened: bool = False
    settling: int = 0
    failures: int = 0
    """Batches refused because it was away."""

    async def open(self) -> None:
        self.opened = True

    async def copy(self, name: str) -> None: ...

    async def close(self) -> None:
        self.opened = False

    async def settle(self, batch: Sequence[Posted], now_ms: int) -> list[Decision | None]:
        assert self.opened
        assert self.settling == 0, "settle was entered twice"
        self.settling += 1
        try:
            if self.gate is not None:
                await self.gate.wait()
            if self.seconds:
                await asyncio.sleep(self.seconds)
            if self.away:
                self.failures += 1
                raise BooksAway("away for the test")
            self.batches.append(list(batch))
            self.keep(batch)
            return [self.decide(posted) for posted in batch]
        finally:
            self.settling -= 1

    def keep(self, batch: Sequence[Posted]) -> None:
        """Make the batch durable."""

    @property
    def open_holds(self) -> list[str]:
        return [key for key, held in self.holds.items() if held.resolved is None]

    def decide(self, posted: Posted) -> Decision | None:
        match posted.command:
            case Hold() as hold:
                return self._hold(posted, hold)
            case Extend(hold_id, _, nanos):
                held = self.holds.get(hold_id)
                if held is None or held.resolved:
                    return Refused(hold_id, "resolved" if held else "hold_unknown")
                held.nanos += nanos
                return Admitted(hold_id, held.nanos)
            case Sent(hold_id, sent):
                if hold_id in self.holds:
                    self.holds[hold_id].sent = sent
            case Checkpoint(hold_id, nanos):
                if hold_id in self.holds:
                    held = self.holds[hold_id]
                    held.metered = max(held.metered, nanos)
            case Resolve() as resolve:
                held = self.holds.get(resolve.hold_id)
                if held is None:
                    return Refused(resolve.hold_id, "hold_unknown")
                return self._resolve(held, Resolved(resolve.hold_id, resolve.kind, resolve.nanos))
            case Note() as note:
                self.notes.append(note)
            case TakeSlot(slot_id):
                if len(self.slots) >= self.slots_max and slot_id not in self.slots:
                    return Refused(slot_id, "slot")
                self.slots[slot_id] = posted.gateway
                return Granted(slot_id)
            case GiveSlot(slot_id):
                self.slots.pop(slot_id, None)
            case Hello(gateway, _, listed, slots):
                self._free(gateway)
                self.slots |= {slot.slot_id: gateway for slot in slots}
                return self._hello(gateway, listed)
            case Transfer(id=transfer_id, nanos=nanos):
                self.balance += nanos
                return Done(transfer_id, True, nanos)
            case AskAccount(question_id):
                open_nanos = sum(self.holds[key].nanos for key in self.open_holds)
                return AccountState(question_id, True, balance=self.balance, held=open_nanos)
            case Lose(gateway):
                self._free(gateway)
                self._sweep(lambda held: held.gateway == gateway)
            case SweepBoot(boot):
                self._sweep(lambda held: held.boot != boot)
            case SweepAbsent(gateways):
                self._sweep(lambda held: held.gateway not in gateways)
        return None

    def _free(self, gateway: str) -> None:
        self.slots = {slot: owner for slot, owner in self.slots.items() if owner != gateway}

    def _hold(self, posted: Posted, hold: Hold) -> Decision:
        held = self.holds.get(hold.id)
        if held is not None:
            if held.resolved:
                return Refused(hold.id, "resolved")
            return Admitted(hold.id, held.nanos)
        if hold.nanos > self.balance:
            return Refused(hold.id, "balance", available=self.balance)
        self.holds[hold.id] = Held(posted.gateway, posted.boot, hold, hold.nanos, hold.sent)
        return Admitted(hold.id, hold.nanos)

    def _resolve(self, held: Held, resolved: Resolved) -> Resolved:
        if held.resolved is None:
            held.resolved = resolved
            held.resolutions += 1
        return held.resolved

    def _hello(self, gateway: str, listed: tuple[str, ...]) -> Swept:
        known = set(listed)
        if gateway:
            self._sweep(lambda held: held.gateway == gateway and held.hold.id not in known)
        return Swept(tuple(key for key in listed if key in self.holds and self.holds[key].resolved))

    def _sweep(self, concerns) -> None:
        for held in self.holds.values():
            if held.resolved is None and held.hold.owner == "gateway" and concerns(held):
                kind = "post" if held.sent else "expire"
                nanos = max(held.metered, held.hold.prompt_nanos) if held.sent else 0
                self._resolve(held, Resolved(held.hold.id, kind, nanos))


class FileBooks(MemoryBooks):
    """MemoryBooks that survive their process."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file = -1

    async def open(self) -> None:
        if self._path.exists():
            whole = self._replay(self._path.read_bytes())
            os.truncate(self._path, whole)
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        await super().open()

    async def close(self) -> None:
        await super().close()
        os.close(self._file)

    def keep(self, batch: Sequence[Posted]) -> None:
        lines = [_KIND[type(one.command)] + msgspec.msgpack.encode(one) for one in batch]
        data = b"".join(len(line).to_bytes(4, "big") + line for line in lines)
        os.write(self._file, data)
        os.fdatasync(self._file)

    def _replay(self, data: bytes) -> int:
        """How many bytes are whole records."""
        at = 0
        while at + 4 <= len(data):
            size = int.from_bytes(data[at : at + 4], "big")
            line = data[at + 4 : at + 4 + size]
            if len(line) < size:
                break  # torn by the kill: it was never answered
            self.decide(_DECODERS[line[0]].decode(line[1:]))
            at += 4 + size
        return at


def _decoders() -> tuple[dict[type, bytes], dict[int, msgspec.msgpack.Decoder]]:
    kinds, decoders = {}, {}
    for number, kind in enumerate(_kinds()):
        shape = msgspec.defstruct(
            f"Posted{kind.__name__}", [("gateway", str), ("boot", str), ("command", kind)]
        )
        kinds[kind] = bytes([number])
        decoders[number] = msgspec.msgpack.Decoder(shape)
    return kinds, decoders


def _kinds() -> list[type]:
    from waystation.ledger import books, messages

    return [*messages.Command.__args__, *books.Internal.__args__]


_KIND, _DECODERS = _decoders()
