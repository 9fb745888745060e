"""A task as its row says, and what may be changed of it."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from waystation.journal.row import Facts
from waystation.tasks.states import FINAL, RUNNING, State

Settle = Literal["", "post", "void", "posted", "voided"]

TOMBSTONE = "void"
"""The kind of rows that only say: this hold was given up before its task came to be."""

PARTS = "$parts"
"""The field of `usage` that has the charge's parts."""


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `tasks`; what its columns mean stands in storage/main.py. Times: unix
    milliseconds, 0 not yet. submitted_ms: handed to an upstream. result: what its owner sees, by
    the kind's own names; memo: what only the kind sees."""

    id: str
    account_id: int
    token_id: int
    kind: str
    action: str = ""
    state: State = "NOT_START"
    row_version: int = 1
    hold_id: str | None = None
    hold_nanos: int = 0
    settle: Settle = ""
    nanos: int = 0
    exact: bool = True
    group_name: str = ""
    rate: str = ""
    price_version: str = ""
    usage: dict[str, Any] = {}
    facts: Facts
    channel_id: int = 0
    key_id: int = 0
    upstream_id: str = ""
    parent_id: str = ""
    progress: int = 0
    result: dict[str, Any] = {}
    memo: dict[str, Any] = {}
    artefacts: tuple[str, ...] = ()
    fail_code: str = ""
    fail_reason: str = ""
    created_ms: int = 0
    submitted_ms: int = 0
    started_ms: int = 0
    finished_ms: int = 0
    due_at_ms: int | None = None
    deadline_ms: int | None = None
    wanted_ms: int | None = None
    lease_owner: str = ""
    attempts: int = 0
    hooked: bool = False

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What success costs the caller, fixed when a channel was chosen or the usage is known. exact:
    may go above the hold as far as the balance has it. usage, parts: of the charge, for the log
    row: a Usage as JSON fields, and [[kind, count, unit price], …]."""

    nanos: int
    group: str
    rate: str
    price_version: str
    exact: bool = True
    usage: Mapping[str, Any] = {}
    parts: tuple[tuple[str, int, str], ...] = ()


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a step asks for; None leaves a thing as it is.

    result, memo: top-level fields to set. progress: percent, never lowered. due_seconds: when to
    look again. deadline_seconds: from now; after it the task fails with its kind's words.
    late_seconds: with FAILURE: how long a late result is still looked for."""

    state: State | None = None
    progress: int | None = None
    channel_id: int | None = None
    key_id: int | None = None
    upstream_id: str | None = None
    bill: Bill | None = None
    result: Mapping[str, Any] | None = None
    memo: Mapping[str, Any] | None = None
    artefacts: tuple[str, ...] | None = None
    fail_code: str | None = None
    fail_reason: str | None = None
    due_seconds: float | None = None
    deadline_seconds: float | None = None
    late_seconds: float | None = None


class Request(msgspec.Struct, frozen=True):
    """The whole request as its kind wrote it down, and what routing is asked for it (a
    routing Query as JSON; b"{}": nothing)."""

    body: bytes
    query: bytes = b"{}"
