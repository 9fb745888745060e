"""Ways in that stay behind: sign-ins through others, second factors, passkeys.

A name at GitHub may have another owner by now, a second factor is sealed by keys that we do not
have, and a passkey belongs to the other site's address. So people add them again, and the report
says how many of each there are.
"""

from waystation.control.importing.source import known_columns, number, text
from waystation.control.importing.work import Work

_COLUMNS = {
    "github_id": "GitHub",
    "discord_id": "Discord",
    "oidc_id": "OpenID Connect",
    "wechat_id": "WeChat",
    "telegram_id": "Telegram",
    "linux_do_id": "LINUX DO",
    "lark_id": "Lark",
}
_TABLES = {
    "user_oauth_bindings": "sign-ins through providers of its own making",
    "two_fas": "second factors",
    "passkey_credentials": "passkeys",
}


async def tell_ways_in(work: Work) -> None:
    """Raises SourceAway."""
    source = work.source
    for column in await known_columns(source, "users", tuple(_COLUMNS)):
        name = source.quoted(column)
        (row,) = await source.query(
            f"SELECT count(*) AS many FROM users WHERE {name} IS NOT NULL AND {name} <> ''"  # noqa: S608
        )
        _tell(work, number(row, "many"), f"sign-ins through {_COLUMNS[column]}")
    for table, what in _TABLES.items():
        if await known_columns(source, table, ("id",)):
            (row,) = await source.query(f"SELECT count(*) AS many FROM {table}")  # noqa: S608
            _tell(work, number(row, "many"), what)
    if await known_columns(source, "custom_oauth_providers", ("name",)):
        for row in await source.query("SELECT name FROM custom_oauth_providers"):
            work.report.note(f"the sign-in provider {text(row, 'name')!r} is to be made here anew")


def _tell(work: Work, many: int, what: str) -> None:
    if many:
        work.report.note(f"{many} {what} stay behind: people add them again")
