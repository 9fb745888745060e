"""Groups, their own lists of channels, account groups' rates, the operator's list."""

from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update

from waystation.control.apply.document import GroupWanted
from waystation.control.apply.fields import to_json
from waystation.control.apply.run import Run, Wish
from waystation.control.apply.write_channels import channel_ids
from waystation.dialects.midjourney.options import SETTING as MIDJOURNEY
from waystation.storage.main import group_members, group_rates, groups, settings

AUTO_GROUPS = "auto_groups"


async def write_groups(run: Run) -> None:
    existing = {row.name: row for row in (await run.connection.execute(select(groups))).all()}
    wishes = [Wish(each.name, {"name": each.name}, each.columns) for each in run.document.groups]
    fresh = {"created_ms": run.now_ms, "version": 1}
    touched = {"version": groups.c.version + 1}
    changed = await run.write(groups, "group", wishes, existing, fresh, touched)
    rows = (
        await run.connection.execute(select(groups.c.name, groups.c.id, groups.c.version))
    ).all()
    await run.tell("group", [(row.name, row.version) for row in rows if row.name in changed])
    ids = {row.name: row.id for row in rows}
    members = False
    for each in run.document.groups:
        if await _write_members(run, ids[each.name], each):
            members = True
            if each.name not in changed:
                run.renote("group", each.name, ("channels",))
    run.routing |= bool(changed) or members


async def prune_groups(run: Run) -> None:
    named = {each.name for each in run.document.groups}
    for row in (await run.connection.execute(select(groups).where(groups.c.managed))).all():
        if row.name not in named:
            await remove_group(run, row)


async def remove_group(run: Run, row: Any) -> None:
    """Raises ManagedRow."""
    run.may_change("group", row.name, row)
    await run.connection.execute(delete(groups).where(groups.c.id == row.id))
    run.note("removed", "group", row.name)
    run.routing = True


async def write_rates(run: Run) -> None:
    rows = (await run.connection.execute(select(group_rates))).all()
    existing = {f"{row.account_group} in {row.group_name}": row for row in rows}
    wishes = [
        Wish(
            f"{each.account_group} in {each.group}",
            {"account_group": each.account_group, "group_name": each.group},
            {"rate": each.rate},
        )
        for each in run.document.rates
    ]
    changed = await run.write(group_rates, "group rate", wishes, existing)
    if run.prune:
        for name in {name for name, row in existing.items() if row.managed} - {
            wish.name for wish in wishes
        }:
            await remove_rate(run, existing[name])
    run.routing |= bool(changed)


async def remove_rate(run: Run, row: Any) -> None:
    """Raises ManagedRow."""
    name = f"{row.account_group} in {row.group_name}"
    run.may_change("group rate", name, row)
    await run.connection.execute(
        delete(group_rates).where(
            group_rates.c.account_group == row.account_group,
            group_rates.c.group_name == row.group_name,
        )
    )
    run.note("removed", "group rate", name)
    run.routing = True


async def write_auto_groups(run: Run) -> None:
    wanted = run.document.auto_groups
    await _write_setting(run, AUTO_GROUPS, None if wanted is None else to_json(wanted.groups))


async def write_midjourney(run: Run) -> None:
    wanted = run.document.midjourney
    await _write_setting(
        run, MIDJOURNEY, None if wanted is None else to_json(msgspec.to_builtins(wanted.options))
    )


async def _write_setting(run: Run, name: str, value: str | None) -> None:
    """value: JSON; None where the file does not say."""
    found = await run.connection.execute(select(settings).where(settings.c.name == name))
    row: Any = found.one_or_none()
    if value is not None:
        wish = Wish(name, {"name": name}, {"value": value})
        existing = {} if row is None else {name: row}
        run.routing |= bool(await run.write(settings, "setting", [wish], existing))
    elif run.prune and row is not None and row.managed:
        await run.connection.execute(delete(settings).where(settings.c.name == name))
        run.note("removed", "setting", name)
        run.routing = True


async def _write_members(run: Run, group_id: int, wanted: GroupWanted) -> bool:
    ids = await channel_ids(run) if wanted.members else {}
    wished = {
        ids[each.channel]: {"priority": each.priority, "weight": each.weight}
        for each in wanted.members or ()
    }
    mine = group_members.c.group_id == group_id
    rows = (await run.connection.execute(select(group_members).where(mine))).all()
    there = {row.channel_id: {"priority": row.priority, "weight": row.weight} for row in rows}
    for channel_id in there.keys() - wished.keys():
        which = (mine, group_members.c.channel_id == channel_id)
        await run.connection.execute(delete(group_members).where(*which))
    for channel_id, figures in wished.items():
        which = (mine, group_members.c.channel_id == channel_id)
        if channel_id not in there:
            values = {"group_id": group_id, "channel_id": channel_id, **figures}
            await run.connection.execute(insert(group_members).values(values))
        elif there[channel_id] != figures:
            await run.connection.execute(update(group_members).where(*which).values(figures))
    return there != wished
