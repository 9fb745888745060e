"""Tokens: imported keys, minted keys, keys that stay."""

from typing import Any

from sqlalchemy import select, update

from waystation.control.apply.change import Minted
from waystation.control.apply.document import ConfigError, TokenWanted
from waystation.control.apply.run import Run, Wish, chunks
from waystation.control.apply.write_accounts import account_ids
from waystation.identity.keys import digest, mask, mint
from waystation.storage.main import accounts, tokens

_ROWS = select(tokens, accounts.c.email).join(accounts, accounts.c.id == tokens.c.account_id)


async def write_tokens(run: Run) -> None:
    if not run.document.tokens:
        return
    ids = await account_ids(run, {each.account for each in run.document.tokens})
    owners = {ids[each.account] for each in run.document.tokens}
    existing: dict[str, Any] = {}
    for part in chunks(sorted(owners), 500):
        rows = await run.connection.execute(_ROWS.where(tokens.c.account_id.in_(part)))
        existing |= {f"{row.email}/{row.name}": row for row in rows}
    await _refuse_taken_keys(run)
    wishes = [_wish(run, each, ids, existing) for each in run.document.tokens]
    fresh = {"created_ms": run.now_ms, "version": 1, "changed_epoch": run.epoch}
    touched = {"version": tokens.c.version + 1, "changed_epoch": run.epoch}
    await run.write(tokens, "token", wishes, existing, fresh, touched)


async def prune_tokens(run: Run) -> None:
    """The row stays, for the books speak of it; its key is forgotten."""
    named = {f"{each.account}/{each.name}" for each in run.document.tokens}
    for row in (await run.connection.execute(_ROWS.where(tokens.c.managed))).all():
        name = f"{row.email}/{row.name}"
        if name not in named:
            await remove_token(run, row)


async def remove_token(run: Run, row: Any) -> None:
    """row: with the account's email. Raises ManagedRow."""
    name = f"{row.email}/{row.name}"
    run.may_change("token", name, row)
    await run.connection.execute(
        update(tokens)
        .where(tokens.c.id == row.id)
        .values(
            digest=None,
            enabled=False,
            deleted=True,
            managed=False,
            version=row.version + 1,
            changed_epoch=run.epoch,
        )
    )
    run.note("removed", "token", name, ("its key is forgotten",))


async def tell_tokens(run: Run) -> None:
    """All that this transaction wrote."""
    mine = tokens.c.changed_epoch == run.epoch
    rows = await run.connection.execute(select(tokens.c.id, tokens.c.version).where(mine))
    await run.tell("token", [(str(row.id), row.version) for row in rows])


def _wish(run: Run, wanted: TokenWanted, ids: dict[str, int], existing: dict[str, Any]) -> Wish:
    name = f"{wanted.account}/{wanted.name}"
    row = existing.get(name)
    key = wanted.key
    if key is None and (row is None or row.digest is None):
        key = mint()
        run.minted.append(Minted(wanted.account, wanted.name, key))
    columns = {**wanted.columns, "deleted": False}
    if key is not None:
        columns |= {"digest": digest(key), "mask": mask(key)}
    return Wish(name, {"account_id": ids[wanted.account], "name": wanted.name}, columns)


async def _refuse_taken_keys(run: Run) -> None:
    """A key belongs to one token, whoever's."""
    keyed = {digest(each.key): each for each in run.document.tokens if each.key is not None}
    for part in chunks(keyed, 500):
        for row in await run.connection.execute(_ROWS.where(tokens.c.digest.in_(part))):
            wanted = keyed[bytes(row.digest)]
            if (row.email, row.name) != (wanted.account, wanted.name):
                raise ConfigError(
                    wanted.line, f"the key of the token {wanted.name!r} is another token's already"
                )
