"""`…:countTokens`: how long a prompt is. Free.

The first channel that serves the model and has the call is asked; where none has, or it does not
answer, the tokens are estimated here and the header `x-waystation-estimate: 1` says so. Nothing is
held; the call has its log row.
"""

from urllib.parse import unquote

from waystation.dialects.gemini.calls import Call as Operation
from waystation.dialects.gemini.calls import parse_count
from waystation.dialects.operation import Receipt, Target
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
from waystation.routing.choices import Candidate
from waystation.upstream.attempt import AttemptFailed, Wire, fetch

_DIALECT = "gemini"
_REPLY_BYTES_MAX = 64 * 1024
_ESTIMATE = (b"x-waystation-estimate", b"1")


class GeminiCount:
    """A handler."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def __call__(self, call: Call) -> None:
        story = Story(self._site, call, _DIALECT)
        try:
            operation, candidate = await self._asked(story)
        except Fault as fault:
            story.refuse(fault)
            send_fault(call, fault, _DIALECT, story.language)
            return
        counted = None if candidate is None else await self._ask(call, operation, candidate)
        story.noted(200)
        if counted is not None:
            call.reply(200, (JSON_TYPE,), counted)
            return
        send_json(call, {"totalTokens": operation.tokens_guess()}, headers=(_ESTIMATE,))

    async def _asked(self, story: Story) -> tuple[Operation, Candidate | None]:
        """(what is to be counted, the first channel that can). Raises Fault."""
        site, call = self._site, story.call
        caller = story.caller = await identify(site.authenticator, call)
        refuse_unless_json(call.header("content-type"))
        settings = site.settings
        body = await call.read(settings.body_bytes_max, settings.body_seconds_max)
        operation = parse_count(body, call.header, model=unquote(call.params["model"]))
        story.free(operation.name, operation.model)
        if site.directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        query = query_of(caller, operation.model, "generate", others=others("generate"))
        choices = site.directory.candidates(query, now_ms())
        able = (each for each in choices.candidates if operation.name in each.channel.paths)
        return operation, next(able, None)

    async def _ask(self, call: Call, operation: Operation, candidate: Candidate) -> bytes | None:
        """The upstream's answer, None when it gives none."""
        site, channel = self._site, candidate.channel
        way = site.ways.of(channel)
        key = site.router.key_order(candidate)[0]
        secrets = key.secrets
        wire = Wire(site.transport(channel), way.deadlines, _unheld, secrets, _REPLY_BYTES_MAX)
        model = candidate.upstream_model
        target = Target(upstream_model=model, secrets=secrets)
        body = operation.body_for(target)
        request = way.outgoing(key, operation.name, body, False, call.header, model)
        try:
            reader = operation.reply_reader(target, Receipt(None))
            return (await fetch(wire, request, reader)).body
        except AttemptFailed:
            return None


def _unheld() -> None:
    """Nothing is held, so nothing is marked as sent."""
