"""`waystation doctor`: is everything that a server needs in order? One small check a thing.

Nothing is changed and no paid call is made.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from waystation.control.doctor.catalogue_prices import check_picture_prices, check_sound_prices
from waystation.control.doctor.channels import check_channels
from waystation.control.doctor.check import Check
from waystation.control.doctor.clock import check_clock, check_database_clock
from waystation.control.doctor.disk import check_disk, check_sync
from waystation.control.doctor.egress import check_egress
from waystation.control.doctor.master_key import check_master_key
from waystation.control.doctor.ports import check_port
from waystation.control.doctor.schema import check_ledger_schema, check_main_schema
from waystation.control.doctor.stored_files import check_stored_files
from waystation.routing.snapshot import Channel
from waystation.settings import Settings
from waystation.storage.database import Database

__all__ = ["Check", "examine"]


async def examine(
    settings: Settings, database: Database, channels: Sequence[Channel]
) -> AsyncIterator[Check]:
    """All checks in turn. channels: the configured ones, opened; () when they cannot be."""
    yield await check_master_key(settings, database)
    yield await check_main_schema(database)
    yield await check_ledger_schema(settings)
    yield await asyncio.to_thread(check_clock)
    yield await check_database_clock(database)
    yield check_disk(settings.data)
    yield await asyncio.to_thread(check_sync, settings.data)
    yield await check_stored_files(settings)
    yield await asyncio.to_thread(check_port, settings)
    yield check_egress(settings)
    yield await check_picture_prices(database, channels)
    yield await check_sound_prices(database, channels)
    async for check in check_channels(settings, channels):
        yield check
