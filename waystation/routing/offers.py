"""What each channel and each group offers: a snapshot's lists, compiled for looking up."""

from collections.abc import Iterator

from waystation.kernel.patterns import NameSet, PatternTable
from waystation.ledger.prices import Rate
from waystation.routing.query import Query
from waystation.routing.snapshot import Channel, Group, Member, Snapshot


class Offer:
    """A channel as a look-up: which model it serves under which name, at which cost."""

    __slots__ = ("_costs", "_map", "_models", "channel")

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._models = NameSet(channel.models)
        self._map = PatternTable(channel.model_map.items())
        self._costs = PatternTable((p, Rate.parse(text)) for p, text in channel.cost.items())

    def upstream_model(self, model: str) -> str | None:
        """The model's name at this channel; None: not served."""
        mapped = self._map.find(model)
        if mapped is not None:
            return mapped
        return model if model in self._models else None

    def spoken(self, query: Query) -> str | None:
        """The operation by which the channel serves the query: its own where the channel has a
        path for it, else the first that it can be translated into. None: not served, or without
        the features that it needs."""
        if "tools" in query.needs and not self.channel.tools:
            return None
        paths = self.channel.paths
        if query.operation in paths:
            return query.operation
        return next((other for other in query.others if other in paths), None)

    def speaks(self, query: Query) -> bool:
        return self.spoken(query) is not None

    def cost(self, model: str) -> Rate | None:
        return self._costs.find(model)

    @property
    def names(self) -> tuple[str, ...]:
        """The models it names, patterns among them; a bare "*" names nothing."""
        return tuple(
            name for name in (*self.channel.models, *self.channel.model_map) if name != "*"
        )


class Offers:
    """All channels of a snapshot, and the members of its groups in order of priority."""

    __slots__ = ("_members", "by_channel")

    def __init__(self, snapshot: Snapshot) -> None:
        self.by_channel = {id: Offer(channel) for id, channel in snapshot.channels.items()}
        self._members: dict[str, tuple[tuple[Member, Offer], ...]] = {
            group.name: tuple(self._sorted(group)) for group in snapshot.groups.values()
        }

    def _sorted(self, group: Group) -> Iterator[tuple[Member, Offer]]:
        seen: set[int] = set()
        for member in sorted(group.members, key=lambda member: member.priority):
            offer = self.by_channel.get(member.channel_id)
            if offer is not None and member.channel_id not in seen:
                seen.add(member.channel_id)
                yield member, offer

    def members(self, group: str) -> tuple[tuple[Member, Offer], ...]:
        return self._members.get(group, ())

    def serves(self, group: str, query: Query) -> bool:
        """Some channel of the group does."""
        return any(
            offer.speaks(query) and offer.upstream_model(query.model) is not None
            for _, offer in self.members(group)
        )
