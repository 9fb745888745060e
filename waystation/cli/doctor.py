"""`waystation doctor`: look at everything that a server needs."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.processes import Host, Port
from waystation.cli.say import json_document, progress, run_async
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.control.doctor.check import Check
    from waystation.routing.snapshot import Channel
    from waystation.storage.database import Database as Store


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    data: Data = None,
    database: Database = None,
    host: Host = None,
    port: Port = None,
    as_json: Json = False,
) -> int:
    """Check master key, schema, clock, disk, fsync, stored files, port, channels, hooks' egress
    and prices in doubt.

    Nothing is changed, no paid call is made. Exit status 0: all is well; 1: something is not.
    """
    settings = settings_from(data=data, database=database, host=host, port=port)
    with progress("Looking", quiet=as_json):
        checks = run_async(_examine(settings))
    if as_json:
        json_document({"ok": all(c.ok for c in checks), "checks": checks})
    else:
        for check in checks:
            print(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.detail}")
            if check.advice:
                print(f"     → {check.advice}")
    return 0 if all(check.ok for check in checks) else 1


async def _examine(settings: Settings) -> "list[Check]":
    from waystation.control.doctor import examine
    from waystation.storage.database import Database as Store

    store = Store.of(settings)
    try:
        channels, problems = await _channels(settings, store)
        return [*[check async for check in examine(settings, store, channels)], *problems]
    finally:
        await store.close()


async def _channels(settings: Settings, store: "Store") -> "tuple[Sequence[Channel], list[Check]]":
    """The configured channels that can be used, and a failed check for each that cannot."""
    from sqlalchemy import select

    from waystation.configuration.reading import Configuration
    from waystation.control.doctor.check import Check
    from waystation.storage.database import StorageAway
    from waystation.storage.main import channels
    from waystation.storage.master_key import MasterKeyError, read_master_key
    from waystation.storage.sealing import Sealing

    try:
        sealing = Sealing(read_master_key(settings))
        usable = tuple((await Configuration(store, sealing).read()).channels.values())
        async with store.read() as connection:
            enabled = select(channels.c.name).where(channels.c.enabled).order_by(channels.c.id)
            names = list((await connection.execute(enabled)).scalars())
    except (MasterKeyError, StorageAway) as fault:
        return (), [Check("channels", False, f"they cannot be read: {fault}", "See above.")]
    known = {channel.name for channel in usable}
    advice = "Its key does not open with this master key, or its vendor is unknown; apply it anew."
    return usable, [
        Check(f"channel {name}", False, "it cannot be used", advice)
        for name in names
        if name not in known
    ]
