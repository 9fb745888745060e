"""The ledger over its socket, for a gateway, the control process and tools.

No tasks: everything happens in the caller's step or in a callback of the loop. When the connection
goes, admissions, slots and questions that wait fail with LedgerAway at once; extensions,
confirmations and resolutions are said again when the ledger is back, after a Hello that lists every
hold that is open here. Notes are not acknowledged: those on the way when a ledger dies are lost.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

from waystation.journal.row import EndReason, Row
from waystation.ledger.copying import CopyBooks
from waystation.ledger.deadlines import Deadlines, fail
from waystation.ledger.frames import Away, Reply, decode_replies
from waystation.ledger.link import Link
from waystation.ledger.messages import (
    Admitted,
    Checkpoint,
    Command,
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
)
from waystation.ledger.open_hold import HoldAnswer, HoldQuestion, OpenHold, fitting, void
from waystation.ledger.open_questions import OpenQuestions
from waystation.ledger.port import Answer, LedgerAway, Question
from waystation.ledger.questions import AskAudit
from waystation.ledger.taken_slots import TakenSlots
from waystation.ledger.watchers import Watchers

ANSWER_SECONDS_MAX = 5.0
AUDIT_SECONDS_MAX = 600.0
CONFIRM_AFTER_SECONDS = 5.0
HOLDS_MAX = 50_000
NOTES_MAX = 10_000
QUESTIONS_MAX = 1_000


class LedgerClient:
    """Implements `Ledger`. Make it inside the running loop, then `start`.

    gateway: this process's id, unique while it lives; "" for tools. boot: the whole serve's id.
    Counters: log_dropped (rows of `note`), voided (holds whose caller had left), waits and
    wait_seconds (admissions that were answered, and how long that took in sum)."""

    def __init__(self, path: Path, gateway: str, boot: str) -> None:
        self.gateway = gateway
        self.boot = boot
        self.on_swept: Callable[[str], None] | None = None
        self.log_dropped = 0
        self.voided = 0
        self.waits = 0
        self.wait_seconds = 0.0
        self.link = Link(path, self)
        self._loop = asyncio.get_running_loop()
        self._answering = False
        self._holds: dict[str, OpenHold] = {}
        self._slots = TakenSlots(self._loop)
        self._questions = OpenQuestions(self._loop)
        self._notes: deque[Note] = deque()
        self._deadlines = Deadlines(self._loop)
        self._unacknowledged = 0
        self._watchers = Watchers(self._loop)

    # ---- life ------------------------------------------------------------------------------

    def start(self) -> None:
        """Connect in the background, now and whenever the connection is lost."""
        self._deadlines.start()
        self.link.start()

    async def wait_present(self, seconds_max: float) -> None:
        """Until the ledger answers. Raises LedgerAway after seconds_max."""
        await self._watch(lambda: self._answering, seconds_max)

    async def settled(self, seconds_max: float) -> None:
        """Until every resolution is acknowledged. Raises LedgerAway after seconds_max."""
        await self._watch(lambda: self._unacknowledged == 0, seconds_max)

    def close(self) -> None:
        """Close the connection: the ledger resolves the holds that are still open."""
        self._deadlines.stop()
        self.link.flush()
        self.link.close()
        self._answering = False
        self._fail_waiting("the client was closed")

    @property
    def present(self) -> bool:
        return self._answering

    @property
    def holds_open(self) -> int:
        """Holds without an acknowledged end."""
        return len(self._holds)

    @property
    def unacknowledged(self) -> int:
        """Resolutions on their way."""
        return self._unacknowledged

    @property
    def log_queue(self) -> int:
        """Rows that wait for the ledger to come back."""
        return len(self._notes)

    # ---- holds -----------------------------------------------------------------------------

    async def admit(self, hold: Hold) -> Admitted | Refused:
        if not self._answering or len(self._holds) >= HOLDS_MAX:
            raise LedgerAway("the ledger does not answer" if not self._answering else "full")
        if hold.id in self._holds:
            raise ValueError(f"hold {hold.id} was asked for before")
        record = OpenHold(hold)
        self._holds[hold.id] = record
        asked_at = self._loop.time()
        future = self._ask_hold(record, hold, asked_at)
        try:
            answer = await future
        except asyncio.CancelledError:
            self._abandon(record, hold, 499, "client_gone", "client_closed_request")
            raise
        except BaseException:  # LedgerAway, or what nobody expects: in no case may it stay held
            self._abandon(record, hold, 503, "failed", "temporarily_unavailable")
            raise
        self.waits += 1
        self.wait_seconds += self._loop.time() - asked_at
        return answer

    async def confirm(self, hold_id: str) -> bool:
        """Whether the hold is still ours to send with; asks only when it is older than 5 s.

        Raises LedgerAway: do not send."""
        record = self._holds.get(hold_id)
        if record is None or record.hold is None or record.resolution is not None:
            return False
        if not self._answering:
            raise LedgerAway("the ledger does not answer")
        now = self._loop.time()
        if now - record.confirmed_at < CONFIRM_AFTER_SECONDS:
            return True
        answer = await self._ask_hold(record, record.hold, now)
        return isinstance(answer, Admitted)

    async def extend(self, extend: Extend) -> Admitted | Refused:
        """Waits over a restart of the ledger, at most ANSWER_SECONDS_MAX; the same extension may
        be asked for again after LedgerAway."""
        record = self._holds.get(extend.hold_id)
        if record is None:
            return Refused(extend.hold_id, "hold_unknown")
        if record.resolution is not None:
            return Refused(extend.hold_id, "resolved")
        return await self._ask_hold(record, extend, self._loop.time())

    def sent(self, hold_id: str) -> None:
        record = self._holds.get(hold_id)
        if record is None or record.resolution is not None or not self._answering:
            raise LedgerAway("the ledger does not answer, or has resolved this hold")
        record.is_sent = True
        self.link.post(Sent(hold_id, True))
        if not self.link.flush():
            # Some of it may arrive: what was not sent after all must not be posted.
            self.unsent(hold_id)
            raise LedgerAway("the ledger does not read")

    def unsent(self, hold_id: str) -> None:
        record = self._holds.get(hold_id)
        if record is not None:
            record.is_sent = False
            self.link.post(Sent(hold_id, False))

    def checkpoint(self, hold_id: str, nanos: int) -> None:
        record = self._holds.get(hold_id)
        if record is None or nanos <= record.metered_nanos:
            return
        record.metered_nanos = nanos
        if not self.link.congested:
            self.link.post(Checkpoint(hold_id, nanos))

    def resolve(self, resolution: Resolve) -> None:
        record = self._holds.get(resolution.hold_id)
        if record is None:
            record = self._holds[resolution.hold_id] = OpenHold(None)
        elif record.resolution is not None:
            return
        record.resolution = resolution = fitting(resolution)
        self._unacknowledged += 1
        self.link.post(resolution)

    async def settle(self, resolution: Resolve) -> Resolved:
        """Waits at most ANSWER_SECONDS_MAX, over a restart of the ledger. Raises LedgerAway."""
        self.resolve(resolution)
        record = self._holds[resolution.hold_id]
        if record.ended is None:
            record.ended = self._loop.create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS_MAX):
                return await asyncio.shield(record.ended)
        except TimeoutError:
            raise LedgerAway("no answer in time") from None

    def note(self, row: Row) -> None:
        note = Note(row)
        if self.link.up and not self.link.congested:
            self.link.post(note)
        elif len(self._notes) < NOTES_MAX:
            self._notes.append(note)
        else:
            self.log_dropped += 1

    # ---- slots and questions ---------------------------------------------------------------

    async def take_slot(self, slot: TakeSlot) -> Granted | Refused:
        """Raises LedgerAway. Cancelled while waiting: the slot is given back."""
        if not self._answering:
            raise LedgerAway("the ledger does not answer")
        future = self._slots.ask(slot)
        self._deadlines.add(future, self._loop.time() + ANSWER_SECONDS_MAX)
        self.link.post(slot)
        try:
            return await future
        except (asyncio.CancelledError, LedgerAway):
            self.give_slot(slot.slot_id)
            raise

    def give_slot(self, slot_id: str) -> None:
        if self._slots.give(slot_id):
            self.link.post(GiveSlot(slot_id))

    async def ask(self, question: Question) -> Answer:
        if not self._answering or len(self._questions) >= QUESTIONS_MAX:
            raise LedgerAway("the ledger does not answer")
        future = self._questions.ask()
        self.link.post(question)
        slow = isinstance(question, AskAudit | CopyBooks)
        patience = AUDIT_SECONDS_MAX if slow else ANSWER_SECONDS_MAX
        try:
            async with asyncio.timeout(patience):
                return await future
        except TimeoutError:
            raise LedgerAway("no answer in time") from None

    # ---- the link's owner ------------------------------------------------------------------

    def on_up(self) -> list[Command]:
        """Hello, then all that was not acknowledged, in the order of deciding."""
        listed = tuple(hold_id for hold_id, record in self._holds.items() if record.hold)
        said: list[Command] = [Hello(self.gateway, self.boot, listed, self._slots.taken())]
        for hold_id, record in self._holds.items():
            said.extend(record.unacknowledged(hold_id))
        said.extend(self._notes)
        self._notes.clear()
        return said

    def on_writable(self) -> None:
        while self._notes:
            self.link.post(self._notes.popleft())

    def on_down(self) -> None:
        self._answering = False
        self._fail_waiting("the ledger has gone")

    def on_payload(self, payload: memoryview) -> None:
        for reply in decode_replies(payload):
            kind = type(reply)
            if kind is Resolved:
                self._acknowledge(cast(Resolved, reply))
            elif kind is Admitted or kind is Refused:
                self._on_hold_answer(cast(HoldAnswer, reply))
            else:
                self._on_other(reply)

    # ---- replies ---------------------------------------------------------------------------

    def _on_hold_answer(self, answer: HoldAnswer) -> None:
        record = self._holds.get(answer.hold_id)
        if record is None:
            if isinstance(answer, Refused):
                self._slots.refuse(answer)
            return
        if not record.asked:
            if record.resolution is not None and isinstance(answer, Refused):
                self._acknowledge(Resolved(answer.hold_id, "void", 0))  # nothing to resolve
            return
        question, future = record.asked.pop(0)
        admitted = type(answer) is Admitted
        if admitted:
            record.confirmed_at = self._loop.time()
        if (
            type(question) is Hold
            and (not admitted or question.owner == "task")
            and record.resolution is None
        ):
            # A refused hold is none of ours; a task's hold belongs to its task from here.
            del self._holds[answer.hold_id]
        if not future.done():
            future.set_result(answer)

    def _acknowledge(self, resolved: Resolved) -> None:
        record = self._holds.pop(resolved.hold_id, None)
        if record is None:
            return
        if record.ended is not None and not record.ended.done():
            record.ended.set_result(resolved)
        if record.resolution is not None:
            self._unacknowledged -= 1
            if self._unacknowledged == 0:
                self._watchers.wake()

    def _on_other(self, reply: Reply) -> None:
        if isinstance(reply, Swept):
            self._on_swept(reply)
        elif isinstance(reply, Granted):
            self._slots.grant(reply)
        elif isinstance(reply, Away):
            self._on_away(reply)
        elif not isinstance(reply, Admitted | Refused | Resolved):
            self._questions.answer(reply)

    def _on_swept(self, swept: Swept) -> None:
        """The answer to Hello, or a sweep while connected."""
        if not self._answering:
            self._answering = True
            self._watchers.wake()
        for hold_id in swept.hold_ids:
            record = self._holds.get(hold_id)
            if record is None or record.resolution is not None:
                continue  # its own resolution is on the way and will be told who won
            del self._holds[hold_id]
            for _, future in record.asked:
                if not future.done():
                    future.set_result(Refused(hold_id, "resolved"))
            if self.on_swept is not None:
                self.on_swept(hold_id)

    def _on_away(self, away: Away) -> None:
        fault = LedgerAway("the ledger's store is away")
        if away.about == "slot":
            self._slots.fail(away.id, fault)
        elif away.about == "ask":
            self._questions.fail(fault)
        elif (record := self._holds.get(away.id)) is not None and record.asked:
            question, future = record.asked.pop(0)
            if isinstance(question, Hold) and not record.confirmed_at and not record.resolution:
                del self._holds[away.id]
            fail(future, fault)

    # ---- waiting ---------------------------------------------------------------------------

    def _ask_hold(
        self, record: OpenHold, question: HoldQuestion, now: float
    ) -> asyncio.Future[HoldAnswer]:
        future: asyncio.Future[HoldAnswer] = self._loop.create_future()
        record.asked.append((question, future))
        self._deadlines.add(future, now + ANSWER_SECONDS_MAX)
        self.link.post(question)
        return future

    def _abandon(
        self, record: OpenHold, hold: Hold, status: int, end: EndReason, code: str
    ) -> None:
        """Void a hold that came to be, or may come to be, without anybody waiting for it."""
        if self._holds.get(hold.id) is record and record.resolution is None:
            self.voided += 1
            self.resolve(void(hold, status, end, code))

    def _fail_waiting(self, reason: str) -> None:
        """Fail what is not said again: admissions, slots, questions."""
        for record in self._holds.values():
            if record.asked:
                if not record.confirmed_at:
                    fail(record.asked[0][1], LedgerAway(reason))
                record.forget_answered()
        self._questions.fail_all(LedgerAway(reason))
        self._slots.fail_all(LedgerAway(reason))

    async def _watch(self, holds: Callable[[], bool], seconds_max: float) -> None:
        try:
            await self._watchers.until(holds, seconds_max)
        except TimeoutError:
            raise LedgerAway(f"not within {seconds_max} s") from None
