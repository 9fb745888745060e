"""Changes of the configuration by hand: judged and written by what `apply` uses, with their line in
the audit log, in one transaction. What a file manages is refused."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path as FilePath
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET
from sqlalchemy.exc import IntegrityError

from waystation.control.apply.change import Report
from waystation.control.apply.document import ConfigError, Document
from waystation.control.apply.execute import Step, edit
from waystation.control.apply.fields import Fields, Source
from waystation.control.apply.lines import Path
from waystation.control.apply.run import ManagedRow, Run
from waystation.control.audit import record
from waystation.control.desk.action import Call
from waystation.control.desk.actor import actor_of
from waystation.errors import Fault

Wanted = TypeVar("Wanted")

BY_HAND = FilePath("the console")


class FieldRefused(ConfigError):
    """path: of the field in the body."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(0, reason)
        self.path = path


class BodySource(Source):
    """A body has fields where a file has lines, and no environment."""

    def __init__(self) -> None:
        super().__init__({}, {})

    def refuse(self, path: Path, reason: str) -> ConfigError:
        return FieldRefused(path, reason)


class Subject(msgspec.Struct, frozen=True):
    """What an edit is about, for the audit log. before None: it is made; after None: it goes."""

    kind: str
    name: str
    before: object = None
    after: object = None

    @property
    def action(self) -> str:
        return "create" if self.before is None else "delete" if self.after is None else "update"


def document(**parts: Any) -> Document:
    """What shall be, and nothing else."""
    return Document(file=BY_HAND, **parts)


def read_as(reading: Any, table: Mapping[str, Any], what: str) -> Any:
    """A table of the body, judged by the reader that the file's tables have. Raises Fault."""
    try:
        return reading(Fields(BodySource(), dict(table), (), what))
    except ConfigError as refused:
        raise fault_of(refused) from None


def given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that the body says, as a file's table would have them."""
    return {
        name: as_in_a_file(value)
        for name in body.__struct_fields__
        if (value := getattr(body, name)) is not UNSET
    }


def as_in_a_file(value: Any) -> Any:
    """A file's numbers with a point are decimals, exact as they stand."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, msgspec.Struct):
        return given(value)
    if isinstance(value, dict):
        return {name: as_in_a_file(each) for name, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [as_in_a_file(each) for each in value]
    return value


def fault_of(refused: ConfigError) -> Fault:
    reason = refused.reason
    if not isinstance(refused, FieldRefused) or not refused.path:
        return Fault("invalid_request", reason=reason)
    field = ".".join(str(each) for each in refused.path)
    return Fault("invalid_value", param=field, reason=reason, extra={"fields": {field: reason}})


async def make_edit(
    call: Call,
    wanted: Document,
    subject: Subject,
    *,
    before: Step | None = None,
    after: Step | None = None,
) -> Report:
    """Raises Fault: managed_by_file, already_exists, invalid_value, invalid_request; StorageAway,
    and what the steps raise."""
    services = call.services

    async def then(run: Run) -> None:
        if after is not None:
            await after(run)
        if any(change.action != "unchanged" for change in run.changes):
            await record(
                run.connection,
                actor_of(call),
                subject.action,
                subject.kind,
                subject.name,
                subject.before,
                subject.after,
            )

    try:
        return await edit(
            services.database,
            wanted,
            services.sealing(),
            services.ledger.ask,
            before=before,
            after=then,
        )
    except ManagedRow as managed:
        raise Fault("managed_by_file", name=f"the {managed.kind} {managed.name}") from None
    except ConfigError as refused:
        raise fault_of(refused) from None
    except IntegrityError:
        raise Fault("already_exists", name=f"the {subject.kind} {subject.name}") from None
