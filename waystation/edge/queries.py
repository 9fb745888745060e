"""What routing is asked on behalf of a caller."""

from waystation.identity.caller import Caller
from waystation.routing.query import Query

_NOTHING: frozenset[str] = frozenset()


def query_of(
    caller: Caller,
    model: str = "",
    operation: str = "",
    needs: frozenset[str] = _NOTHING,
    others: tuple[str, ...] = (),
) -> Query:
    """The caller's standing as routing asks for it."""
    return Query(
        model=model,
        operation=operation,
        account_group=caller.account_group,
        groups=caller.groups,
        models=caller.models,
        needs=needs,
        granted_groups=caller.granted_groups,
        operator=caller.role == "operator",
        pinned_channel=caller.pinned_channel,
        others=others,
    )
