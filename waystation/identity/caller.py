"""Who is calling: the token and its account, as the gateway knows them.

A snapshot of rows in `main`, cached; the ledger has the last word on enabled, expired and funded
in each hold, so a stale cache can be wrong for a moment about names, never about money.
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Literal

import msgspec

Role = Literal["user", "operator"]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """groups: the token's, in order; () means the account's own; "auto" means the operator's list.
    models: allow-list with wildcards, () means all. expires_ms: unix milliseconds, None never.
    pinned_channel: from `sk-KEY-<channel id>`, operators only. granted_groups: what the account may
    use beyond its own group and the selectable ones. hook_url: where its tasks are told of, "":
    where the deployment says. remix: Midjourney's buttons open a window. queue_code_22: a queued
    submit is answered so; None: as the operator decides."""

    account_id: int
    account_email: str
    account_enabled: bool
    account_group: str
    role: Role
    token_id: int
    token_name: str
    token_enabled: bool
    expires_ms: int | None
    groups: tuple[str, ...]
    models: tuple[str, ...]
    allow_ips: tuple[IPv4Network | IPv6Network, ...]
    pinned_channel: int | None = None
    granted_groups: tuple[str, ...] = ()
    hook_url: str = ""
    remix: bool = False
    queue_code_22: bool | None = None
