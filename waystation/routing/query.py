"""What routing is asked: by whom, for which model, what for."""

import msgspec


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a request that decide where it may go; equal queries have equal answers.

    groups: the token's, in order; () the account's own; "auto" the operator's list; a name with
    commas is a list. granted_groups: what the account may use beyond its own group and those it
    may choose. granted: the token's groups are not judged at all.
    models: the token's allow-list, () all. needs: features a channel must have. pinned_channel:
    the channel an operator named in the key. others: the operations that this one can be
    translated into, the best first, for channels that do not speak it."""

    model: str
    operation: str
    account_group: str
    groups: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    granted_groups: tuple[str, ...] = ()
    granted: bool = False
    operator: bool = False
    pinned_channel: int | None = None
    others: tuple[str, ...] = ()
