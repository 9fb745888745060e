"""Every name that the file refers to must exist, in the file or in the store."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from sqlalchemy import select

from waystation.control.apply.document import ConfigError, Document
from waystation.control.apply.run import Run, chunks
from waystation.storage.main import accounts, channels, groups

_AUTO = "auto"

_Reference = tuple[int, str, str]
"""(line, who refers, name)"""


async def check_names(run: Run) -> None:
    """Raises ConfigError. What --prune is about to remove does not count as existing."""
    document = run.document
    group_names = {each.name for each in document.groups} | await _stored(run, groups.c.name)
    _check("group", _group_references(document), group_names)
    channel_names = {each.name for each in document.channels} | await _stored(run, channels.c.name)
    _check("channel", _channel_references(document), channel_names)
    emails = {each.email for each in document.accounts}
    if any(each.account not in emails for each in document.tokens):
        emails |= await _known_emails(run)
    owners = ((each.line, f"the token {each.name!r}", each.account) for each in document.tokens)
    _check("account", owners, emails)


def _group_references(document: Document) -> Iterator[_Reference]:
    for channel in document.channels:
        for name in channel.groups:
            yield channel.line, f"the channel {channel.name!r}", name
    for token in document.tokens:
        for name in token.groups:
            if name != _AUTO:
                yield token.line, f"the token {token.name!r}", name
    for rate in document.rates:
        yield rate.line, "the group rate", rate.group
    if document.auto_groups is not None:
        for name in document.auto_groups.groups:
            yield document.auto_groups.line, "auto_groups", name


def _channel_references(document: Document) -> Iterator[_Reference]:
    for group in document.groups:
        for member in group.members or ():
            yield member.line, f"the group {group.name!r}", member.channel


def _check(kind: str, references: Iterable[_Reference], existing: set[str]) -> None:
    for line, who, name in references:
        if name not in existing:
            close = get_close_matches(name, existing, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ConfigError(line, f"{who} names the {kind} {name!r}, which does not exist{hint}")


async def _known_emails(run: Run) -> set[str]:
    """Of the accounts that tokens name."""
    found: set[str] = set()
    for part in chunks({each.account for each in run.document.tokens}, 500):
        statement = select(accounts.c.email).where(accounts.c.email.in_(part))
        if run.prune:
            statement = statement.where(accounts.c.managed.is_(False))
        found |= set((await run.connection.execute(statement)).scalars())
    return found


async def _stored(run: Run, column: object) -> set[str]:
    statement = select(column)  # type: ignore[call-overload]
    table = column.table  # type: ignore[attr-defined]
    if run.prune:
        statement = statement.where(table.c.managed.is_(False))
    return set((await run.connection.execute(statement)).scalars())
