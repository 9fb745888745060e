"""The relay path: one request from its head to its settlement, top to bottom.

1. authenticate the caller            401; 503 when that cannot be judged
2. read the body, bounded             400, 408, 413, 415
3. parse it in the caller's dialect   400
4. resolve the candidates             403, 404, 503
5. admit: a hold is durable now       402, 429
6. try what routing proposes          slot, body, upstream
7. on the first content byte the pump owns hold and settlement
8. nothing answered: the hold is void, the caller gets the reason

Each way out resolves the hold exactly once: `Story` has the three ends.
"""

from collections.abc import Awaitable, Callable
from hashlib import sha256
from time import monotonic, perf_counter_ns
from typing import Protocol, cast

from waystation.admission.admit import admit
from waystation.admission.rate_headers import rate_headers
from waystation.admission.refusal import NotAdmitted
from waystation.dialects.operation import Request, Thinker
from waystation.dialects.pictures.request import PictureOperation
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.speech import SpeechOperation
from waystation.dialects.speakers import others
from waystation.edge import answers, repeats, slots
from waystation.edge.call import Call
from waystation.edge.content_type import refuse_unless_json
from waystation.edge.identify import identify, recall
from waystation.edge.leaving import ClientLeft
from waystation.edge.pictures import answer as pictures
from waystation.edge.pictures.from_chat import as_pictures
from waystation.edge.queries import query_of
from waystation.edge.replies import send_fault
from waystation.edge.response_memory import pinned
from waystation.edge.site import Site
from waystation.edge.sound import answer as sounds
from waystation.edge.story import EVENTS, Story
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.routing.affinity import Conversation
from waystation.routing.choice import Attempt, Attempts
from waystation.routing.choices import Candidate, Choices
from waystation.routing.verdict import Verdict, full, judge, judge_transport
from waystation.upstream.attempt import AttemptFailed
from waystation.upstream.pictures.easel import calls_planned


class HoldLost(Exception):
    """The ledger resolved this request's hold while it waited: nothing may be sent on it."""


class Parse(Protocol):
    """A dialect's reading of a body. Raises Fault (400)."""

    def __call__(self, body: bytes, headers: Callable[[str], str | None]) -> Request: ...


Read = Callable[[Call], Awaitable[tuple[Request, str | None]]]
"""A call's request out of its body, and the body's digest where an Idempotency-Key needs one.
Raises Fault."""


_IDEMPOTENCY_CHARACTERS_MAX = 255
_OWN_TROUBLE = frozenset({"temporarily_unavailable", "draining"})
"""The ledger is away, or we are leaving: no mark against a channel, and no use in another try."""


class Relay:
    """The handler of one relay route. shape: of its errors. body_bytes_max: of this route.
    stream_type: the content type of its streams. remembers: responses may follow one another.
    repeats: who sends the same Idempotency-Key again gets the same reply again."""

    __slots__ = (
        "_body_bytes_max", "_dialect", "_parse", "_remembers", "_repeats", "_site", "_stream_type"
    )  # fmt: skip

    def __init__(
        self,
        site: Site,
        dialect: str,
        parse: Parse,
        body_bytes_max: int,
        stream_type: bytes = EVENTS,
        remembers: bool = False,
        repeats: bool = False,
    ) -> None:
        self._site = site
        self._dialect = dialect
        self._parse = parse
        self._body_bytes_max = body_bytes_max
        self._stream_type = stream_type
        self._remembers = remembers
        self._repeats = repeats

    def __call__(self, call: Call) -> Awaitable[None]:
        return self._run(Story(self._site, call, self._dialect), self._read)

    async def _run(self, story: Story, read: Read) -> None:
        if self._repeats:
            repeats.note(story)
        call = story.call
        story.stream_type = self._stream_type
        try:
            attempts, first = await self._admit(story, read)
        except Fault as refused:
            fault = await repeats.again(story, refused) if self._repeats else refused
            if fault is not None:
                story.refuse(fault)
                limits = rate_headers(fault.rate) if isinstance(fault, NotAdmitted) else ()
                send_fault(call, fault, self._dialect, story.language, limits)
            return
        try:
            await self._serve(story, attempts, first)
        finally:
            story.settle_if_left_open()
        if self._remembers and self._site.responses is not None:
            self._site.responses.keep(story)
        if self._repeats:
            await repeats.keep(story)

    async def _read(self, call: Call) -> tuple[Request, str | None]:
        """Steps 2 and 3."""
        refuse_unless_json(call.header("content-type"))
        body = await call.read(self._body_bytes_max, self._site.settings.body_seconds_max)
        digest = sha256(body).hexdigest() if call.header("idempotency-key") else None
        return self._parse(body, call.header), digest

    async def _admit(self, story: Story, read: Read) -> tuple[Attempts, Attempt]:
        """Steps 1 to 5. Raises Fault; nothing is held then."""
        site, call = self._site, story.call
        caller = recall(site.authenticator, call) or await identify(site.authenticator, call)
        story.caller = caller
        operation, digest = await read(call)
        at_ms = now_ms()
        operation = story.operation = as_pictures(site, caller, operation, at_ms)
        if self._remembers and operation.dialect == "openai_responses":
            choices = await self._following(caller, operation, at_ms)
        else:
            choices = _candidates(site, caller, operation, at_ms)
        idempotency = None if digest is None else idempotency_of(call, digest)
        attempts = site.router.attempts(choices, _conversation(caller, operation, choices))
        first = attempts.next(monotonic())
        if first is None:
            raise attempts.fault(monotonic())
        began_ns = perf_counter_ns()
        try:
            story.grant = await admit(
                site.ledger,
                operation,
                choices,
                first.candidate,
                story.facts_for(first.candidate),
                site.policy,
                idempotency=idempotency,
                within=story.is_part,
                sends_at_once=site.ready(first.candidate.channel),
            )
        except BaseException:
            attempts.withdraw(first, monotonic())
            raise
        story.waited_ns += perf_counter_ns() - began_ns
        return attempts, first

    async def _following(self, caller: Caller, operation: Request, at_ms: int) -> Choices:
        """Step 4; what follows a response that an upstream keeps goes there."""
        memory = self._site.responses
        if memory is None:
            return _candidates(self._site, caller, operation, at_ms)
        stored = await memory.recall(caller.account_id, operation)
        choices = _candidates(self._site, caller, operation, at_ms)
        return choices if stored is None else pinned(choices, stored)

    async def _serve(self, story: Story, attempts: Attempts, first: Attempt) -> None:
        """Steps 6 to 8."""
        attempt: Attempt | None = first
        number = 0
        while attempt is not None:
            number += 1
            try:
                if await self._try(story, attempts, attempt, number):
                    return
            except ClientLeft:
                story.left()
                return
            except HoldLost:
                story.swept(Fault("temporarily_unavailable", retry_after=2))
                fault = Fault("temporarily_unavailable", retry_after=2)
                send_fault(story.call, fault, self._dialect, story.language)
                return
            attempt = attempts.next(monotonic())
        fault = attempts.fault(monotonic())
        story.served = None
        story.void("failed", fault, fault.status)
        send_fault(story.call, fault, self._dialect, story.language, story.early_headers())

    async def _try(self, story: Story, attempts: Attempts, attempt: Attempt, number: int) -> bool:
        """One attempt; True when it answered. Raises ClientLeft, HoldLost."""
        began_ns = perf_counter_ns()
        grant = story.grant
        assert grant is not None
        slot = None
        try:
            if number > 1 and not await grant.confirmed():
                raise HoldLost
            calls = story.calls = _calls(story.operation, attempt.candidate)
            story.places = None
            if slots.are_limited(attempt):
                request_id = story.call.request_id
                slot = await slots.take(self._site.ledger, attempt, request_id, number, calls)
                story.places = slot.places
        except slots.NoSlot as refused:
            grant.unsent()
            attempts.failed(attempt, full(refused.retry_after_seconds), monotonic())
            return False
        except LedgerAway:
            grant.unsent()
            attempts.failed(attempt, _ledger_away(), monotonic())
            return False
        try:
            if story.call.is_gone:
                grant.unsent()
                raise ClientLeft
            if isinstance(story.operation, PictureOperation):
                await pictures.answer(story, attempts, attempt)
            elif isinstance(story.operation, SpeechOperation | HearingOperation):
                await sounds.answer(story, attempts, attempt)
            else:
                await answers.answer(story, attempts, attempt)
        except AttemptFailed as failed:
            self._failed(story, attempts, attempt, failed, began_ns)
            return False
        finally:
            if slot is not None:
                self._site.ledger.give_slot(slot.slot_id)
        return True

    def _failed(
        self,
        story: Story,
        attempts: Attempts,
        attempt: Attempt,
        failed: AttemptFailed,
        began_ns: int,
    ) -> None:
        if failed.fault.code in _OWN_TROUBLE:
            verdict = Verdict("full", failed.fault, retry=False)
        elif isinstance(failed, answers.Untranslatable):
            verdict = Verdict("full", failed.fault)  # no mark against the channel
        elif isinstance(failed, answers.SecondFailed):
            verdict = Verdict("full", failed.fault, retry=False)
        elif failed.kind:
            verdict = judge_transport(failed.kind, failed.fault)
        else:
            verdict = judge(failed.status, failed.fault)
        attempts.failed(attempt, verdict, monotonic())
        reason = failed.fault.text("en")
        story.attempted(attempt, began_ns, failed.fault.code, failed.status, reason)
        assert story.grant is not None
        story.grant.unsent()


def _candidates(site: Site, caller: Caller, operation: Request, at_ms: int) -> Choices:
    directory = site.directory
    if directory is None:
        raise Fault("temporarily_unavailable", retry_after=2)
    query = query_of(
        caller, operation.model, operation.name, operation.needs, others(operation.name)
    )
    choices = directory.candidates(query, at_ms)
    if choices.effort is not None:
        thinker = cast(Thinker, operation)  # other operations get no effort
        thinker.think(choices.effort, choices.first.upstream_model)
    return choices


def _calls(operation: Request | None, candidate: Candidate) -> int:
    """How many calls answer the request at this channel."""
    if isinstance(operation, PictureOperation):
        return calls_planned(operation, candidate)
    assert operation is not None
    return operation.n if operation.fans_out and not candidate.native_n else 1


def _conversation(caller: Caller, operation: Request, choices: Choices) -> Conversation | None:
    """What keeps this conversation on its channel; of no use where there is one place only."""
    tier = choices.tiers[0].candidates
    if len(choices.tiers) == 1 and len(tier) == 1 and len(tier[0].channel.keys) < 2:
        return None
    affinity = operation.affinity
    return None if affinity is None else (caller.account_id, affinity)


def idempotency_of(call: Call, digest: str) -> tuple[str, str]:
    """digest: of the body."""
    key = call.header("idempotency-key") or ""
    if len(key) > _IDEMPOTENCY_CHARACTERS_MAX:
        reason = f"at most {_IDEMPOTENCY_CHARACTERS_MAX} characters"
        raise Fault("invalid_value", param="idempotency-key", reason=reason)
    return key, digest


def _ledger_away() -> Verdict:
    return Verdict("full", Fault("temporarily_unavailable", retry_after=2), retry=False)
