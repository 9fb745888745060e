"""Channels and their keys."""

from typing import Any

from sqlalchemy import delete, insert, select, update

from waystation.control.apply.document import ChannelWanted
from waystation.control.apply.run import Run, Wish
from waystation.storage.main import channel_keys, channels
from waystation.storage.sealing import Purpose, SealBroken


async def write_channels(run: Run) -> None:
    existing = {row.name: row for row in (await run.connection.execute(select(channels))).all()}
    wishes = [
        Wish(each.name, {"name": each.name}, _columns(run, each, existing.get(each.name)))
        for each in run.document.channels
    ]
    fresh = {"created_ms": run.now_ms}
    changed = await run.write(channels, "channel", wishes, existing, fresh)
    ids = await channel_ids(run)
    for each in run.document.channels:
        if await _write_keys(run, ids[each.name], each.keys) and each.name not in changed:
            run.renote("channel", each.name, ("keys",))
            changed.add(each.name)
    run.routing |= bool(changed)


async def prune_channels(run: Run) -> None:
    named = {each.name for each in run.document.channels}
    for row in (await run.connection.execute(select(channels).where(channels.c.managed))).all():
        if row.name not in named:
            await remove_channel(run, row)


async def remove_channel(run: Run, row: Any) -> None:
    """Its keys go with it. Raises ManagedRow."""
    run.may_change("channel", row.name, row)
    await run.connection.execute(delete(channels).where(channels.c.id == row.id))
    run.note("removed", "channel", row.name)
    run.routing = True


async def channel_ids(run: Run) -> dict[str, int]:
    rows = await run.connection.execute(select(channels.c.name, channels.c.id))
    return {row.name: row.id for row in rows}


def _columns(run: Run, wanted: ChannelWanted, row: Any | None) -> dict[str, Any]:
    old_headers = "" if row is None else row.header_overrides
    old_proxy = "" if row is None else row.proxy
    return {
        **wanted.columns,
        "header_overrides": _sealed(run, wanted.headers, old_headers, "header_overrides"),
        "proxy": _sealed(run, wanted.proxy, old_proxy, "proxy"),
    }


def _sealed(run: Run, secret: str, envelope: str, purpose: Purpose) -> str:
    """The envelope that is there if it holds the secret, else a new one."""
    if not secret:
        return ""
    try:
        if envelope and run.sealing.open(envelope, purpose) == secret:
            return envelope
    except SealBroken:
        pass  # what cannot be opened is replaced
    return run.sealing.seal(secret, purpose)


async def _write_keys(run: Run, channel_id: int, secrets: tuple[str, ...]) -> bool:
    """A key that stays keeps its row and id. Says whether anything changed."""
    mine = channel_keys.c.channel_id == channel_id
    rows = (await run.connection.execute(select(channel_keys).where(mine))).all()
    existing = {row.fingerprint: row for row in rows}
    wanted = {run.sealing.fingerprint(secret): secret for secret in secrets}
    changed = False
    for print_, row in existing.items():
        if print_ not in wanted:
            await run.connection.execute(delete(channel_keys).where(channel_keys.c.id == row.id))
            changed = True
    for position, (print_, secret) in enumerate(wanted.items()):
        there = existing.get(print_)
        if there is None:
            await _add_key(run, channel_id, position, print_, secret)
            changed = True
        else:
            # What was switched off by hand stays so under other changes by hand; a file says all.
            enabled = run.managed or there.enabled
            if (there.position, there.enabled) != (position, enabled):
                await run.connection.execute(
                    update(channel_keys)
                    .where(channel_keys.c.id == there.id)
                    .values(position=position, enabled=enabled)
                )
                changed = True
    return changed


async def _add_key(run: Run, channel_id: int, position: int, print_: str, secret: str) -> None:
    await run.connection.execute(
        insert(channel_keys).values(
            channel_id=channel_id,
            position=position,
            sealed=run.sealing.seal(secret, "channel_key"),
            sealed_by=run.sealing.key_id,
            fingerprint=print_,
            created_ms=run.now_ms,
        )
    )
