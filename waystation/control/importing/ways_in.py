"""Ways in that stay behind: second factors and passkeys.

A second factor is sealed by keys that we do not have, and a passkey belongs to the other site's
address. So people add them again, and the report says how many of each there are. (Sign-ins through
others: sign_ins.py.)
"""

from waystation.control.importing.source import known_columns, number
from waystation.control.importing.work import Work

_TABLES = {"two_fas": "second factors", "passkey_credentials": "passkeys"}


async def tell_ways_in(work: Work) -> None:
    """Raises SourceAway."""
    source = work.source
    for table, what in _TABLES.items():
        if await known_columns(source, table, ("id",)):
            (row,) = await source.query(f"SELECT count(*) AS many FROM {table}")  # noqa: S608
            if many := number(row, "many"):
                work.report.note(f"{many} {what} stay behind: people add them again")
