"""`POST /v1/messages/count_tokens` and `…:countTokens`: how long a prompt is. Free.

The first channel that serves the model and has the call is asked; where none has, or it does not
answer, the tokens are estimated here and the header `x-waystation-estimate: 1` says so. Coding
agents call this all the time. Nothing is held; the call has its log row.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from waystation.dialects.operation import Target
from waystation.dialects.speakers import others
from waystation.edge.call import Call
from waystation.edge.content_type import refuse_unless_json
from waystation.edge.identify import identify
from waystation.edge.queries import query_of
from waystation.edge.replies import JSON_TYPE, send_fault, send_json
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.routing.choices import Candidate
from waystation.upstream.attempt import AttemptFailed, Wire, send, unheld
from waystation.upstream.transport import MaybeSent

_REPLY_BYTES_MAX = 64 * 1024
_ESTIMATE = (b"x-waystation-estimate", b"1")


class Countable(Protocol):
    """What is to be counted, in its dialect."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def body_for(self, target: Target) -> bytes: ...

    def read_count(self, body: bytes, secrets: tuple[str, ...]) -> bytes:
        """The caller's body for the upstream's. Raises Fault, msgspec.DecodeError,
        RecursionError when that is no count."""

    def estimate(self) -> dict[str, Any]:
        """The caller's body where nobody counts."""


class Counting:
    """A handler. served_as: the operation whose channels may have the call. parse: raises Fault
    (400)."""

    __slots__ = ("_dialect", "_parse", "_served_as", "_site")

    def __init__(
        self, site: Site, dialect: str, served_as: str, parse: Callable[[Call, bytes], Countable]
    ) -> None:
        self._site = site
        self._dialect = dialect
        self._served_as = served_as
        self._parse = parse

    async def __call__(self, call: Call) -> None:
        story = Story(self._site, call, self._dialect)
        try:
            asked, candidate = await self._asked(story)
        except Fault as fault:
            story.refuse(fault)
            send_fault(call, fault, self._dialect, story.language)
            return
        counted = None if candidate is None else await self._ask(call, asked, candidate)
        story.noted(200)
        if counted is None:
            send_json(call, asked.estimate(), headers=(_ESTIMATE,))
        else:
            call.reply(200, (JSON_TYPE,), counted)

    async def _asked(self, story: Story) -> tuple[Countable, Candidate | None]:
        """(what is to be counted, the first channel that can). Raises Fault."""
        site, call = self._site, story.call
        caller = story.caller = await identify(site.authenticator, call)
        refuse_unless_json(call.header("content-type"))
        settings = site.settings
        body = await call.read(settings.body_bytes_max, settings.body_seconds_max)
        asked = self._parse(call, body)
        story.free(asked.name, asked.model)
        if site.directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        served_as = self._served_as
        query = query_of(caller, asked.model, served_as, others=others(served_as))
        choices = site.directory.candidates(query, now_ms())
        able = (each for each in choices.candidates if asked.name in each.channel.paths)
        return asked, next(able, None)

    async def _ask(self, call: Call, asked: Countable, candidate: Candidate) -> bytes | None:
        """The caller's body, None when the upstream gives no count."""
        site, channel = self._site, candidate.channel
        way = site.ways.of(channel)
        key = site.router.key_order(candidate)[0]
        wire = Wire(site.transport(channel), way.deadlines, unheld, key.secrets, _REPLY_BYTES_MAX)
        model = candidate.upstream_model
        body = asked.body_for(Target(upstream_model=model, secrets=key.secrets))
        request = way.outgoing(key, asked.name, body, False, call.header, model)
        try:
            incoming = await send(wire, request)
            try:
                told = await incoming.read_all(_REPLY_BYTES_MAX)
            finally:
                incoming.close()
            return asked.read_count(told, key.secrets)
        except (AttemptFailed, MaybeSent, LedgerAway, Fault, msgspec.DecodeError, RecursionError):
            return None
