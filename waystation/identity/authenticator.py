"""From what a caller shows to who it is.

    caller = authenticator.cached(shown) or await authenticator.find(shown)
    judge(caller, call.peer, now_ms())

Known callers cost a dictionary look-up and go on while the store is away. Unknown keys are looked
up many at a time, one statement in flight; what is not there is remembered for some seconds; a key
of our shape with a wrong checksum asks nobody. A key that cannot be judged is a 503, never a 401.
"""

import asyncio
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import Literal

import msgspec

from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.identity.credentials import Credential, HeaderGetter, credential
from waystation.identity.keys import shape
from waystation.identity.lookup import BATCH_MAX, Changes, changes_since, find_callers
from waystation.identity.memory import KnownCallers, ShortMemory
from waystation.storage.database import Database, StorageAway

CALLERS_MAX = 120_000
SHOWN_MAX = 8_192
UNKNOWN_MAX = 65_536
UNKNOWN_SECONDS = 10.0
WAITING_MAX = 4_096
MISSES_PER_SECOND_MAX = 10_000
FOREIGN_MISSES_PER_SECOND_MAX = 2_000
LOOKUP_SECONDS_MAX = 5.0
AWAY_PAUSE_SECONDS = 0.5
RETRY_AFTER_SECONDS = 2

_Found = dict[bytes, Caller]
_Answer = Caller | Literal["unknown", "away"]


class Authenticator:
    """One a process. clock: monotonic seconds."""

    def __init__(self, database: Database, clock: Callable[[], float] = monotonic) -> None:
        self._database = database
        self._clock = clock
        self._callers = KnownCallers(CALLERS_MAX)
        self._shown: dict[str, Credential] = {}
        self._unknown = ShortMemory(UNKNOWN_MAX, UNKNOWN_SECONDS)
        self._waiting: dict[bytes, asyncio.Future[_Answer]] = {}
        self._runner: asyncio.Task[None] | None = None
        self._closing = False
        self._away_until = 0.0
        self._forgotten = 0  # counts invalidations: a look-up across one is not remembered
        self._second = 0
        self._misses = 0
        self._foreign_misses = 0

    def cached(self, shown: Credential) -> Caller | None:
        """Who it is, when that is known by heart; None: ask `find`."""
        return self._callers.get(shown.digest)

    def shown(self, header: HeaderGetter, query: str) -> Credential:
        """The credential of a request. What led to a known caller before is not read again: its
        Authorization is looked up as it stands, since that header comes before all others.

        Raises Fault: missing_api_key, empty_api_key, invalid_api_key."""
        sent = header("authorization")
        if sent is not None:
            known = self._shown.get(sent)
            if known is not None:
                return known
        found = credential(header, query)
        if sent is not None and found.source == "authorization":
            self._remember_shown(sent, found)
        return found

    def _remember_shown(self, sent: str, found: Credential) -> None:
        """Only of known callers: nobody can fill the memory with guesses."""
        if self._callers.get(found.digest) is not None:
            if len(self._shown) >= SHOWN_MAX:
                self._shown.clear()
            self._shown[sent] = found

    async def find(self, shown: Credential) -> Caller:
        """Raises Fault: invalid_api_key; temporarily_unavailable when that cannot be told."""
        caller = self._callers.get(shown.digest)
        if caller is not None:
            return caller
        parts = shown.unpinned()
        if parts is None:
            caller = await self._look_up(shown)
        else:
            caller = await self._find_pinned(shown, *parts)
        if caller is None:
            raise Fault("invalid_api_key")
        return caller

    async def refresh(self, epoch: int) -> None:
        """Forget what changed since that epoch. Raises StorageAway (then nothing is forgotten:
        call again)."""
        self.forget(await changes_since(self._database, epoch))

    def forget(self, changes: Changes) -> None:
        self._forgotten += 1
        if changes.too_many:
            self._callers.clear()
            self._unknown.clear()
            return
        for digest in changes.digests:
            self._unknown.discard(digest)
        for account_id in changes.accounts:
            self._callers.forget_account(account_id)

    async def close(self) -> None:
        """Waits for the look-up under way: one cut off would leave its connection behind."""
        self._closing = True
        if self._runner is not None:
            await asyncio.gather(self._runner, return_exceptions=True)

    async def _find_pinned(
        self, whole: Credential, part: Credential, channel_id: int
    ) -> Caller | None:
        """The whole key first; only if that is unknown, a key and a channel."""
        forgotten = self._forgotten
        caller = await self._look_up(whole)
        if caller is not None:
            return caller
        caller = self._callers.get(part.digest) or await self._look_up(part)
        if caller is None:
            return None
        caller = msgspec.structs.replace(caller, pinned_channel=channel_id)
        if caller.role == "operator" and forgotten == self._forgotten:
            self._callers.put(whole.digest, caller)
        return caller

    async def _look_up(self, shown: Credential) -> Caller | None:
        kind = shape(shown.key)
        now = self._clock()
        if kind == "ours_broken" or self._unknown.has(shown.digest, now):
            return None
        waiting = self._waiting.get(shown.digest)
        if waiting is None:
            self._allow_miss(now, foreign=kind == "foreign")
            waiting = asyncio.get_running_loop().create_future()
            self._waiting[shown.digest] = waiting
            if self._runner is None:
                self._runner = asyncio.create_task(self._run())
        answer = await asyncio.shield(waiting)
        if answer == "away":
            raise _cannot_tell()
        return None if answer == "unknown" else answer

    def _allow_miss(self, now: float, *, foreign: bool) -> None:
        """Guessing keys must not drown the store. Known callers never come here."""
        if int(now) != self._second:
            self._second = int(now)
            self._misses = self._foreign_misses = 0
        self._misses += 1
        self._foreign_misses += foreign
        if (
            self._closing
            or now < self._away_until
            or len(self._waiting) >= WAITING_MAX
            or self._misses > MISSES_PER_SECOND_MAX
            or (foreign and self._foreign_misses > FOREIGN_MISSES_PER_SECOND_MAX)
        ):
            raise _cannot_tell()

    async def _run(self) -> None:
        """Look up what waits until nothing does. What comes meanwhile makes the next batch."""
        asked: list[bytes] = []
        try:
            while self._waiting and not self._closing:
                asked = list(self._waiting)[:BATCH_MAX]
                await self._run_batch(asked)
        finally:
            self._runner = None
            self._tell_all("away")  # nobody is left unless we are closing or have failed

    async def _run_batch(self, asked: list[bytes]) -> None:
        forgotten = self._forgotten
        try:
            found = await asyncio.wait_for(find_callers(self._database, asked), LOOKUP_SECONDS_MAX)
        except (StorageAway, TimeoutError):
            self._away_until = self._clock() + AWAY_PAUSE_SECONDS
            self._tell_all("away")
            return
        if forgotten == self._forgotten:
            self._remember(asked, found)
        for digest in asked:
            self._tell(digest, found.get(digest, "unknown"))

    def _remember(self, asked: list[bytes], found: _Found) -> None:
        now = self._clock()
        for digest in asked:
            caller = found.get(digest)
            if caller is None:
                self._unknown.add(digest, now)
            else:
                self._callers.put(digest, caller)

    def _tell_all(self, answer: _Answer) -> None:
        for digest in list(self._waiting):
            self._tell(digest, answer)

    def _tell(self, digest: bytes, answer: _Answer) -> None:
        waiting = self._waiting.pop(digest)
        if not waiting.done():
            waiting.set_result(answer)


def judge(caller: Caller, peer: str, now_ms: int) -> None:
    """May it call now, from there? The ledger has the last word in each hold.

    Raises Fault: token_disabled, token_expired, user_banned, ip_not_allowed,
    channel_not_allowed."""
    if not caller.token_enabled:
        raise Fault("token_disabled")
    if caller.expires_ms is not None and caller.expires_ms <= now_ms:
        raise Fault("token_expired")
    if not caller.account_enabled:
        raise Fault("user_banned")
    if caller.pinned_channel is not None and caller.role != "operator":
        raise Fault("channel_not_allowed")
    if caller.allow_ips and not _is_within(caller, peer):
        raise Fault("ip_not_allowed")


def _is_within(caller: Caller, peer: str) -> bool:
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in caller.allow_ips)


def _cannot_tell() -> Fault:
    return Fault("temporarily_unavailable", retry_after=RETRY_AFTER_SECONDS)
