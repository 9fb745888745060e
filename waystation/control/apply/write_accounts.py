"""Accounts, their first credit, and the groups that their tokens are admitted to."""

import asyncio
from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, insert, select, update

from waystation.control.apply.document import AccountWanted
from waystation.control.apply.run import Run, Wish, chunks
from waystation.control.outbox import promise
from waystation.identity.passwords import verify_password
from waystation.ledger.messages import Transfer
from waystation.storage.main import account_grants, accounts

_AUTO = "auto"


async def write_accounts(run: Run) -> None:
    existing: dict[str, Any] = {}
    for part in chunks((each.email for each in run.document.accounts), 500):
        rows = await run.connection.execute(select(accounts).where(accounts.c.email.in_(part)))
        existing |= {row.email: row for row in rows}
    wishes = [
        Wish(each.email, {"email": each.email}, await _columns(run, each, existing.get(each.email)))
        for each in run.document.accounts
    ]
    fresh = {"created_ms": run.now_ms, "version": 1, "changed_epoch": run.epoch}
    touched = {"version": accounts.c.version + 1, "changed_epoch": run.epoch}
    await run.write(accounts, "account", wishes, existing, fresh, touched)
    await _write_credits(run, await account_ids(run, emails_of(run)))


async def write_grants(run: Run) -> None:
    """Each account may use the groups that its tokens name in the file, as if it had been
    allowed to. What is no longer named goes with --prune."""
    rows = (await run.connection.execute(select(accounts))).all()
    owners = {row.email: row for row in rows}
    wanted = {
        (owners[token.account].id, group): token.account
        for token in run.document.tokens
        for group in token.groups
        if group not in (_AUTO, owners[token.account].account_group)
    }
    granted = (await run.connection.execute(select(account_grants))).all()
    there = {(row.account_id, row.group_name): row for row in granted}
    emails = {row.id: row.email for row in rows}
    touched = set()
    new = [pair for pair in wanted if pair not in there]
    for part in chunks(new, 500):
        values = [{"account_id": a, "group_name": g, "managed": True} for a, g in part]
        await run.connection.execute(insert(account_grants), values)
    for account_id, group in new:
        run.note("created", "grant", f"{emails[account_id]} to {group}")
        touched.add(account_id)
    if run.prune:
        for (account_id, group), row in there.items():
            if row.managed and (account_id, group) not in wanted:
                await _remove_grant(run, account_id, group)
                run.note("removed", "grant", f"{emails[account_id]} to {group}")
                touched.add(account_id)
    await _touch(run, touched)


async def prune_accounts(run: Run) -> None:
    """Never deleted, for the books speak of them: disabled, and no longer managed."""
    named = {each.email for each in run.document.accounts}
    rows = (await run.connection.execute(select(accounts).where(accounts.c.managed))).all()
    for row in rows:
        if row.email not in named:
            await run.connection.execute(
                update(accounts)
                .where(accounts.c.id == row.id)
                .values(
                    enabled=False, managed=False, version=row.version + 1, changed_epoch=run.epoch
                )
            )
            run.note("removed", "account", row.email, ("disabled",))


async def tell_accounts(run: Run) -> None:
    """All that this transaction wrote."""
    mine = accounts.c.changed_epoch == run.epoch
    rows = await run.connection.execute(select(accounts.c.id, accounts.c.version).where(mine))
    await run.tell("account", [(str(row.id), row.version) for row in rows])


def emails_of(run: Run) -> list[str]:
    """The accounts of the document."""
    return [each.email for each in run.document.accounts]


async def account_ids(run: Run, emails: Iterable[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for part in chunks(emails, 500):
        rows = await run.connection.execute(
            select(accounts.c.email, accounts.c.id).where(accounts.c.email.in_(part))
        )
        ids |= {row.email: row.id for row in rows}
    return ids


async def _columns(run: Run, wanted: AccountWanted, row: Any | None) -> dict[str, Any]:
    return {**wanted.columns, "password_hash": await _password_hash(run, wanted, row)}


async def _password_hash(run: Run, wanted: AccountWanted, row: Any | None) -> str | None:
    """No password in the file: what is there stays. What another apply has stored since it was
    judged is judged again."""
    there: str | None = None if row is None else row.password_hash
    hashed = run.hashes.get(wanted.email)
    if hashed is None or wanted.password is None:
        return there
    is_news = there is not None and there != hashed.seen
    if is_news and await asyncio.to_thread(verify_password, there, wanted.password):
        return there
    return hashed.stored


async def _write_credits(run: Run, ids: dict[str, int]) -> None:
    """A row of the outbox is the promise; it stays for ever, so a second one is never made."""
    for each in run.document.accounts:
        if not each.credit_nanos:
            continue
        transfer = Transfer(
            account_id=ids[each.email],
            id=f"apply:credit:{each.email}",
            kind="grant",
            nanos=each.credit_nanos,
            note="relay.toml",
        )
        is_new = await promise(run.connection, transfer)
        run.note("created" if is_new else "unchanged", "credit", each.email)


async def _remove_grant(run: Run, account_id: int, group: str) -> None:
    await run.connection.execute(
        delete(account_grants).where(
            account_grants.c.account_id == account_id, account_grants.c.group_name == group
        )
    )


async def _touch(run: Run, ids: set[int]) -> None:
    """Caches must forget these accounts; those that were written already will be."""
    for part in chunks(sorted(ids), 500):
        await run.connection.execute(
            update(accounts)
            .where(accounts.c.id.in_(part), accounts.c.changed_epoch != run.epoch)
            .values(version=accounts.c.version + 1, changed_epoch=run.epoch)
        )
