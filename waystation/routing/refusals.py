"""Why nothing may serve a request, told so that the caller can help himself."""

from collections.abc import Iterable
from difflib import get_close_matches

from waystation.errors import Fault
from waystation.kernel.patterns import NameSet
from waystation.routing.access import may_choose, named_groups
from waystation.routing.offers import Offers
from waystation.routing.query import Query
from waystation.routing.snapshot import Group, Snapshot

_CLOSE_MAX = 3
_COMPARED_MAX = 1000
_NAME_SHOWN_MAX = 100


def group_refused(query: Query) -> Fault:
    return Fault("group_not_allowed", param="group", group=", ".join(named_groups(query)))


def model_refused(query: Query) -> Fault:
    return Fault("model_not_allowed", param="model", model=_shown(query.model))


def not_served(snapshot: Snapshot, offers: Offers, query: Query, groups: Iterable[Group]) -> Fault:
    """The model is in none of these groups: in others, or nowhere."""
    having = [name for name in snapshot.groups if offers.serves(name, query)]
    available = [name for name in having if may_choose(snapshot.groups[name], query)]
    if not available and not _is_named(offers, having, query.model):
        return _unknown(snapshot, offers, query)
    return Fault(
        "model_not_available_in_group",
        param="model",
        extra={"available_groups": available},
        model=_shown(query.model),
        group=", ".join(group.name for group in groups),
        available=", ".join(available) or "–",
    )


def pinned_refused(query: Query, channel_id: int, reason: str) -> Fault:
    """For operators only, who may know which channels there are."""
    return Fault(
        "invalid_value",
        param="channel",
        reason=f"channel {channel_id} {reason} ({_shown(query.model)}, {query.operation})",
    )


def no_price(query: Query) -> Fault:
    return Fault("price_not_configured", retry_after=60, model=_shown(query.model))


def _unknown(snapshot: Snapshot, offers: Offers, query: Query) -> Fault:
    known = _names(snapshot, offers, query)
    close = get_close_matches(query.model[:_NAME_SHOWN_MAX], known, n=_CLOSE_MAX, cutoff=0.6)
    hint = f" ({', '.join(close)}?)" if close else ""
    return Fault(
        "model_not_found",
        param="model",
        extra={"close_models": close} if close else None,
        model=_shown(query.model),
        hint=hint,
    )


def _is_named(offers: Offers, groups: Iterable[str], model: str) -> bool:
    """Some channel of these groups serves it other than by a bare "*" (as the demo channel serves
    everything, so that no slip of the pen would be unknown)."""
    return any(
        model in NameSet(offer.names) for name in groups for _, offer in offers.members(name)
    )


def _names(snapshot: Snapshot, offers: Offers, query: Query) -> list[str]:
    """Models of the groups that the account may choose, for this operation; bounded."""
    names: dict[str, None] = {}
    for group in snapshot.groups.values():
        if not may_choose(group, query):
            continue
        for _, offer in offers.members(group.name):
            if offer.speaks(query):
                names.update((name, None) for name in offer.names if not name.endswith("*"))
        if len(names) >= _COMPARED_MAX:
            break
    return list(names)[:_COMPARED_MAX]


def _shown(model: str) -> str:
    return model if len(model) <= _NAME_SHOWN_MAX else model[:_NAME_SHOWN_MAX] + "…"
