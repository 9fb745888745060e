"""The same answer again, for a request that comes again with its Idempotency-Key.

Pictures and sounds are worth keeping: who lost the connection while one was made wants it, not the
news that it was made. What a call answers is noted as it goes out, and kept when it was whole.
"""

import asyncio
from typing import Any, cast

import structlog

from waystation.artefacts.kept_replies import KeptReplies, KeptReply
from waystation.artefacts.store import ArtefactStore
from waystation.edge.call import Call, HeaderList, Writer
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.storage.database import StorageAway

REPEATS = b"x-waystation-repeats"
"""The id of the request whose reply this is."""
_OF_THE_FIRST = (b"x-ratelimit-", b"x-waystation-cost", b"server-timing")
"""Headers that are not true a second time: a repeat costs nothing."""
_LOOK_PAUSES_SECONDS = (0.0, 0.1, 0.3, 0.6)
"""A repeat may come before the first answer is kept."""

log = structlog.get_logger("waystation.repeats")


class NotedCall:
    """A Call in all, that notes its reply."""

    def __init__(self, call: Call, bytes_max: int) -> None:
        object.__setattr__(self, "_call", call)
        object.__setattr__(self, "note", _Note(bytes_max))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._call, name, value)

    def reply(self, status: int, headers: HeaderList, body: bytes) -> None:
        self.note.begin(status, headers, is_stream=False)
        self.note.add(body)
        self.note.is_whole = True
        self._call.reply(status, headers, body)

    def stream(self, status: int, headers: HeaderList, first: bytes = b"") -> Writer:
        self.note.begin(status, headers, is_stream=True)
        self.note.add(first)
        return _NotedWriter(self._call, self._call.stream(status, headers, first), self.note)


class _Note:
    """bytes_max: of the body; of a larger one nothing is left."""

    def __init__(self, bytes_max: int) -> None:
        self._room = bytes_max
        self._pieces: list[bytes] = []
        self._status = 0
        self._headers: tuple[tuple[bytes, bytes], ...] = ()
        self._is_stream = False
        self.is_whole = False

    def begin(self, status: int, headers: HeaderList, is_stream: bool) -> None:
        self._status, self._is_stream = status, is_stream
        self._headers = tuple(one for one in headers if not one[0].startswith(_OF_THE_FIRST))

    def add(self, data: bytes) -> None:
        self._room -= len(data)
        if self._room < 0:
            self._pieces.clear()
        else:
            self._pieces.append(data)

    def reply(self, account_id: int) -> KeptReply | None:
        """None: it is not whole, no success, or too large."""
        if not self.is_whole or self._status != 200 or self._room < 0:
            return None
        body = b"".join(self._pieces)
        return KeptReply(account_id, now_ms(), 200, self._headers, body, self._is_stream)


class _NotedWriter:
    def __init__(self, call: Call, writer: Writer, note: _Note) -> None:
        self._call = call
        self._writer = writer
        self._note = note

    @property
    def congested(self) -> bool:
        return self._writer.congested

    def write(self, data: bytes) -> None:
        self._note.add(data)
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def end(self, last: bytes = b"") -> None:
        self._note.add(last)
        # Who has left is written no more, though the rest is waited for.
        self._note.is_whole = not self._call.is_gone
        self._writer.end(last)

    def abort(self) -> None:
        self._writer.abort()


def note(story: Story) -> None:
    """From here on the story's call notes its reply, if a repeat of it could be told."""
    if story.call.header("idempotency-key"):
        bytes_max = story.site.settings.reply_bytes_max
        story.call = cast(Call, NotedCall(story.call, bytes_max))


async def keep(story: Story) -> None:
    """What was noted, once it is paid for. Where it cannot be kept, a repeat is told 409."""
    call, caller = story.call, story.caller
    if not isinstance(call, NotedCall) or caller is None or not story.is_answered:
        return
    reply = call.note.reply(caller.account_id)
    if reply is None:
        return
    try:
        await KeptReplies(story.site.artefacts).put(call.request_id, reply)
    except StorageAway as away:
        log.warning("a reply could not be kept", request_id=call.request_id, reason=str(away))


async def again(story: Story, fault: Fault) -> Fault | None:
    """Answer as the first time. fault: why it was not admitted; given back, or another one, where
    there is no such answer; None: answered."""
    if fault.code != "idempotency_replayed" or story.caller is None:
        return fault
    first_id = str(fault.values["id"])
    try:
        kept = await _find(story.site.artefacts, first_id, story.caller.account_id)
    except StorageAway:
        return Fault("temporarily_unavailable", retry_after=2)
    if kept is None:
        return fault
    story.noted(200)
    headers = (*kept.headers, (REPEATS, first_id.encode()))
    if kept.is_stream:
        story.call.stream(kept.status, headers).end(kept.body)
    else:
        story.call.reply(kept.status, headers, kept.body)
    return None


async def _find(store: ArtefactStore, request_id: str, account_id: int) -> KeptReply | None:
    """Raises StorageAway."""
    replies = KeptReplies(store)
    for pause_seconds in _LOOK_PAUSES_SECONDS:
        await asyncio.sleep(pause_seconds)
        kept = await replies.find(request_id, account_id)
        if kept is not None:
            return kept
    return None
