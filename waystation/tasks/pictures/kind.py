"""Drawing a picture order in a runner: one step from its request to stored pictures.

A runner that dies in the middle leaves an order whose call may have been made: it fails, and costs
its owner nothing. Another channel is tried only when this one has told that it failed.
"""

import asyncio
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import Any

import msgspec

from waystation.artefacts.artefact import Artefact
from waystation.artefacts.media_types import PICTURES
from waystation.artefacts.shelf import ArtefactsAway
from waystation.dialects.pictures.order import PictureInput
from waystation.dialects.pictures.reply import Drawn, ShownPicture, whole_reply
from waystation.dialects.pictures.request import PictureOperation
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.routing.choice import Attempt
from waystation.routing.snapshot import Channel
from waystation.routing.verdict import Verdict, full, judge, judge_transport
from waystation.tasks.pictures.inputs import drop, drop_inputs, read_inputs
from waystation.tasks.pictures.saved import KIND, Saved, decode_saved, operation_of
from waystation.tasks.shown import task_object
from waystation.tasks.states import FINAL
from waystation.tasks.task import Change, Task
from waystation.tasks.work import Work
from waystation.tasks.workshop import Workshop, bill_of
from waystation.upstream.attempt import AttemptFailed, Wire
from waystation.upstream.fetching import Wanted
from waystation.upstream.pictures.easel import Easel
from waystation.upstream.pictures.port import Picture, Pictures
from waystation.upstream.pictures.turning import turned
from waystation.upstream.pictures.wire import overdue

STORE_SECONDS_MAX = 30.0
FULL_SECONDS = 1.0
"""Until the channels that have no place are asked again."""

_Kept = tuple[ShownPicture, Artefact | None]


class PictureTasks:
    name = KIND
    steps_max = 16
    batch_max = 0

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    async def prepare(self) -> None: ...

    async def close(self) -> None: ...

    async def step(self, work: Work) -> Change:
        """Raises Fault when nothing answered, StorageAway."""
        store, task = self._workshop.artefacts, work.task

        async def undo() -> None:
            await drop_inputs(store, task)
            await drop(
                store,
                task.account_id,
                await store.rows.of_task(task.account_id, task.id, task.created_ms),
            )

        work.undo = undo
        try:
            change = await self._step(work)
        except Fault:
            await drop_inputs(store, task)
            raise
        if change.state in FINAL:
            await drop_inputs(store, task)
        return change

    async def _step(self, work: Work) -> Change:
        workshop = self._workshop
        request = await work.request()
        saved = decode_saved(request.body)
        files = await read_inputs(workshop.artefacts, saved)
        operation = await self._supplied(operation_of(saved, workshop.settings, files))
        attempts = workshop.router.attempts(workshop.choices(request))
        fulls = 0
        while (attempt := attempts.next(monotonic())) is not None:
            name = f"{work.task.id}/{attempt.candidate.channel.id}/{attempt.key.id}"
            try:
                if not await workshop.slots.take(name, attempt.candidate.channel, attempt.key.id):
                    fulls += 1
                    attempts.failed(attempt, full(), monotonic())
                    continue
                change = await self._draw(work, saved, operation, attempt)
            except AttemptFailed as failed:
                attempts.failed(attempt, _verdict(failed), monotonic())
            except BaseException:
                attempts.withdraw(attempt, monotonic())
                raise
            else:
                attempts.succeeded(attempt, monotonic())
                return change
            finally:
                workshop.slots.give(name)
        if fulls and work.task.state == "NOT_START":
            return Change(state="NOT_START", due_seconds=FULL_SECONDS)
        raise attempts.fault(monotonic())

    async def recover(self, work: Work) -> Change:
        await drop_inputs(self._workshop.artefacts, work.task)
        return Change(
            state="FAILURE", fail_code="interrupted", fail_reason="the server was restarted"
        )

    async def poll(self, channel: Channel, tasks: Sequence[Task]) -> Mapping[str, Change]:
        return {}

    def pace(self, task: Task, now_ms: int) -> float:
        return 60.0

    def expired(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="timeout", fail_reason="it took too long")

    def orphaned(self, task: Task) -> Change:
        return Change(state="FAILURE", fail_code="channel_removed", fail_reason="no such channel")

    def show(self, task: Task) -> dict[str, Any]:
        return task_object(task)

    # ---- one attempt -------------------------------------------------------------------------

    async def _draw(
        self, work: Work, saved: Saved, operation: PictureOperation, attempt: Attempt
    ) -> Change:
        """Raises AttemptFailed."""
        seconds = self._workshop.settings.picture_seconds_max
        channel = attempt.candidate.channel
        await work.change(
            Change(
                state="IN_PROGRESS",
                channel_id=channel.id,
                key_id=attempt.key.id,
                deadline_seconds=seconds + STORE_SECONDS_MAX + 5,
            )
        )
        ends_at = asyncio.get_running_loop().time() + seconds
        easel = self._easel(attempt, operation, ends_at)
        try:
            async with asyncio.timeout_at(ends_at + 1):
                pictures = await easel.draw()
            async with asyncio.timeout_at(ends_at + STORE_SECONDS_MAX):
                kept = await self._kept(work.task, saved, channel, operation, pictures)
        except TimeoutError:
            raise overdue() from None
        return self._success(work.task, easel, pictures, kept, attempt)

    def _easel(self, attempt: Attempt, operation: PictureOperation, ends_at: float) -> Easel:
        workshop, channel = self._workshop, attempt.candidate.channel
        way = workshop.way(channel)
        wire = Wire(
            workshop.transport(channel),
            way.deadlines,
            _held_already,
            (attempt.key.secret,) if attempt.key.secret else (),
            workshop.settings.reply_bytes_max,
        )
        return Easel(wire, way, attempt, operation, ends_at)

    def _success(
        self,
        task: Task,
        easel: Easel,
        pictures: Pictures,
        kept: Sequence[_Kept],
        attempt: Attempt,
    ) -> Change:
        shown = [picture for picture, _ in kept]
        usage = easel.usage(pictures, shown)
        drawn = Drawn(
            operation=easel.operation,
            created_ms=now_ms(),
            request_id=task.facts.request_id,
            pictures=shown,
            usage=usage,
            raw_usage=pictures.raw_usage,
            shown=pictures.shown,
        )
        return Change(
            state="SUCCESS",
            bill=bill_of(attempt.candidate, usage),
            result=msgspec.json.decode(whole_reply(drawn)),
            artefacts=tuple(artefact.id for _, artefact in kept if artefact is not None),
            upstream_id=pictures.upstream_id,
        )

    # ---- pictures in and out -----------------------------------------------------------------

    async def _supplied(self, operation: PictureOperation) -> PictureOperation:
        """With all the pictures that it names at hand, shown by links whatever was asked for: a
        row is no place for pictures. Raises Fault (400)."""
        operation.wants = "url"
        if not operation.references and operation.mask_reference is None:
            return operation  # a task's body is JSON: its pictures are all named so
        fetched = await asyncio.gather(
            *(self._fetch(field, address) for field, address in operation.references)
        )
        mask = operation.order.mask
        if operation.mask_reference is not None:
            mask = await self._fetch("mask", operation.mask_reference)
        inputs = (*operation.order.inputs, *fetched)
        upright = await turned(self._workshop.artefacts.pictures, inputs)
        supplied = operation.supplied(upright, mask)
        supplied.wants = "url"
        return supplied

    async def _fetch(self, field: str, address: str) -> PictureInput:
        bytes_max = self._workshop.settings.picture_bytes_max
        wanted = Wanted("caller", param=field, bytes_max=bytes_max)
        found = await self._workshop.fetcher.fetch(address, wanted)
        return PictureInput(found.data, found.media_type.name, f"{field}.{found.media_type.ext}")

    async def _kept(
        self,
        task: Task,
        saved: Saved,
        channel: Channel,
        operation: PictureOperation,
        pictures: Pictures,
    ) -> list[_Kept]:
        """All that could be had. Raises AttemptFailed when there is none, or the vendor gave none
        away."""
        outcomes = await asyncio.gather(
            *(self._keep(task, saved, channel, each) for each in pictures.items[: operation.n])
        )
        kept = [each for each in outcomes if isinstance(each, tuple)]
        if not kept:
            raise next(each for each in outcomes if isinstance(each, AttemptFailed))
        if not any(picture.is_safe for picture, _ in kept):
            raise AttemptFailed(Fault("content_policy_violation"), status=400)
        return kept

    async def _keep(
        self, task: Task, saved: Saved, channel: Channel, picture: Picture
    ) -> _Kept | AttemptFailed:
        if picture.blocked:
            return ShownPicture(seed=picture.seed, size=picture.size, is_safe=False), None
        store = self._workshop.artefacts
        try:
            artefact = await store.keep(
                task.account_id,
                picture.data or await self._fetched(channel, picture),
                types=PICTURES,
                token_id=task.token_id,
                request_id=task.facts.request_id,
                task_id=task.id,
                pending=True,
            )
        except Fault as fault:
            return AttemptFailed(fault, status=200)
        except ArtefactsAway:
            return AttemptFailed(Fault("temporarily_unavailable", retry_after=5), status=503)
        drawn = f"{artefact.width}x{artefact.height}" if artefact.width and artefact.height else ""
        shown = ShownPicture(
            url=store.link(artefact, saved.base),
            revised_prompt=picture.revised_prompt,
            seed=picture.seed,
            size=picture.size or drawn or None,
            style=picture.style,
            content_type=artefact.content_type,
            drawn_size=drawn,
        )
        return shown, artefact

    async def _fetched(self, channel: Channel, picture: Picture) -> bytes:
        """Raises Fault (502)."""
        assert picture.address is not None
        host = self._workshop.way(channel).origin.host if channel.allow_private else None
        wanted = Wanted("vendor", types=PICTURES, private_host=host, proxy=channel.proxy)
        return (await self._workshop.fetcher.fetch(picture.address, wanted)).data


def _held_already() -> None:
    """The hold is a task's: no death ends it, so nobody need be told that something goes out."""


def _verdict(failed: AttemptFailed) -> Verdict:
    if failed.kind:
        return judge_transport(failed.kind, failed.fault)
    return judge(failed.status, failed.fault)
