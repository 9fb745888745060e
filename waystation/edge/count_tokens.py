"""`POST /v1/messages/count_tokens`: how long a prompt is. Free.

The first channel that serves the model and has the call is asked; where none has, or it does not
answer, the tokens are estimated here and the header `x-waystation-estimate: 1` says so. Coding
agents call this all the time. Nothing is held; the call has its log row.
"""

from typing import Any

import msgspec

from waystation.dialects.anthropic.count import CountOperation, parse
from waystation.dialects.operation import Target
from waystation.dialects.speakers import others
from waystation.edge.call import Call
from waystation.edge.content_type import refuse_unless_json
from waystation.edge.identify import identify
from waystation.edge.queries import query_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.site import Site
from waystation.edge.story import Story
from waystation.errors import Fault
from waystation.kernel.clock import now_ms
from waystation.ledger.port import LedgerAway
from waystation.routing.choices import Candidate
from waystation.upstream.attempt import AttemptFailed, Wire, send
from waystation.upstream.transport import MaybeSent

_DIALECT = "anthropic"
_REPLY_BYTES_MAX = 64 * 1024
_ESTIMATE = (b"x-waystation-estimate", b"1")


class _Counted(msgspec.Struct):
    input_tokens: int


_decode = msgspec.json.Decoder(_Counted).decode


class CountTokens:
    """A handler."""

    __slots__ = ("_body_bytes_max", "_site")

    def __init__(self, site: Site, body_bytes_max: int) -> None:
        self._site = site
        self._body_bytes_max = body_bytes_max

    async def __call__(self, call: Call) -> None:
        story = Story(self._site, call, _DIALECT)
        try:
            operation, candidate = await self._asked(story)
        except Fault as fault:
            story.refuse(fault)
            send_fault(call, fault, _DIALECT, story.language)
            return
        counted = None if candidate is None else await self._ask(call, operation, candidate)
        headers = () if counted is not None else (_ESTIMATE,)
        tokens = operation.prompt_guess() if counted is None else counted
        story.noted(200)
        value: dict[str, Any] = {"input_tokens": tokens}
        send_json(call, value, headers=headers)

    async def _asked(self, story: Story) -> tuple[CountOperation, Candidate | None]:
        """(what is to be counted, the first channel that can). Raises Fault."""
        site, call = self._site, story.call
        caller = story.caller = await identify(site.authenticator, call)
        refuse_unless_json(call.header("content-type"))
        body = await call.read(self._body_bytes_max, site.settings.body_seconds_max)
        operation = parse(body)
        story.free(operation.name, operation.model)
        if site.directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        query = query_of(caller, operation.model, "messages", others=others("messages"))
        choices = site.directory.candidates(query, now_ms())
        able = (each for each in choices.candidates if operation.name in each.channel.paths)
        return operation, next(able, None)

    async def _ask(self, call: Call, operation: CountOperation, candidate: Candidate) -> int | None:
        """The upstream's count, None when it gives none."""
        site, channel = self._site, candidate.channel
        way = site.ways.of(channel)
        key = site.router.key_order(candidate)[0]
        secrets = key.secrets
        wire = Wire(site.transport(channel), way.deadlines, _unheld, secrets, _REPLY_BYTES_MAX)
        model = candidate.upstream_model
        body = operation.body_for(Target(upstream_model=model))
        request = way.outgoing(key, operation.name, body, False, call.header, model)
        try:
            incoming = await send(wire, request)
            try:
                return _decode(await incoming.read_all(_REPLY_BYTES_MAX)).input_tokens
            finally:
                incoming.close()
        except (AttemptFailed, MaybeSent, LedgerAway, msgspec.DecodeError, RecursionError):
            return None


def _unheld() -> None:
    """Nothing is held, so nothing is marked as sent."""
