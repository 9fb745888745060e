"""Which (group, channel, price) may serve a request, in order. Pure: snapshot in, decision out."""

from collections.abc import Iterator
from itertools import groupby

import msgspec

from waystation.errors import Fault
from waystation.kernel.patterns import NameSet
from waystation.ledger.prices import FREE, Price, Rate
from waystation.routing import refusals
from waystation.routing.access import usable_groups
from waystation.routing.choices import Candidate, Choices, Tier
from waystation.routing.offers import Offer, Offers
from waystation.routing.query import Query
from waystation.routing.snapshot import Group, Member, Snapshot
from waystation.routing.suffixes import THINKERS, Effort, without_suffix

_REMEMBERED_MAX = 8192

_Served = tuple[Group, Member, Offer]


class Directory:
    """One snapshot, ready to be asked; thrown away with it. Answers are remembered, bounded."""

    __slots__ = ("_bare", "_offers", "_remembered", "snapshot")

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._offers = Offers(snapshot)
        self._remembered: dict[Query, tuple[Price | None, Choices]] = {}
        self._bare: dict[Query, tuple[Query, Effort]] = {}

    def candidates(self, query: Query, now_ms: int) -> Choices:
        """Who may serve this, in order. Raises Fault: group_not_allowed, model_not_allowed,
        channel_not_allowed (403), model_not_found, model_not_available_in_group (404),
        price_not_configured (503). A name with a reasoning suffix that nobody serves is asked for
        without it."""
        bare = self._bare.get(query) if self._bare else None
        if bare is None:
            try:
                return self._candidates(query, now_ms)
            except Fault:
                bare = self._without_suffix(query, now_ms)
                if bare is None:
                    raise
        return msgspec.structs.replace(self._candidates(bare[0], now_ms), effort=bare[1])

    def _without_suffix(self, query: Query, now_ms: int) -> tuple[Query, Effort] | None:
        """The query for the bare name, when that is served; remembered: the way here is dear."""
        found = without_suffix(query.model) if query.operation in THINKERS else None
        if found is None:
            return None
        bare = msgspec.structs.replace(query, model=found[0])
        try:
            self._candidates(bare, now_ms)
        except Fault:
            return None
        if len(self._bare) >= _REMEMBERED_MAX:
            self._bare.clear()
        self._bare[query] = bare, found[1]
        return bare, found[1]

    def _candidates(self, query: Query, now_ms: int) -> Choices:
        price = self.snapshot.prices.find(query.model, now_ms)
        remembered = self._remembered.get(query)
        if remembered is not None and remembered[0] is price:
            return remembered[1]
        choices = self._resolve(query, price)
        if len(self._remembered) >= _REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[query] = (price, choices)
        return choices

    def models(self, query: Query, now_ms: int) -> dict[str, str]:
        """The model names and patterns that this caller can use, with the vendor that serves each
        first, in order of the groups; query.model and operation are not looked at. Names without
        a price are left out."""
        allowed = NameSet(query.models) if query.models else None
        names: dict[str, str] = {}
        for group in usable_groups(self.snapshot, query):
            for _, offer in self._offers.members(group.name):
                for name in self._priced(offer, now_ms):
                    if allowed is None or name in allowed:
                        names.setdefault(name, offer.channel.vendor)
        return names

    def serves(self, query: Query) -> str | None:
        """The vendor of the first channel that serves query.model to this caller, whatever the
        operation; None when none does."""
        if query.models and query.model not in NameSet(query.models):
            return None
        for group in usable_groups(self.snapshot, query):
            for _, offer in self._offers.members(group.name):
                if offer.upstream_model(query.model) is not None:
                    return offer.channel.vendor
        return None

    def _priced(self, offer: Offer, now_ms: int) -> Iterator[str]:
        free = offer.channel.free_by_default
        prices = self.snapshot.prices
        return (n for n in offer.names if free or prices.find(n, now_ms) is not None)

    def _resolve(self, query: Query, price: Price | None) -> Choices:
        groups = usable_groups(self.snapshot, query)
        if not groups:
            raise refusals.group_refused(query)
        if query.models and query.model not in NameSet(query.models):
            raise refusals.model_refused(query)
        if query.pinned_channel is not None and not query.operator:
            raise Fault("channel_not_allowed")
        if query.pinned_channel is not None:
            served = [self._pinned(groups, query, query.pinned_channel)]
        else:
            served = [found for group in groups for found in self._serving(group, query)]
        if not served:
            raise refusals.not_served(self.snapshot, self._offers, query, groups)
        candidates = [
            _candidate(group, member, offer, query, paid, self._rate(group, query))
            for group, member, offer in served
            if (paid := price or (FREE if offer.channel.free_by_default else None)) is not None
            and paid.pays(query.operation)
        ]
        if not candidates:
            raise refusals.no_price(query)
        tiers = groupby(candidates, key=lambda candidate: (candidate.group, candidate.priority))
        return Choices.of(query.model, tuple(Tier.of(tuple(tier)) for _, tier in tiers))

    def _serving(self, group: Group, query: Query) -> Iterator[_Served]:
        for member, offer in self._offers.members(group.name):
            if offer.speaks(query) and offer.upstream_model(query.model) is not None:
                yield group, member, offer

    def _pinned(self, groups: list[Group], query: Query, channel_id: int) -> _Served:
        """The channel an operator named: in the first group that has it, else at the first
        group's rate. Raises Fault."""
        offer = self._offers.by_channel.get(channel_id)
        if offer is None or offer.upstream_model(query.model) is None:
            raise refusals.pinned_refused(query, channel_id, "does not serve the model")
        if not offer.speaks(query):
            raise refusals.pinned_refused(query, channel_id, "does not offer this operation")
        for group in groups:
            for member, _ in self._offers.members(group.name):
                if member.channel_id == channel_id:
                    return group, member, offer
        return groups[0], Member(channel_id=channel_id, priority=0, weight=1), offer

    def _rate(self, group: Group, query: Query) -> Rate:
        """The account's special rate replaces the group's."""
        special = self.snapshot.rates.get((query.account_group, group.name))
        return Rate.parse(group.rate if special is None else special)


def _candidate(
    group: Group, member: Member, offer: Offer, query: Query, price: Price, rate: Rate
) -> Candidate:
    model = query.model
    upstream_model = offer.upstream_model(model)
    operation = offer.spoken(query)
    assert upstream_model is not None
    assert operation is not None
    return Candidate(
        group=group.name,
        channel=offer.channel,
        upstream_model=upstream_model,
        price=price,
        rate=rate,
        cost=offer.cost(model),
        priority=member.priority,
        weight=max(0, member.weight),
        operation=operation,
        native_n=offer.channel.native_n and operation == query.operation,
    )
