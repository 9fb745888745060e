"""A hold in our hands: what may be sent, how far it reaches, and its one end."""

from waystation.admission.estimate import (
    EXTEND_PERCENT,
    FLOOR_TOKENS,
    UNBOUNDED,
    Estimate,
    largest,
)
from waystation.admission.rate_headers import Headers, rate_headers
from waystation.admission.refusal import ledger_away, not_admitted
from waystation.errors import Fault
from waystation.journal.row import Row
from waystation.kernel.money import percent_of
from waystation.ledger.messages import Admitted, Extend, RateState, Refused, Resolve, Resolved
from waystation.ledger.port import Ledger, LedgerAway
from waystation.meter.usage import Usage

CLAMPED_HEADER = b"x-waystation-output-limit"
"""Told when the output limit was lowered to what the balance covers."""

LAST_PERCENT = 98
"""Of what is held: where a stream ends whose extension was refused for want of money. What was
held before is still the caller's."""

_ASKS_MAX = 3
"""For one extension: what is available may shrink while it is asked for."""

_LEAVE_THE_REST = ("insufficient_user_quota", "token_quota_exhausted", "temporarily_unavailable")


class Grant:
    """An admitted hold. It is resolved exactly once, by `post`, `post_prompt` or `void`, or given
    up to the ledger's own resolution by `forget`; a second end is a defect of ours.

    nanos: held. output_limit: to be written into the body, None leaves the caller's.
    extend_above: output tokens seen (all answers together) from which on a stream must `extend`.
    """

    __slots__ = (
        "_estimate",
        "_is_last",
        "_ledger",
        "_output_tokens_max",
        "_reported",
        "_resolution",
        "_resolved",
        "_seq",
        "_stretch_tokens",
        "_was_sent",
        "extend_above",
        "hold_id",
        "nanos",
        "output_limit",
        "rate",
    )

    def __init__(
        self,
        ledger: Ledger,
        estimate: Estimate,
        admitted: Admitted,
        *,
        sent: bool,
        stretch_tokens: int,
    ) -> None:
        self._ledger = ledger
        self._estimate = estimate
        self._stretch_tokens = stretch_tokens * estimate.answers
        self._resolved = False
        self._resolution: Resolve | None = None
        self._was_sent = sent
        self._is_last = False
        self._reported = 0
        self._seq = 1
        self.hold_id = admitted.hold_id
        self.nanos = admitted.nanos
        self.rate: RateState | None = admitted.rate
        self.output_limit: int | None = None
        self._output_tokens_max: int | None = None
        self.extend_above = UNBOUNDED
        affordable = estimate.held_tokens
        if admitted.nanos < estimate.nanos:
            affordable = estimate.affordable(admitted.nanos)
        is_clamped = not estimate.stream and affordable < estimate.asked_tokens
        if is_clamped:
            self.output_limit = affordable
        if estimate.limited:
            self._output_tokens_max = estimate.asked_tokens * estimate.answers
        if estimate.stream and estimate.nanos > estimate.bound_of(0):
            covered = affordable * estimate.answers
            self._covered(covered, covered)

    @property
    def resolved(self) -> bool:
        """Its end was taken."""
        return self._resolved

    @property
    def was_sent(self) -> bool:
        """An upstream may have seen the request, and nothing has taken that back."""
        return self._was_sent

    @property
    def prompt_tokens(self) -> int:
        """Of the prompt, as likely as can be told, over all calls."""
        return self._estimate.prompt_tokens

    @property
    def prompt_nanos(self) -> int:
        """What `post_prompt` posts."""
        return self._estimate.prompt_nanos

    def headers(self) -> Headers:
        """What the caller is told of limits and clamps."""
        headers = rate_headers(self.rate)
        if self.output_limit is not None:
            headers += ((CLAMPED_HEADER, b"%d" % self.output_limit),)
        return headers

    # ---- while it is served --------------------------------------------------------------------

    async def confirmed(self) -> bool:
        """Whether a hold that has waited may still be used to send. Raises LedgerAway."""
        return await self._ledger.confirm(self.hold_id)

    def mark_sent(self) -> None:
        """Right before the first byte of an attempt. Raises LedgerAway: do not send."""
        if not self._was_sent:
            self._ledger.sent(self.hold_id)
            self._was_sent = True

    def unsent(self) -> None:
        """The attempt failed before any answer: nothing is owed for it."""
        if self._was_sent:
            self._ledger.unsent(self.hold_id)
            self._was_sent = False

    def checkpoint(self, metered_nanos: int) -> None:
        """Told each second, so that a crash posts that much; only growth is passed on."""
        nanos = min(self.nanos, metered_nanos)
        if nanos > self._reported and not self._resolved:
            self._reported = nanos
            self._ledger.checkpoint(self.hold_id, nanos)

    async def extend(self, metered_nanos: int) -> Fault | None:
        """Due when extend_above is reached: hold the next stretch, whole or what there is money
        for. A Fault ends the stream: nothing more can be had, and what was held is used up, or
        the caller may not go on."""
        percent = LAST_PERCENT if self._is_last else EXTEND_PERCENT
        spare = percent_of(self.nanos, percent) - metered_nanos
        if spare > 0:  # feared dearer than it came: what is held reaches further
            self.extend_above += max(1, self._affordable(self._stretch_tokens, spare))
            return None
        refused = await self._more(metered_nanos)
        if refused is None:
            self._is_last = False
            return None
        rest = percent_of(self.nanos, LAST_PERCENT) - metered_nanos
        if self._is_last or rest <= 0 or refused.code not in _LEAVE_THE_REST:
            return refused
        self._is_last = True
        self.extend_above += max(1, self._affordable(self._stretch_tokens, rest))
        return None

    async def cover(self, metered_nanos: int) -> None:
        """When more has come than was held (a burst, an answer without any limit): hold that too,
        as far as there is money, so that it is paid. Never beyond the caller's own limit."""
        if self._output_tokens_max is not None:
            metered_nanos = min(metered_nanos, self._estimate.bound_of(self._output_tokens_max))
        most = metered_nanos
        for _ in range(_ASKS_MAX):
            wanted = min(most, metered_nanos - self.nanos)
            if wanted <= 0:
                return
            answer = await self._ask(wanted)
            if isinstance(answer, Fault):
                return
            if isinstance(answer, Refused):
                most = answer.available

    async def _more(self, metered_nanos: int) -> Fault | None:
        """A Fault: nothing more."""
        seen = self.extend_above
        stretch = self._stretch_tokens
        if self._output_tokens_max is not None:
            stretch = max(1, min(stretch, self._output_tokens_max - seen))
        for _ in range(_ASKS_MAX):
            wanted = metered_nanos + self._output_nanos(stretch) - self.nanos
            answer = await self._ask(wanted) if wanted > 0 else None
            if answer is None or isinstance(answer, Admitted):
                self._covered(seen + stretch, stretch)
                return None
            if isinstance(answer, Fault):
                return answer
            refused = not_admitted(answer, wanted)
            less = self._affordable(stretch - 1, self.nanos + answer.available - metered_nanos)
            if answer.reason not in ("balance", "budget") or not self._is_worth(less, answer):
                break
            stretch = less
        return refused

    def _is_worth(self, tokens: int, refused: Refused) -> bool:
        """A smaller stretch is more than some words, and is not held already."""
        return refused.available > 0 and tokens >= FLOOR_TOKENS * self._estimate.answers

    async def _ask(self, nanos: int) -> Admitted | Refused | Fault:
        """The same seq until it is admitted: an answer that got lost does not extend twice."""
        try:
            answer = await self._ledger.extend(Extend(self.hold_id, self._seq, nanos))
        except LedgerAway:
            return ledger_away()
        if isinstance(answer, Admitted):
            self._seq += 1
            self.nanos = answer.nanos
        return answer

    def _covered(self, tokens: int, stretch: int) -> None:
        """Output up to `tokens` is held: ask again when most of the last stretch is used."""
        if self._output_tokens_max is not None and tokens >= self._output_tokens_max:
            self.extend_above = UNBOUNDED
        else:
            used = percent_of(stretch, EXTEND_PERCENT)
            self.extend_above = tokens - stretch + max(1, used)

    def _output_nanos(self, tokens: int) -> int:
        """For so many more output tokens, at the dearest candidate's price for this prompt."""
        estimate = self._estimate
        return estimate.bound_of(tokens) - estimate.bound_of(0)

    def _affordable(self, tokens: int, nanos: int) -> int:
        """Of so many further tokens, those that nanos cover."""
        return largest(tokens, lambda some: self._output_nanos(some) <= nanos)

    # ---- the ends ------------------------------------------------------------------------------

    def post(self, nanos: int, usage: Usage, row: Row) -> None:
        """Charge. The ledger keeps an inexact charge within the hold, and an exact one within the
        balance."""
        tokens = usage.input_tokens + usage.output_tokens
        self._resolve(Resolve(self.hold_id, "post", nanos, usage.exact, tokens, row))

    def post_prompt(self, row: Row) -> None:
        """Charge the prompt: the caller left while an upstream was at work and told nothing."""
        nanos, tokens = self._estimate.prompt_nanos, self._estimate.prompt_tokens
        self._resolve(Resolve(self.hold_id, "post", nanos, False, tokens, row))

    def void(self, row: Row) -> None:
        """Charge nothing."""
        self._resolve(Resolve(self.hold_id, "void", 0, True, 0, row))

    def forget(self) -> None:
        """The ledger resolved it by itself (swept)."""
        assert not self._resolved, "a hold ends once"
        self._resolved = True

    async def settled(self) -> Resolved:
        """What the ledger made of the end that we took: the first of that hold, whoever took it.
        Raises LedgerAway."""
        assert self._resolution is not None
        return await self._ledger.settle(self._resolution)

    def _resolve(self, resolution: Resolve) -> None:
        assert not self._resolved, "a hold ends once"
        self._resolved = True
        self._resolution = resolution
        self._ledger.resolve(resolution)
