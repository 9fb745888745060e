"""Calls to upstreams that make songs, over the relay's own transports.

A submit tells apart what was certainly not taken (AttemptFailed: another channel may) from what may
have been (Lost: never sent again). Everything else may be repeated, and raises Unreachable.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar
from urllib.parse import quote

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.suno import pages, songs
from waystation.dialects.suno.job import OPERATIONS
from waystation.dialects.suno.pages import Declined, Malformed
from waystation.dialects.suno.seen import Clip, Seen
from waystation.errors import Fault
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.tasks.suno.saved import Saved
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.outgoing import Way
from waystation.upstream.source import transport_fault
from waystation.upstream.transport import Deadlines, MaybeSent, NotSent, Transport, TransportFault

REPLY_BYTES_MAX = 32 * 1024 * 1024
POLL_DEADLINES = Deadlines(
    connect_seconds=5.0, first_byte_seconds=15.0, idle_seconds=10.0, total_seconds=30.0
)
TASKS_IN_LIST_MAX = 100
SONGS_IN_FEED_MAX = 20
_NONE_SUCH = frozenset({204, 400, 404, 410})
_UNKNOWN = frozenset({408, 500, 502, 504})
_Read = TypeVar("_Read")


class Lost(Exception):
    """It may have been taken: never to be sent again. fault: why nothing is known."""

    def __init__(self, fault: Fault, kind: str = "", status: int = 0) -> None:
        super().__init__(fault.code)
        self.fault = fault
        self.kind = kind
        self.status = status


class Unreachable(Exception):
    """It did not answer, or not in this protocol: to be asked again later."""


class Answer(NamedTuple):
    status: int
    body: bytes


class Taken(NamedTuple):
    """An upstream has it, under this id; seen: what it told by the way."""

    upstream_id: str
    seen: Seen | None = None


class Studio(Protocol):
    """One channel with one of its keys, in whichever form it speaks."""

    async def submit(self, saved: Saved, model: str) -> Taken:
        """model: Suno's own name. Raises AttemptFailed, Lost."""

    async def look(self, ids: Sequence[str]) -> Mapping[str, Seen]:
        """What it tells of these, those that it leaves out left out. Raises Unreachable."""

    async def has(self, upstream_id: str) -> bool:
        """Of one that was left out: whether it is there all the same. Raises Unreachable."""


class Line:
    """The wire to one channel."""

    def __init__(self, transport: Transport, way: Way, key: ChannelKey) -> None:
        self._transport = transport
        self._way = way
        self._key = key

    @property
    def channel(self) -> Channel:
        return self._way.channel

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._key.secrets

    async def submit(self, path: str, body: bytes) -> bytes:
        """A good answer's body. Raises AttemptFailed, Lost."""
        try:
            answer = await self._exchange("POST", path, body, self._way.deadlines)
        except NotSent as error:
            raise AttemptFailed(transport_fault(error), kind=error.kind) from None
        except MaybeSent as error:
            raise Lost(transport_fault(error), kind=error.kind) from None
        status = answer.status
        if 200 <= status < 300:
            return answer.body
        fault = read_error(status, answer.body, self.secrets)
        if status in _UNKNOWN or status < 400:
            raise Lost(fault, status=status)
        raise AttemptFailed(fault, status=status)

    async def ask(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Raises Unreachable."""
        try:
            return await self._exchange(method, path, body, POLL_DEADLINES)
        except TransportFault as fault:
            raise Unreachable(str(fault)) from None

    async def _exchange(self, method: str, path: str, body: bytes, within: Deadlines) -> Answer:
        """Raises NotSent, MaybeSent."""
        request = self._way.call(self._key, method, path, body)
        incoming = await self._transport.send(request, within)
        try:
            return Answer(incoming.status, await incoming.read_all(REPLY_BYTES_MAX))
        finally:
            incoming.close()


def understood(reader: Callable[[bytes], _Read], body: bytes, secrets: Sequence[str]) -> _Read:
    """A submit's good answer, read. Raises AttemptFailed for a failure told in it, Lost for
    nonsense."""
    try:
        return reader(body)
    except Declined as declined:
        told = {"message": str(declined), **_code_of(body)}
        fault = read_error(200, msgspec.json.encode(told), secrets)
        raise AttemptFailed(fault, status=200) from None
    except Malformed as malformed:
        raise Lost(Fault("bad_upstream_response", reason=str(malformed)), status=200) from None


def _code_of(body: bytes) -> dict[str, object]:
    answer = pages.decoded(body)
    code = answer.get("code") if isinstance(answer, dict) else None
    return {"code": code} if isinstance(code, str | int) else {}


class TaskPages:
    """An upstream that has tasks of its own, under /suno."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def submit(self, saved: Saved, model: str) -> Taken:
        job, line = saved.job, self._line
        path = path_of(line.channel, OPERATIONS[job.action])
        body = pages.write_submit(job, model, saved.parent, saved.clip)
        answer = await line.submit(path, body)
        return Taken(understood(pages.read_submitted, answer, line.secrets))

    async def look(self, ids: Sequence[str]) -> Mapping[str, Seen]:
        if "suno_find" not in self._line.channel.paths:
            return {each: seen for each in ids if (seen := await self._one(each)) is not None}
        told: dict[str, Seen] = {}
        wanted = set(ids)
        for at in range(0, len(ids), TASKS_IN_LIST_MAX):
            body = pages.write_fetch(ids[at : at + TASKS_IN_LIST_MAX])
            answer = await self._line.ask("POST", self._line.channel.paths["suno_find"], body)
            told |= {seen.id: seen for seen in _read(answer, pages.read_tasks) if seen.id in wanted}
        return told

    async def has(self, upstream_id: str) -> bool:
        return await self._one(upstream_id) is not None

    async def _one(self, upstream_id: str) -> Seen | None:
        path = self._line.channel.paths["suno_fetch"].replace("{id}", quote(upstream_id, safe=""))
        answer = await self._line.ask("GET", path)
        if answer.status in _NONE_SUCH:
            return None
        found = _read(answer, pages.read_tasks)
        return next((seen for seen in found if seen.id in ("", upstream_id)), None)


class SongPages:
    """An upstream that knows songs alone; what they are asked for with is the channel's paths."""

    def __init__(self, line: Line) -> None:
        self._line = line
        own = "suno_feed" in line.channel.paths
        self._write = songs.write_feed_submit if own else songs.write_songs_submit
        self._page = "suno_feed" if own else "suno_songs"

    async def submit(self, saved: Saved, model: str) -> Taken:
        job, line = saved.job, self._line
        call = self._write(job, model, saved.clip)
        answer = await line.submit(path_of(line.channel, call.operation), call.body)
        read = understood(lambda body: songs.read_submitted(body, job), answer, line.secrets)
        return Taken(*read)

    async def look(self, ids: Sequence[str]) -> Mapping[str, Seen]:
        """One request that gets no answer leaves out its own, not what the others tell."""
        by_request: dict[str, list[str]] = {}
        for each in ids:
            request = each if songs.is_words(each) else songs.session_of(each)
            by_request.setdefault(request, []).append(each)
        told: dict[str, Seen] = {}
        failed: Unreachable | None = None
        for mine in by_request.values():
            try:
                told |= await self._asked(mine)
            except Unreachable as unreachable:
                failed = unreachable
        if failed is not None and not told:
            raise failed
        return told

    async def has(self, upstream_id: str) -> bool:
        return bool(await self._asked([upstream_id]))

    async def _asked(self, ids: Sequence[str]) -> Mapping[str, Seen]:
        """ids: lyrics alone, or songs of one session."""
        if not songs.is_words(ids[0]):
            return await self._songs(ids, songs.session_of(ids[0]))
        words = await self._words(ids[0])
        return {} if words is None else {ids[0]: words}

    async def _songs(self, tasks: Sequence[str], session: str) -> Mapping[str, Seen]:
        clip_ids = [clip for task in tasks for clip in songs.clip_ids(task)]
        found: dict[str, Clip] = {}
        path = self._line.channel.paths[self._page]
        for at in range(0, len(clip_ids), SONGS_IN_FEED_MAX):
            wanted = ",".join(quote(each, safe="") for each in clip_ids[at:][:SONGS_IN_FEED_MAX])
            answer = await self._line.ask("GET", path.replace("{ids}", wanted) + session)
            if answer.status not in _NONE_SUCH:
                found.update(_read(answer, songs.read_feed))
        joined = {task: songs.joined(task, found) for task in tasks}
        return {task: seen for task, seen in joined.items() if seen is not None}

    async def _words(self, upstream_id: str) -> Seen | None:
        name = quote(songs.words_id(upstream_id), safe="")
        path = path_of(self._line.channel, "suno_words").replace("{id}", name)
        answer = await self._line.ask("GET", path)
        return None if answer.status in _NONE_SUCH else _read(answer, songs.read_lyrics)


def path_of(channel: Channel, operation: str) -> str:
    """Raises AttemptFailed for what the channel's vendor cannot do."""
    path = channel.paths.get(operation)
    if path is None:
        fault = Fault("invalid_request", reason="the upstream does not offer this")
        raise AttemptFailed(fault, status=400)
    return path


def studio_of(line: Line) -> Studio | None:
    """In the form that the channel's paths say; None: it has no pages of this kind."""
    paths = line.channel.paths
    if "suno_fetch" in paths:
        return TaskPages(line)
    if "suno_feed" in paths or "suno_songs" in paths:
        return SongPages(line)
    return None


def _read(answer: Answer, reader: Callable[[bytes], _Read]) -> _Read:
    if not 200 <= answer.status < 300:
        raise Unreachable(f"status {answer.status}")
    try:
        return reader(answer.body)
    except (Malformed, Declined) as wrong:
        raise Unreachable(str(wrong)) from None
