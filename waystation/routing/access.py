"""Which groups an account may use, and in which order a token asks for them."""

from waystation.routing.query import Query
from waystation.routing.snapshot import Group, Snapshot

AUTO = "auto"


def may_choose(group: Group, query: Query) -> bool:
    """The account's own group, those it was granted, and those that are selectable for it."""
    if group.name == query.account_group or group.name in query.granted_groups:
        return True
    allowed = group.allowed_account_groups
    return group.selectable and (not allowed or query.account_group in allowed)


def named_groups(query: Query) -> list[str]:
    """The token's list, with commas taken apart: each name once, in order."""
    if not query.groups:
        return [query.account_group]
    names = [name.strip() for entry in query.groups for name in entry.split(",")]
    return list(dict.fromkeys(name for name in names if name)) or [query.account_group]


def usable_groups(snapshot: Snapshot, query: Query) -> list[Group]:
    """The groups this query may be served by, in order; those that do not exist, or that the
    account may not use, are left out."""
    usable: dict[str, Group] = {}
    for name in named_groups(query):
        if name == AUTO and AUTO not in snapshot.groups:
            for listed in snapshot.auto_groups:
                _admit(usable, snapshot, listed, query, granted=False)
        else:
            _admit(usable, snapshot, name, query, query.granted)
    return list(usable.values())


def _admit(
    usable: dict[str, Group], snapshot: Snapshot, name: str, query: Query, granted: bool
) -> None:
    group = snapshot.groups.get(name)
    if group is not None and (granted or may_choose(group, query)):
        usable.setdefault(name, group)
