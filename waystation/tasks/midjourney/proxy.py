"""Calls to a proxy of the family, over the relay's own transports.

A submit tells apart what was certainly not taken from what may have been; everything else may be
repeated, and raises Unreachable for the caller to try later.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import msgspec

from waystation.dialects.midjourney.speed import Mode
from waystation.dialects.midjourney.upstream import (
    Malformed,
    Seen,
    read_list,
    read_seed,
    read_seen,
)
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.midjourney.submitting import Refused, Unknown, Verdict, judge
from waystation.upstream.attempt import retry_after
from waystation.upstream.outgoing import Way
from waystation.upstream.transport import (
    Deadlines,
    MaybeSent,
    NotSent,
    Outgoing,
    Transport,
    TransportFault,
)

REPLY_BYTES_MAX = 16 * 1024 * 1024
POLL_DEADLINES = Deadlines(
    connect_seconds=5.0, first_byte_seconds=15.0, idle_seconds=10.0, total_seconds=30.0
)
FIND_IDS_MAX = 100
_Read = TypeVar("_Read")
_NONE_SUCH = frozenset({204, 400, 404, 410})


class Unreachable(Exception):
    """It did not answer, or not in this protocol: to be asked again later."""


class TooLarge(Unreachable):
    """It told more than anybody reads."""


class Answer(NamedTuple):
    """retry_seconds: as it asked for."""

    status: int
    body: bytes
    retry_seconds: int | None = None


class Proxy:
    """One channel with one of its keys."""

    def __init__(self, transport: Transport, way: Way, key: ChannelKey) -> None:
        self._transport = transport
        self._way = way
        self._key = key

    @property
    def channel(self) -> Channel:
        return self._way.channel

    @property
    def secrets(self) -> tuple[str, ...]:
        return (self._key.secret,) if self._key.secret else ()

    def flag_of(self, mode: Mode) -> str:
        """The speed as a flag in the prompt, where no address says it."""
        return mode if mode and f"mj_{mode}" not in self.channel.paths else ""

    async def submit(
        self,
        page: str,
        mode: Mode,
        body: bytes,
        *,
        follows: bool,
        on_sending: Callable[[], None] | None = None,
    ) -> Verdict:
        """Once, never repeated here."""
        path = self._speeded(self.channel.paths[page], mode)
        request = self._way.call(self._key, "POST", path, body)
        try:
            answer = await self._exchange(request, self._way.deadlines, on_sending)
        except NotSent as fault:
            return Refused(fault.kind, "upstream_unreachable", elsewhere=True, parks=True)
        except MaybeSent as fault:
            return Unknown(fault.kind)
        return judge(
            answer.status,
            answer.body,
            self.secrets,
            follows=follows,
            retry_seconds=answer.retry_seconds,
        )

    async def find(self, ids: Sequence[str]) -> list[Seen]:
        """Tasks by their ids, those asked for only. Raises Unreachable."""
        wanted = set(ids)
        body = msgspec.json.encode({"ids": list(ids)})
        answer = await self._ask("POST", self.channel.paths["mj_find"], body)
        seen = self._read(answer, read_list)
        unique = {each.id: each for each in seen if each.id in wanted}
        return list(unique.values())

    async def latest(self) -> list[Seen]:
        """What it had lately, to look for one of ours in. Raises Unreachable."""
        return self._read(await self._ask("GET", self.channel.paths["mj_tasks"]), read_list)

    async def fetch(self, upstream_id: str) -> Seen | None:
        """None: it has no such task. Raises Unreachable."""
        answer = await self._ask("GET", self._of("mj_fetch", upstream_id))
        if answer.status in _NONE_SUCH:
            return None
        seen = self._read(answer, read_seen)
        return None if seen is None or seen.id not in ("", upstream_id) else seen

    async def seed(self, upstream_id: str) -> str:
        """Digits, "" when it is not told. Raises Unreachable."""
        answer = await self._ask("GET", self._of("mj_seed", upstream_id))
        return "" if answer.status in _NONE_SUCH else self._read(answer, read_seed)

    async def cancel(self, upstream_id: str) -> None:
        """As a favour: whether it stops is seen by polling. Raises Unreachable."""
        if "mj_cancel" in self.channel.paths:
            await self._ask("POST", self._of("mj_cancel", upstream_id))

    def _of(self, page: str, upstream_id: str) -> str:
        return self.channel.paths[page].replace("{id}", quote(upstream_id, safe=""))

    def _speeded(self, path: str, mode: Mode) -> str:
        prefix = self.channel.paths.get(f"mj_{mode}") if mode else None
        return prefix + path.removeprefix("/mj") if prefix else path

    def _read(self, answer: Answer, reader: Callable[[bytes], _Read]) -> _Read:
        if answer.status == 204:
            return reader(b"")
        if not 200 <= answer.status < 300:
            raise Unreachable(f"status {answer.status}")
        try:
            return reader(answer.body)
        except Malformed as malformed:
            raise Unreachable(str(malformed)) from None

    async def _ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        request = self._way.call(self._key, method, path, body)
        try:
            return await self._exchange(request, POLL_DEADLINES)
        except TransportFault as fault:
            kind = TooLarge if fault.kind == "too_large" else Unreachable
            raise kind(str(fault)) from None

    async def _exchange(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Answer:
        """Raises NotSent, MaybeSent."""
        incoming = await self._transport.send(request, deadlines, on_sending)
        try:
            body = await incoming.read_all(REPLY_BYTES_MAX)
            return Answer(incoming.status, body, retry_after(incoming))
        finally:
            incoming.close()
