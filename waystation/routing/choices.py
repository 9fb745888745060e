"""The answer of routing: who may serve a request, in which order, at which price."""

from collections.abc import Callable
from itertools import accumulate

import msgspec

from waystation.ledger.prices import Price, Rate, bound
from waystation.meter.beside import NOTHING, Beside
from waystation.routing.snapshot import Channel
from waystation.routing.suffixes import Effort


class Candidate(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A channel that serves the model, in a group. rate: of that group for this account.
    price: official, of the model the caller asked for. cost: what the channel costs us as a factor
    of the official price, None unknown. operation: by which the channel serves it, the caller's
    own or one that it is translated into. native_n: answers n > 1 in one call, which translation
    never does."""

    group: str
    channel: Channel
    upstream_model: str
    price: Price
    rate: Rate
    cost: Rate | None
    priority: int
    weight: int
    operation: str
    native_n: bool


class Tier(msgspec.Struct, frozen=True, eq=False):
    """Candidates of one group and one priority, which share by weight. sums: running weights."""

    group: str
    candidates: tuple[Candidate, ...]
    sums: tuple[int, ...]

    @classmethod
    def of(cls, candidates: tuple[Candidate, ...]) -> "Tier":
        sums = accumulate(candidate.weight for candidate in candidates)
        return cls(candidates[0].group, candidates, tuple(sums))


class Choices(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """At least one candidate, in tiers: groups in the token's order, priorities rising.

    candidates: all, in order. tariffs: the distinct (price, rate) pairs. native_n: every candidate
    serves n > 1 itself. effort: how much to think, where the asked name had a suffix that says
    so; model is the name without it then."""

    model: str
    candidates: tuple[Candidate, ...]
    tiers: tuple[Tier, ...]
    tariffs: tuple[tuple[Price, Rate], ...]
    native_n: bool
    effort: Effort | None = None

    @classmethod
    def of(cls, model: str, tiers: tuple[Tier, ...]) -> "Choices":
        candidates = tuple(candidate for tier in tiers for candidate in tier.candidates)
        tariffs = {(id(c.price), c.rate.scaled): (c.price, c.rate) for c in candidates}
        return cls(
            model=model,
            candidates=candidates,
            tiers=tiers,
            tariffs=tuple(tariffs.values()),
            native_n=all(candidate.native_n for candidate in candidates),
        )

    def only(self, keep: Callable[[Candidate], bool]) -> "Choices | None":
        """Those of them; None when there are none."""
        kept = [tuple(filter(keep, tier.candidates)) for tier in self.tiers]
        tiers = tuple(Tier.of(candidates) for candidates in kept if candidates)
        if not tiers:
            return None
        return msgspec.structs.replace(Choices.of(self.model, tiers), effort=self.effort)

    @property
    def first(self) -> Candidate:
        """The likeliest to serve: its group, rate and price version stand in the hold's facts."""
        return self.candidates[0]

    def bound(
        self,
        prompt_tokens: int,
        output_tokens: int,
        calls: int = 1,
        media: bool = False,
        beside: Beside = NOTHING,
    ) -> int:
        """nanos that no candidate's charge of so many tokens, and what is beside, exceeds."""
        most = 0
        for price, rate in self.tariffs:
            nanos = bound(prompt_tokens, output_tokens, price, rate, calls, media, beside)
            if nanos > most:
                most = nanos
        return most
