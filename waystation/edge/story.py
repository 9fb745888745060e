"""What happened to one request: collected on its way, told once at its end.

The log row, the journal line, the metrics and the cost headers are all told from here, so that
they agree. `post`, `void` and `refuse` are the three ends; each request takes exactly one.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter_ns
from typing import Literal

import msgspec

from waystation.admission.grant import Grant
from waystation.dialects.operation import Request
from waystation.dialects.sound.hearing import HearingOperation
from waystation.dialects.sound.speech import SpeechOperation
from waystation.edge.call import Call
from waystation.edge.language import language_of
from waystation.edge.site import Site
from waystation.errors import Fault, Language
from waystation.identity.caller import Caller
from waystation.journal.row import AttemptRow, EndReason, Facts, Row
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd
from waystation.ledger.messages import Resolve
from waystation.ledger.prices import Charge, charge
from waystation.meter.usage import Usage
from waystation.routing.choice import Attempt
from waystation.routing.choices import Candidate

_CLIENT_CHARACTERS_MAX = 120
_ATTEMPTS_TOLD_MAX = 16
_DROPPED_TOLD_MAX = 32
_DROPPED_CHARACTERS_MAX = 100
_NOT_IN_PATHS = re.compile(r"[^A-Za-z0-9_.\[\]-]")
_MILLION = 1_000_000
_encode = msgspec.json.Encoder().encode


Translate = Callable[[Sequence[str]], Awaitable[list[str]]]
"""Lines of a transcript → the same in English. Raises AttemptFailed, ClientLeft."""

EVENTS = b"text/event-stream; charset=utf-8"
JSON_REPLY = b"application/json; charset=utf-8"


class Story:
    """One per request. caller, operation, facts and grant are there from their step on."""

    __slots__ = (
        "_counted",
        "_shown_cost",
        "attempts",
        "call",
        "caller",
        "calls",
        "created_ms",
        "dialect",
        "dropped",
        "ends_at",
        "facts",
        "first_ns",
        "grant",
        "is_answered",
        "is_part",
        "operation",
        "places",
        "reply_type",
        "second",
        "served",
        "site",
        "stream_type",
        "tokens",
        "translate",
        "upstream_id",
        "waited_ns",
    )

    def __init__(self, site: Site, call: Call, dialect: str) -> None:
        self.site = site
        self.call = call
        self.dialect = dialect
        self.stream_type = EVENTS
        self.reply_type = JSON_REPLY
        self.created_ms = now_ms()
        self.caller: Caller | None = None
        self.operation: Request | None = None
        self.facts: Facts | None = None
        self.grant: Grant | None = None
        self.attempts: tuple[AttemptRow, ...] = ()
        self.served: Candidate | None = None
        self.calls = 1  # that the attempt fans out to
        self.places: int | None = None  # of them at once, where the channel limits that
        self.ends_at = 0.0  # the loop's time when pictures must be there
        self.dropped: tuple[str, ...] = ()  # settings that translation left out
        self.upstream_id = ""
        self.is_part = False  # of a request that waits for it
        self.second = ""  # the id of another request that was made for this one
        self.translate: Translate | None = None  # what is heard, where the model cannot
        self.waited_ns = 0  # spent waiting for others: the ledger, upstreams
        self.first_ns = 0  # when the first content byte came
        self.is_answered = False
        self.tokens = 0  # of prompt and answer, once it is charged
        self._counted: tuple[Usage, Charge] | None = None
        self._shown_cost: tuple[Charge, str] | None = None

    @property
    def language(self) -> Language:
        """For what is told in words; most requests never are."""
        return language_of(self.call, self.site.settings.language)

    # ---- on the way ------------------------------------------------------------------------

    def facts_for(self, choice: Candidate) -> Facts:
        """What the ledger must know to write the row should this process die."""
        call, caller, operation = self.call, self.caller, self.operation
        assert caller is not None
        assert operation is not None
        self.facts = Facts(
            call.request_id,
            self.created_ms,
            caller.account_id,
            caller.token_id,
            caller.token_name,
            operation.name,
            self.dialect,
            operation.model,
            operation.stream,
            call.peer,
            (call.header("user-agent") or "")[:_CLIENT_CHARACTERS_MAX],
            choice.group,
            choice.price.version,
            choice.rate.text,
        )
        return self.facts

    def free(self, operation: str, model: str) -> None:
        """A call without a hold: its facts are known, and its end is `noted` or `refuse`."""
        self.facts = msgspec.structs.replace(self._bare_facts(), operation=operation, model=model)

    def attempted(
        self, attempt: Attempt, began_ns: int, outcome: str, status: int, reason: str
    ) -> None:
        """Remember one try. outcome: "answered" or the fault's code."""
        now_ns = perf_counter_ns()
        self.waited_ns += now_ns - began_ns
        candidate = attempt.candidate
        row = AttemptRow(
            candidate.channel.id,
            candidate.channel.name,
            attempt.key.id,
            candidate.group,
            candidate.upstream_model,
            outcome,
            status,
            reason,
            self.created_ms + (began_ns - self.call.received_ns) // _MILLION,
            (now_ns - began_ns) // _MILLION,
        )
        if len(self.attempts) < _ATTEMPTS_TOLD_MAX:
            self.attempts = (*self.attempts, row)

    def price(self, usage: Usage) -> Charge:
        """What this usage costs the caller at the serving candidate's price and rate."""
        served = self.served
        assert served is not None
        counted = self._counted
        if counted is not None and counted[0] is usage:
            return counted[1]
        charged = charge(usage, served.price, served.rate)
        self._counted = (usage, charged)
        return charged

    def cost(self, usage: Usage) -> str:
        """The same in USD, as a decimal JSON number."""
        charged = self.price(usage)
        shown = self._shown_cost
        if shown is None or shown[0] is not charged:
            shown = self._shown_cost = (charged, format_usd(charged.nanos))
        return shown[1]

    async def cover(self, usage: Usage) -> None:
        """Before a post, when more came than was held: hold that too. An exact charge needs no
        hold."""
        assert self.grant is not None
        if not usage.exact:
            nanos = self.price(usage).nanos
            if nanos > self.grant.nanos:
                await self.grant.cover(nanos)

    # ---- the ends --------------------------------------------------------------------------

    def post(self, usage: Usage, end: EndReason, fault: Fault | None, status: int) -> None:
        """Charge for what was metered."""
        assert self.grant is not None
        self.is_answered = fault is None
        charged = self.price(usage)
        row = self._row(end, fault, status, usage, charged)
        self.tokens = row.input_tokens + row.output_tokens
        self.grant.post(charged.nanos, usage, row)
        self._tell(row)

    def left(self) -> None:
        """The client left before anything was answered: at least the prompt is charged when an
        upstream may have worked on it."""
        assert self.grant is not None
        fault = Fault("client_closed_request")
        if not self.grant.was_sent:
            self.void("client_gone", fault, fault.status)
            return
        self.post_prompt("client_gone", fault, fault.status)

    def post_prompt(self, end: EndReason, fault: Fault | None, status: int) -> None:
        """Charge the prompt: an upstream was at work and told nothing. At the price and rate of
        that upstream, where one is known."""
        assert self.grant is not None
        operation = self.operation
        assert operation is not None
        if self.served is None:
            row = self._row(end, fault, status, None, None)
            self.grant.post_prompt(row)
            self._tell(row)
            return
        if isinstance(operation, SpeechOperation | HearingOperation):
            self.post(operation.prompt_usage(), end, fault, status)
            return
        calls = self.calls
        units = {"calls": calls} if calls > 1 else {}
        usage = Usage(input_fresh=operation.prompt_guess() * calls, units=units)
        self.post(usage, end, fault, status)

    def void(self, end: EndReason, fault: Fault | None, status: int) -> None:
        """Nothing is charged."""
        assert self.grant is not None
        row = self._row(end, fault, status, None, None)
        self.grant.void(row)
        self._tell(row)

    def settle_if_left_open(self) -> None:
        """Nothing reaches this but a mistake in the code or a cancellation from above: what may
        have been sent is not given away, what was not is not charged."""
        if self.grant is None or self.grant.resolved:
            return
        fault = Fault("internal_error")
        if self.grant.was_sent:
            self.grant.post_prompt(self._row("gateway_lost", fault, 500, None, None))
        else:
            self.grant.void(self._row("gateway_lost", fault, 500, None, None))

    def swept(self, fault: Fault | None) -> None:
        """The ledger resolved the hold meanwhile and wrote the row; only our own log is told."""
        assert self.grant is not None
        self.grant.forget()
        self._tell(self._row("gateway_lost", fault, 200, None, None))

    def refuse(self, fault: Fault) -> None:
        """Never admitted: a row without a hold, where the account is known."""
        row = self._row("refused", fault, fault.status, None, None)
        if self.caller is not None:
            self.site.ledger.note(row)
        self._tell(row)

    def turned_away(self, fault: Fault) -> None:
        """Never admitted, and answered as a protocol of its own wants it: only the request log is
        told."""
        self.site.ledger.note(self._row("refused", fault, fault.status, None, None))

    def tell(self, status: int) -> None:
        """Answered, and nothing is owed here: a task that was begun tells its own end."""
        self._tell(self._row("complete", None, status, None, None))

    def noted(self, status: int) -> None:
        """Answered without a hold: a free call."""
        row = self._row("complete", None, status, None, None)
        self.site.ledger.note(row)
        self._tell(row)

    def ended_free(self, fault: Fault | None) -> None:
        """The end of a free call that was admitted by a hold of nothing."""
        self.is_answered = True
        end: EndReason = "complete" if fault is None else "failed"
        row = self._row(end, fault, 200 if fault is None else fault.status, None, None)
        kind: Literal["post", "void"] = "post" if fault is None else "void"
        self.site.ledger.resolve(Resolve(row.facts.request_id, kind, 0, True, 0, row))
        self._tell(row)

    def _row(
        self,
        end: EndReason,
        fault: Fault | None,
        status: int,
        usage: Usage | None,
        charged: Charge | None,
    ) -> Row:
        served = self.served
        received_ns = self.call.received_ns
        group = rate = version = model = rule = ""
        channel_id = nanos = cost = tokens_in = tokens_out = 0
        counted = parts = b""
        exact = True
        if served is not None:
            channel = served.channel
            group, rate, version = served.group, served.rate.text, served.price.version
            channel_id, model, rule = channel.id, served.upstream_model, channel.on_disconnect
        if usage is not None:
            exact, counted = usage.exact, _encode(usage)
            tokens_in, tokens_out = usage.input_tokens, usage.output_tokens
        if charged is not None:
            nanos, parts = charged.nanos, charged.parts_json()
            if served is not None and served.cost is not None and usage is not None:
                cost = charge(usage, served.price, served.cost).nanos
        return Row(
            self.facts or self._bare_facts(),
            status,
            end,
            "" if fault is None else fault.code,
            "" if fault is None else fault.text("en"),
            group,
            rate,
            version,
            channel_id,
            model,
            self.upstream_id,
            nanos,
            cost,
            0,
            exact,
            tokens_in,
            tokens_out,
            counted,
            parts,
            self.attempts,
            (self.first_ns - received_ns) // _MILLION if self.first_ns else 0,
            (perf_counter_ns() - received_ns) // _MILLION,
            rule,
        )

    def _bare_facts(self) -> Facts:
        """Of a request that was refused before anything was known of it."""
        call, caller, operation = self.call, self.caller, self.operation
        return Facts(
            call.request_id,
            self.created_ms,
            0 if caller is None else caller.account_id,
            0 if caller is None else caller.token_id,
            "" if caller is None else caller.token_name,
            "" if operation is None else operation.name,
            self.dialect,
            "" if operation is None else operation.model,
            False if operation is None else operation.stream,
            call.peer,
            (call.header("user-agent") or "")[:_CLIENT_CHARACTERS_MAX],
            "",
            "",
            "",
        )

    def _tell(self, row: Row) -> None:
        site = self.site
        site.metrics.request(row, self.overhead_seconds())
        if site.lines is not None:
            site.lines.write(row)
        if site.traces is not None:
            call = self.call
            named = {name: call.header(name) for name in ("traceparent", "tracestate")}
            site.traces.add(row, {name: value for name, value in named.items() if value})

    # ---- headers ---------------------------------------------------------------------------

    def early_headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Known before the answer is: limits, the clamp, our own time so far."""
        assert self.grant is not None
        timing = b"relay;dur=%.3f" % (self.overhead_seconds() * 1000)
        headers = (*self.grant.headers(), (b"server-timing", timing))
        if self.dialect == "anthropic":  # its clients read the id by this name
            headers += ((b"request-id", self.call.request_id.encode()),)
        if self.dropped:
            headers += ((b"x-waystation-dropped", _listed(self.dropped)),)
        if self.second:
            headers += ((b"x-waystation-second", self.second.encode()),)
        return headers

    def receipt_headers(self, usage: Usage) -> tuple[tuple[bytes, bytes], ...]:
        """Those, and what it cost."""
        cost = self.cost(usage).encode()
        return (*self.early_headers(), (b"x-waystation-cost", cost))

    def overhead_seconds(self) -> float:
        """Our own share so far: everything but waiting for the upstream."""
        return (perf_counter_ns() - self.call.received_ns - self.waited_ns) / 1e9


def _listed(paths: Sequence[str]) -> bytes:
    """For a header: some of them hold names that the caller made up."""
    shown = [_NOT_IN_PATHS.sub("?", p[:_DROPPED_CHARACTERS_MAX]) for p in paths[:_DROPPED_TOLD_MAX]]
    more = ["..."] if len(paths) > _DROPPED_TOLD_MAX else []
    return ", ".join([*shown, *more]).encode("ascii")
