"""What a relay.toml says, once every value was judged. Names are still to be looked up."""

from pathlib import Path
from typing import Any

import msgspec

from waystation.dialects.midjourney.options import MidjourneyOptions
from waystation.identity.caller import Role
from waystation.ledger.price_row import PriceRow


class ConfigError(Exception):
    """The file is refused. line: from 1. reason: what is wrong, and often what is right."""

    def __init__(self, line: int, reason: str, file: str = "") -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason
        self.file = file

    def __str__(self) -> str:
        return f"{self.file or 'the configuration'}, line {self.line}: {self.reason}"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A row as the file wants it. line: where its table begins. columns: of its row, as stored."""

    line: int
    columns: dict[str, Any]


class MemberWanted(msgspec.Struct, frozen=True):
    """A channel in a group's own list; None: the channel's figure."""

    line: int
    channel: str
    priority: int | None
    weight: int | None


class GroupWanted(Wanted, frozen=True, kw_only=True):
    """members: None: who names the group in its own `groups`."""

    name: str
    members: tuple[MemberWanted, ...] | None


class ChannelWanted(Wanted, frozen=True, kw_only=True):
    """keys, headers, proxy: opened; never printed."""

    name: str
    groups: tuple[str, ...]
    keys: tuple[str, ...]
    headers: str  # JSON, "" none
    proxy: str

    def __repr__(self) -> str:
        return f"ChannelWanted({self.name!r})"


class PriceWanted(Wanted, frozen=True, kw_only=True):
    row: PriceRow


class AccountWanted(Wanted, frozen=True, kw_only=True):
    """password: None keeps what is there. credit_nanos: granted once, 0 none."""

    email: str
    role: Role
    password: str | None
    credit_nanos: int

    def __repr__(self) -> str:
        return f"AccountWanted({self.email!r})"


class TokenWanted(Wanted, frozen=True, kw_only=True):
    """key: None keeps what is there, or mints one."""

    account: str
    name: str
    groups: tuple[str, ...]
    key: str | None

    def __repr__(self) -> str:
        return f"TokenWanted({self.account!r}, {self.name!r})"


class RateWanted(msgspec.Struct, frozen=True):
    line: int
    account_group: str
    group: str
    rate: str


class AutoGroupsWanted(msgspec.Struct, frozen=True):
    line: int
    groups: tuple[str, ...]


class MidjourneyWanted(msgspec.Struct, frozen=True):
    line: int
    options: MidjourneyOptions


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """auto_groups, midjourney: None where the file does not say."""

    file: Path
    groups: tuple[GroupWanted, ...] = ()
    channels: tuple[ChannelWanted, ...] = ()
    prices: tuple[PriceWanted, ...] = ()
    accounts: tuple[AccountWanted, ...] = ()
    tokens: tuple[TokenWanted, ...] = ()
    rates: tuple[RateWanted, ...] = ()
    auto_groups: AutoGroupsWanted | None = None
    midjourney: MidjourneyWanted | None = None
