"""What routing decides on: the configuration as one immutable value, made anew for each epoch.

Rows of `main` come in through `configuration/feed.py`; nothing here reads or waits. Names may end
in `*`.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from waystation.ledger.prices import PriceBook

DisconnectRule = Literal["abort", "drain"]


class ChannelLimits(msgspec.Struct, frozen=True):
    """0 = none. Per channel, and for each of its keys."""

    concurrency: int = 0
    rpm: int = 0
    key_concurrency: int = 0
    key_rpm: int = 0


class ChannelDeadlines(msgspec.Struct, frozen=True):
    """Seconds; None: the server's setting."""

    connect: float | None = None
    first_byte: float | None = None
    idle: float | None = None
    total: float | None = None


class ChannelKey(msgspec.Struct, frozen=True):
    """secret: opened, in memory only; never in a repr, a log or a reply. parts: what of it is
    secret by itself, where it consists of several things."""

    id: int
    secret: str
    parts: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no error text may repeat."""
        return (self.secret, *self.parts) if self.secret else ()

    def __repr__(self) -> str:
        return f"ChannelKey(id={self.id})"


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """An upstream account. models: exact names and wildcards; model_map: asked → upstream name.
    paths: operation ("chat", "embedding", …) → path below base_url, from the vendor's data and
    only what it speaks. auth: how a key is written into the headers: "bearer", "header:<name>" or
    "none". cloud: by whom the key is used instead (upstream/clouds), "" nobody. refuses: top-level
    request fields that its upstream answers with an error; we must not add them. reports_usage: its
    streams end with usage unasked. reasoning_field, thinking_switch, streams_pictures: see Quirks.
    strip: what is taken out of requests, by the names of dialects/server_tools.py.
    remix: its account of Midjourney is in remix mode."""

    id: int
    name: str
    vendor: str
    base_url: str
    allow_private: bool
    keys: tuple[ChannelKey, ...]
    models: tuple[str, ...]
    model_map: Mapping[str, str]
    paths: Mapping[str, str]
    dialect: str = "openai_chat"
    tags: tuple[str, ...] = ()
    limits: ChannelLimits = ChannelLimits()
    deadlines: ChannelDeadlines = ChannelDeadlines()
    header_overrides: Mapping[str, str] = {}
    body_overrides: Mapping[str, msgspec.Raw] = {}
    proxy: str | None = None
    on_disconnect: DisconnectRule = "abort"
    cost: Mapping[str, str] = {}  # model pattern → factor of the official price, "*" for all
    free_by_default: bool = False  # vendor demo: what has no price costs nothing
    native_n: bool = True  # serves n > 1 itself
    tools: bool = True  # can call functions
    auth: str = "bearer"
    cloud: str = ""
    refuses: tuple[str, ...] = ()
    reports_usage: bool = False
    reasoning_field: str = ""
    thinking_switch: str = ""
    streams_pictures: bool = False
    strip: tuple[str, ...] = ()
    remix: bool = False


class Member(msgspec.Struct, frozen=True):
    """A channel in a group. priority: lower first; equal ones share by weight."""

    channel_id: int
    priority: int
    weight: int


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """rate: decimal text, × official price. allowed_account_groups: who may choose it when it is
    selectable, () all."""

    name: str
    rate: str
    members: tuple[Member, ...]
    visible: bool = True
    selectable: bool = False
    allowed_account_groups: tuple[str, ...] = ()
    label: str = ""
    description: str = ""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """rates: (account group, group) → decimal text that replaces the group's rate. settings: what
    the operator sets at run time, name → JSON."""

    epoch: int
    groups: Mapping[str, Group]
    channels: Mapping[int, Channel]
    rates: Mapping[tuple[str, str], str]
    auto_groups: tuple[str, ...]
    prices: PriceBook
    settings: Mapping[str, str] = {}
