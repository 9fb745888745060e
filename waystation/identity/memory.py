"""Bounded memory of what was looked up."""

from itertools import islice

from waystation.identity.caller import Caller


class KnownCallers:
    """Callers by the digest of what they show, at most `entries_max`.

    A hit is one dictionary look-up and moves nothing; when it is full, what came first is
    forgotten, a part at a time, and looked up again if it is still in use. `get` is the
    dictionary's own."""

    __slots__ = ("_entries", "_entries_max", "_of_account", "get")

    def __init__(self, entries_max: int) -> None:
        self._entries_max = max(8, entries_max)
        self._entries: dict[bytes, Caller] = {}
        self._of_account: dict[int, list[bytes]] = {}
        self.get = self._entries.get

    def put(self, digest: bytes, caller: Caller) -> None:
        entries = self._entries
        if digest not in entries:
            if len(entries) >= self._entries_max:
                for first in list(islice(entries, max(1, self._entries_max // 64))):
                    self._drop(first)
            self._of_account.setdefault(caller.account_id, []).append(digest)
        entries[digest] = caller

    def forget_account(self, account_id: int) -> None:
        """All its tokens."""
        for digest in self._of_account.pop(account_id, ()):
            del self._entries[digest]

    def clear(self) -> None:
        self._entries.clear()
        self._of_account.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _drop(self, digest: bytes) -> None:
        account_id = self._entries.pop(digest).account_id
        siblings = self._of_account[account_id]
        siblings.remove(digest)
        if not siblings:
            del self._of_account[account_id]


class ShortMemory:
    """A bounded set whose entries are forgotten after life_seconds / 2 to life_seconds."""

    __slots__ = ("_half_life", "_half_max", "_old", "_turn", "_young")

    def __init__(self, entries_max: int, life_seconds: float) -> None:
        self._half_max = max(1, entries_max // 2)
        self._half_life = life_seconds / 2
        self._young: set[bytes] = set()
        self._old: set[bytes] = set()
        self._turn = 0.0

    def add(self, entry: bytes, now: float) -> None:
        """now: monotonic seconds."""
        self._age(now)
        if len(self._young) >= self._half_max:
            self._turn_over(now)
        self._young.add(entry)

    def has(self, entry: bytes, now: float) -> bool:
        self._age(now)
        return entry in self._young or entry in self._old

    def discard(self, entry: bytes) -> None:
        self._young.discard(entry)
        self._old.discard(entry)

    def clear(self) -> None:
        self._young = set()
        self._old = set()

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _age(self, now: float) -> None:
        if now - self._turn < self._half_life:
            return
        if now - self._turn >= 2 * self._half_life:
            self._young = set()
        self._turn_over(now)

    def _turn_over(self, now: float) -> None:
        self._old = self._young
        self._young = set()
        self._turn = now
