"""A hold that was admitted, from here to its one resolution.

Whoever has the `Grant` owns the money: it ends in exactly one of `post`, `post_prompt`, `void` and
`forget`; a second end is a mistake in the code and raises.
"""

from waystation.admission.estimate import Estimate, Estimator
from waystation.errors import Fault
from waystation.journal.row import Row
from waystation.kernel.money import format_usd_down, format_usd_up
from waystation.ledger.messages import Admitted, Extend, RateState, Refused, Resolve
from waystation.ledger.port import Ledger, LedgerAway
from waystation.meter.usage import Usage

_NEVER = 1 << 62
_EXTEND_AT = 0.8
_AGAIN_SHARE = 0.05
"""Of a stretch: how much further a stream goes before it asks an absent ledger again."""


class Grant:
    """nanos: held now. output_limit: to be written into the body of each choice, None: leave the
    caller's. extend_above: output tokens seen (over all choices) from which `extend` is due."""

    __slots__ = (
        "_covered",
        "_estimate",
        "_estimator",
        "_ledger",
        "_sent",
        "_seq",
        "extend_above",
        "hold_id",
        "nanos",
        "output_limit",
        "rate",
        "resolved",
    )

    def __init__(
        self,
        ledger: Ledger,
        admitted: Admitted,
        estimator: Estimator,
        estimate: Estimate,
        *,
        streams: bool,
        choices: int,
        sent: bool,
    ) -> None:
        self._ledger = ledger
        self._estimator = estimator
        self._estimate = estimate
        self._sent = sent
        self._seq = 0
        self._covered = estimate.output_tokens
        self.hold_id = admitted.hold_id
        self.nanos = admitted.nanos
        self.rate: RateState | None = admitted.rate
        self.output_limit: int | None = None
        self.extend_above = _NEVER
        self.resolved = False
        if admitted.nanos < estimate.nanos:
            self._covered = estimator.covered_by(admitted.nanos, estimate.output_tokens)
        if streams:
            self.extend_above = int(self._covered * _EXTEND_AT)
        elif self._covered < estimate.output_tokens:
            self.output_limit = max(1, self._covered // choices)

    @property
    def prompt_tokens(self) -> int:
        """A guess of the prompt, for a caller that left before anybody counted."""
        return self._estimate.prompt_tokens

    @property
    def prompt_nanos(self) -> int:
        return self._estimate.prompt_nanos

    # ---- on the way ------------------------------------------------------------------------

    def mark_sent(self) -> None:
        """Right before an upstream's first byte. Raises LedgerAway: do not send."""
        if not self._sent:
            self._ledger.sent(self.hold_id)
            self._sent = True

    def unsent(self) -> None:
        """The attempt failed before any answer."""
        if self._sent:
            self._ledger.unsent(self.hold_id)
            self._sent = False

    async def confirmed(self) -> bool:
        """Still ours to send with. Raises LedgerAway."""
        return await self._ledger.confirm(self.hold_id)

    def checkpoint(self, nanos: int) -> None:
        if not self.resolved:
            self._ledger.checkpoint(self.hold_id, nanos)

    async def extend(self, metered_nanos: int) -> Fault | None:
        """Hold more for a stream that nears the end of what is held. A fault ends the stream."""
        if metered_nanos < self.nanos * _EXTEND_AT:
            # Dearer was feared than it came: what is held reaches further than was thought.
            self.extend_above += max(1, int(self._estimator.stretch_tokens * _AGAIN_SHARE))
            return None
        more = self._estimator.stretch(self._covered)
        try:
            decision = await self._ledger.extend(Extend(self.hold_id, self._seq + 1, more))
        except LedgerAway:
            return self._extension_unheard(metered_nanos)
        if isinstance(decision, Refused):
            return extension_refused(decision, more)
        self._seq += 1
        self.nanos = decision.nanos
        self._covered += self._estimator.stretch_tokens
        self.extend_above = int(self._covered * _EXTEND_AT)
        return None

    def _extension_unheard(self, metered_nanos: int) -> Fault | None:
        """The ledger is away: the stream may use up what is held, and no more."""
        if metered_nanos >= self.nanos:
            return Fault("temporarily_unavailable", retry_after=5)
        self.extend_above += max(1, int(self._estimator.stretch_tokens * _AGAIN_SHARE))
        return None

    # ---- the end ---------------------------------------------------------------------------

    def post(self, nanos: int, usage: Usage, row: Row) -> None:
        tokens = usage.input_tokens + usage.output_tokens
        self._resolve(Resolve(self.hold_id, "post", nanos, usage.exact, tokens, row))

    def post_prompt(self, row: Row) -> None:
        """At least the prompt: an upstream may have worked on it."""
        tokens = self._estimate.prompt_tokens
        nanos = min(self._estimate.prompt_nanos, self.nanos)
        self._resolve(Resolve(self.hold_id, "post", nanos, False, tokens, row))

    def void(self, row: Row) -> None:
        self._resolve(Resolve(self.hold_id, "void", 0, True, 0, row))

    def forget(self) -> None:
        """It was resolved elsewhere (swept), and its row written there."""
        self._end()

    def _resolve(self, resolution: Resolve) -> None:
        self._end()
        self._ledger.resolve(resolution)

    def _end(self) -> None:
        assert not self.resolved, f"hold {self.hold_id} is resolved twice"
        self.resolved = True

    @property
    def was_sent(self) -> bool:
        return self._sent


def extension_refused(refused: Refused, more: int) -> Fault:
    """Why a stream ends in the middle."""
    if refused.reason in ("balance", "budget"):
        code = "insufficient_user_quota" if refused.reason == "balance" else "token_quota_exhausted"
        return Fault(
            code,
            needed=format_usd_up(more),
            available=format_usd_down(refused.available),
            period=refused.detail,
        )
    codes = {"account_disabled": "user_banned", "token_disabled": "token_disabled"}
    if refused.reason in codes:
        return Fault(codes[refused.reason])
    if refused.reason == "token_expired":
        return Fault("token_expired")
    return Fault("temporarily_unavailable", retry_after=5)
