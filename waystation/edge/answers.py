"""One attempt's answer, whole or streamed, from the upstream to the caller.

`answer` returns when the caller has been answered and the hold resolved; it raises AttemptFailed
as long as another attempt may still do better, and ClientLeft when nobody waits any more.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import nullcontext
from time import monotonic, perf_counter_ns
from typing import Any, cast

from waystation.dialects.gpts import names as gpts
from waystation.dialects.openai_chat.request import ChatOperation
from waystation.dialects.operation import BilledFault, Operation, Receipt, Target
from waystation.dialects.server_tools import stripped
from waystation.dialects.speakers import FITTERS, translate
from waystation.dialects.translated import Translated
from waystation.edge.gpts.files_in_text import takes_parts, with_files
from waystation.edge.gpts.links_kept import LinksKept
from waystation.edge.gpts.wire import LinkingTransport
from waystation.edge.leaving import Interruptible
from waystation.edge.pump import Stream
from waystation.edge.remote_media import TAKES_BYTES_ONLY, fetched, needs_fetching
from waystation.edge.replies import send_fault
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.journal.row import EndReason
from waystation.routing.choice import Attempt, Attempts
from waystation.upstream.attempt import AttemptFailed, Whole, Wire, begin, fetch
from waystation.upstream.fan_out import begin_parts, fetch_parts
from waystation.upstream.source import Source
from waystation.upstream.transport import Outgoing

THINK_TAGS = "think-tags"
"""The channel tag that says: thoughts come as <think>…</think> inside the content; move them."""

_UNPRICED = Receipt(lambda usage: None)
"""For parts: the cost is told once, of their sum."""


class Untranslatable(AttemptFailed):
    """The request has content that this channel's dialect cannot express: another's may."""


class SecondFailed(AttemptFailed):
    """The upstream did its part; another request that the answer needs failed: nobody else need be
    asked for the first, and there is no mark against its channel."""


class Try:
    """What one attempt is made of: its wire, its target, what its readers show of money."""

    __slots__ = (
        "_attempt",
        "_story",
        "_way",
        "lane",
        "operation",
        "parts",
        "receipt",
        "target",
        "wire",
    )

    def __init__(self, story: Story, attempt: Attempt) -> None:
        candidate = attempt.candidate
        operation, grant, site = cast(Operation, story.operation), story.grant, story.site
        assert operation is not None
        assert grant is not None
        channel = candidate.channel
        self._story = story
        self._attempt = attempt
        self.lane = ""  # for the log, where the request is put into another dialect
        way = self._way = site.ways.of(channel)
        self.operation: Operation = operation
        self.parts = story.calls
        # The story's method, not one of ours: an object that holds itself is garbage that only the
        # collector finds, and a request's worth of that for each request is dear.
        self.receipt = Receipt(story.cost)
        self.target = Target(
            upstream_model=candidate.upstream_model,
            output_limit=grant.output_limit,
            overrides=channel.body_overrides,
            n=1 if self.parts > 1 else None,
            secrets=attempt.key.secrets,
            think_tags=THINK_TAGS in channel.tags,
            refuses=channel.refuses,
            reasoning_field=channel.reasoning_field,
            thinking_switch=channel.thinking_switch,
            strip=channel.strip,
        )
        transport = site.transport_to(way.origin)
        if candidate.operation == "chat" and gpts.is_one(candidate.upstream_model):
            links = LinksKept(story, channel)
            transport = LinkingTransport(transport, channel, links, self.target.secrets)
        self.wire = Wire(
            transport,
            way.deadlines,
            grant.mark_sent,
            self.target.secrets,
            site.settings.reply_bytes_max,
        )
        story.served = candidate
        story.dropped = ()

    async def translate(self) -> None:
        """Put the request into the channel's dialect, which is another. Raises Untranslatable."""
        spoken = self._attempt.candidate.operation
        try:
            translated = translate(self.operation, spoken)
            if isinstance(translated, Translated):
                await self._with_media(translated, spoken)
            losses = translated.losses(self.target)
        except Fault as fault:
            raise Untranslatable(fault, status=fault.status) from None
        self.operation = translated
        self.lane = f"asked as {spoken}"
        self._story.dropped = tuple(dict.fromkeys(loss.path for loss in losses))

    async def supply(self) -> None:
        """Files that stand in the text become parts, which the model there wants. Raises
        Untranslatable."""
        if not isinstance(self.operation, ChatOperation):
            return
        story = self._story
        try:
            self.operation = await with_files(story.site, story.call, self.operation)
        except Fault as fault:
            raise Untranslatable(fault, status=fault.status) from None

    async def _with_media(self, translated: Translated, spoken: str) -> None:
        """Pictures in the form that the channel's dialect takes. Raises Fault."""
        if spoken in TAKES_BYTES_ONLY and needs_fetching(translated.chat):
            fetcher = self._story.site.fetcher
            translated.chat = await fetched(translated.chat, fetcher)
        fitter = FITTERS.get(spoken)
        if fitter is not None and fitter.is_needed(translated.chat):
            translated.chat = await asyncio.to_thread(fitter.fit, translated.chat)

    def fetch(self) -> Coroutine[Any, Any, Whole]:
        """The whole answer. Raises AttemptFailed."""
        if self.parts > 1:
            return self._fetch_parts(cast(ChatOperation, self.operation))
        reader = self.operation.reply_reader(self.target, self.receipt)
        return fetch(self.wire, self._outgoing(), reader)

    async def _fetch_parts(self, chat: ChatOperation) -> Whole:
        return await fetch_parts(
            self.wire,
            self._outgoing(),
            lambda: chat.reply_reader(self.target, _UNPRICED),
            self.parts,
            lambda replies, usage: chat.merge(replies, usage, self.receipt),
            self._at_once,
        )

    async def begin(self) -> Source:
        """The stream, its head good and its content yet to come. Raises AttemptFailed."""
        if self.parts > 1:
            chat = cast(ChatOperation, self.operation)
            stream = chat.fan_out_stream(self.target, self.receipt)
            parts, at_once = self.parts, self._at_once
            return await begin_parts(self.wire, self._outgoing(), stream, parts, at_once)
        reader = self.operation.stream_reader(self.target, self.receipt)
        return await begin(self.wire, self._outgoing(), reader)

    @property
    def _at_once(self) -> int:
        return self._story.places or self.parts

    def _outgoing(self) -> Outgoing:
        attempt, operation = self._attempt, self.operation
        body = operation.body_for(self.target)
        if self.target.strip:
            body, gone = stripped(operation.name, body, self.target.strip, self.target.overrides)
            if gone:
                self._story.dropped = tuple(dict.fromkeys((*self._story.dropped, *gone)))
        return self._way.outgoing(
            attempt.key,
            operation.name,
            body,
            operation.stream,
            self._story.call.header,
            self.target.upstream_model,
        )


async def answer(story: Story, attempts: Attempts, attempt: Attempt) -> None:
    made = Try(story, attempt)
    candidate = attempt.candidate
    if takes_parts(made.operation.model, candidate.upstream_model):
        await made.supply()
    if candidate.operation != made.operation.name:
        await made.translate()
    try:
        if made.operation.stream:
            await streamed(story, attempts, attempt, made)
        else:
            await whole(story, attempts, attempt, made)
    except AttemptFailed as failed:
        if not isinstance(failed.fault, BilledFault):
            raise
        await _refused(story, attempts, attempt, failed.fault)


async def _refused(story: Story, attempts: Attempts, attempt: Attempt, fault: BilledFault) -> None:
    """The upstream did its work: it read the prompt, and nobody else need be asked."""
    attempts.succeeded(attempt, monotonic())
    await story.cover(fault.usage)
    story.attempted(attempt, perf_counter_ns(), fault.code, 200, fault.text("en"))
    story.post(fault.usage, "failed", fault, fault.status)
    headers = (*story.early_headers(), *story.receipt_headers(fault.usage))
    dialect = cast(Operation, story.operation).dialect
    send_fault(story.call, fault, dialect, story.language, headers)


async def whole(story: Story, attempts: Attempts, attempt: Attempt, made: Try) -> None:
    """A JSON answer. Where the channel says `drain`, the answer is waited for even when the client
    has left, and charged for what it really was."""
    drains = attempt.candidate.channel.on_disconnect == "drain"
    began_ns = perf_counter_ns()
    with nullcontext() if drains else Interruptible(story.call):
        answer = await made.fetch()
    attempts.succeeded(attempt, monotonic())
    story.first_ns = perf_counter_ns()
    story.upstream_id = answer.upstream_id
    story.attempted(attempt, began_ns, "answered", 200, made.lane)
    usage = answer.usage
    if not usage.exact:
        await story.cover(usage)
    headers = ((b"content-type", story.reply_type), *story.receipt_headers(usage))
    end: EndReason = "client_gone" if story.call.is_gone else "complete"
    if answer.has_output or usage.output_tokens or not made.operation.expects_output:
        story.post(usage, end, None, 200)
    else:
        story.void(end, None, 200)
    story.call.reply(200, headers, answer.body)


async def streamed(story: Story, attempts: Attempts, attempt: Attempt, made: Try) -> None:
    """A stream. Until its first content byte it is an attempt like any other; from there on the
    pump owns it. Where the channel says `drain`, a client that leaves before that changes nothing
    but who reads."""
    drains = attempt.candidate.channel.on_disconnect == "drain"
    began_ns = perf_counter_ns()
    streams, identity = story.site.pulse.streams, story.call.request_id
    source: Source | None = None
    try:
        with nullcontext() if drains else Interruptible(story.call):
            source = await made.begin()
            # From here on it has a pulse: a model may think for long before its first word.
            stream = streams[identity] = Stream(story, source, drains)
            await stream.open()
        attempts.succeeded(attempt, monotonic())
        story.first_ns = perf_counter_ns()
        story.attempted(attempt, began_ns, "answered", 200, made.lane)
        await stream.run()
    except BaseException:
        if source is not None:
            source.close()
        raise
    finally:
        streams.pop(identity, None)
    await source.finish()
