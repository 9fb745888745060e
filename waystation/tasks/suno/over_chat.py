"""Songs from another relay that makes them over chat: asked for once, its answer read as it comes.

Its text may tell of a failure as if that were an answer: without a sound in the end it is one.
"""

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from waystation.dialects.faults import read_error
from waystation.dialects.ir import Failed, Finished, PartDelta, PartStarted, Text
from waystation.dialects.openai_chat.event_reader import ChatEvents
from waystation.dialects.operation import Target
from waystation.dialects.scrub import scrubbed
from waystation.dialects.suno.chat_answer import read_songs
from waystation.dialects.suno.job import Job
from waystation.dialects.suno.seen import Seen
from waystation.errors import Fault
from waystation.kernel.clock import monotonic
from waystation.meter.openai import Limits
from waystation.meter.tally import Tally
from waystation.routing.choice import Attempt
from waystation.tasks.suno.filing import Filing
from waystation.tasks.suno.seeing import merge, want_files
from waystation.tasks.suno.upstream import Lost
from waystation.tasks.task import Change
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop
from waystation.upstream.attempt import AttemptFailed, read_refusal
from waystation.upstream.source import transport_fault
from waystation.upstream.transport import Incoming, MaybeSent, NotSent

TEXT_CHARACTERS_MAX = 200_000
TELL_SECONDS = 1.0
"""Between two looks at what has come by now."""
FILES_SECONDS_MAX = 120.0
_REASON_CHARACTERS_MAX = 300


class OverChat:
    def __init__(self, workshop: Workshop, filing: Filing) -> None:
        self._workshop = workshop
        self._filing = filing

    async def sing(self, work: Work, job: Job, attempt: Attempt) -> Change:
        """Raises AttemptFailed: it told that it made nothing; Lost: nobody knows."""
        answer = _Answer(await self._send(job, attempt), attempt.key.secrets)
        try:
            async for _ in answer.pieces():
                await self._tell(work, answer, attempt)
        finally:
            answer.close()
        return await self._finish(work, answer, attempt)

    async def _send(self, job: Job, attempt: Attempt) -> Incoming:
        channel = attempt.candidate.channel
        way = self._workshop.way(channel)
        body = write_chat(job, attempt.candidate.upstream_model)
        request = way.outgoing(
            attempt.key, "chat", body, True, _no_header, attempt.candidate.upstream_model
        )
        try:
            incoming = await self._workshop.transport(channel).send(request, way.deadlines)
        except NotSent as error:
            raise AttemptFailed(transport_fault(error), kind=error.kind) from None
        except MaybeSent as error:
            raise Lost(transport_fault(error), kind=error.kind) from None
        if 200 <= incoming.status < 300:
            return incoming
        body, retry_after = await read_refusal(incoming)
        fault = read_error(incoming.status, body, attempt.key.secrets, retry_after)
        raise AttemptFailed(fault, status=incoming.status)

    async def _tell(self, work: Work, answer: "_Answer", attempt: Attempt) -> None:
        """What is known by now goes into the row, for who waits for it."""
        task = work.task
        if not answer.is_news():
            return
        seen = Seen(status="IN_PROGRESS", clips=read_songs(answer.text))
        if not seen.clips:
            return
        want_files(self._filing, task, seen, attempt.candidate.channel)
        result, memo = merge(task, seen, self._filing.stored(task.id))
        await work.change(Change(state="IN_PROGRESS", progress=30, result=result, memo=memo))

    async def _finish(self, work: Work, answer: "_Answer", attempt: Attempt) -> Change:
        task = work.task
        seen = Seen(status="SUCCESS", clips=read_songs(answer.text))
        if not any(clip.audio or clip.wav for clip in seen.clips):
            raise AttemptFailed(answer.failure(), status=200)
        want_files(self._filing, task, seen, attempt.candidate.channel)
        await self._filing.wait([task.id], FILES_SECONDS_MAX)
        result, memo = merge(task, seen, self._filing.stored(task.id))
        self._filing.forget(task.id)
        if not any(song.get("files", {}).keys() & {"audio", "wav"} for song in result["songs"]):
            reason = "no sound of the upstream's songs could be had"
            raise AttemptFailed(Fault("bad_upstream_response", reason=reason), status=200)
        return Change(state="SUCCESS", progress=100, result=result, memo=memo)


class _Answer:
    """The text of a streamed chat answer, as far as it has come."""

    def __init__(self, incoming: Incoming, secrets: tuple[str, ...]) -> None:
        self._incoming = incoming
        self._secrets = secrets
        tally = Tally(Limits(prompt_tokens=1), lambda: 0)
        self._reader = ChatEvents(Target(upstream_model="", secrets=secrets), tally)
        self._fault: Fault | None = None
        self._told_at = 0.0
        self._told_length = 0
        self.text = ""

    async def pieces(self) -> AsyncIterator[None]:
        """Once for each piece that came. Raises Lost, AttemptFailed for a failure it told of."""
        ended = False
        while not ended:
            try:
                data = await self._incoming.read()
            except MaybeSent as error:
                raise Lost(transport_fault(error), kind=error.kind) from None
            ended = self._take(data)
            yield
        if self._fault is not None and not self._has_sound():
            raise AttemptFailed(self._fault, status=200)

    def _take(self, data: bytes) -> bool:
        """Whether it is over."""
        for event in self._reader.feed(data) if data else self._reader.close():
            if isinstance(event, PartDelta):
                self.text += event.text
            elif isinstance(event, PartStarted) and isinstance(event.part, Text):
                self.text += event.part.text
            elif isinstance(event, Failed):
                self._fault = event.fault
                return True
            elif isinstance(event, Finished):
                return True
        if len(self.text) > TEXT_CHARACTERS_MAX:
            self._fault = Fault("bad_upstream_response", reason="an endless answer")
            return True
        return not data

    def is_news(self) -> bool:
        now = monotonic()
        if len(self.text) == self._told_length or now - self._told_at < TELL_SECONDS:
            return False
        self._told_at, self._told_length = now, len(self.text)
        return True

    def _has_sound(self) -> bool:
        return any(clip.audio or clip.wav for clip in read_songs(self.text))

    def failure(self) -> Fault:
        reason = scrubbed(self.text.strip(), self._secrets)[:_REASON_CHARACTERS_MAX]
        return Fault("upstream_error", reason=reason or "an empty answer")

    def close(self) -> None:
        self._incoming.close()


def write_chat(job: Job, model: str) -> bytes:
    content = job.description
    if not content:
        told = (("", job.prompt), ("Title: ", job.title), ("Style: ", job.tags))
        content = "\n".join(f"{name}{text}" for name, text in told if text)
    if job.instrumental:
        content += "\n(instrumental)"
    message: dict[str, Any] = {"role": "user", "content": content}
    return msgspec.json.encode({"model": model, "messages": [message], "stream": True})


def _no_header(name: str) -> str | None:
    return None
