"""Sign-ins through others: what comes along to which provider, and what stays."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.cli.conftest import Cli
from tests.importing.foreign import DELETED, Foreign, user
from waystation.settings import Settings
from waystation.storage import main
from waystation.storage.database import Database

COLUMNS = ("github_id", "oidc_id", "wechat_id")
OPTIONS = {
    "GitHubClientId": "their-app",
    "GitHubClientSecret": "their-secret",
    "GitHubOAuthEnabled": "true",
    "oidc.client_id": "their-client",
    "oidc.well_known": "https://id.example/.well-known/openid-configuration",
    "oidc.enabled": "true",
}
OLD_OPTIONS = {
    "GitHubClientId": "their-app",
    "OidcClientId": "their-client",
    "OidcAuthorizationEndpoint": "https://id.example/authorize",
    "OidcTokenEndpoint": "https://id.example/token",
    "OidcUserinfoEndpoint": "https://id.example/userinfo",
    "OidcEnabled": "true",
}
PEOPLE: list[tuple[dict[str, Any], dict[str, str]]] = [
    (user(1, "root", role=100, quota=0), {}),
    (user(2, "ada"), {"github_id": "4711", "oidc_id": "sub-of-ada"}),
    (user(3, "bob"), {"github_id": "Bob-the-Name"}),
    (user(4, "eve"), {"oidc_id": "sub-of-ada", "wechat_id": "w-1"}),
    (user(5, "gone", deleted_at=DELETED), {"github_id": "4712"}),
]


def filled(foreign: Foreign, options: dict[str, str]) -> Foreign:
    for column in COLUMNS:
        foreign.run(f"ALTER TABLE users ADD COLUMN {column} varchar(200)")
    for row, ways in PEOPLE:
        foreign.add("users", [row if foreign.system == "new-api" else row | {"deleted_at": None}])
        for column, subject in ways.items():
            foreign.run(f"UPDATE users SET {column} = '{subject}' WHERE id = {row['id']}")
    foreign.add("options", [{"key": name, "value": value} for name, value in options.items()])
    return foreign


def sign_ins(report: dict[str, Any]) -> tuple[int, int, int, int]:
    (total,) = [each for each in report["totals"] if each["what"] == "sign-ins"]
    return total["there"], total["here"], total["new"], total["left_out"]


async def _here(data: Path) -> tuple[list[Any], set[tuple[str, str, str]]]:
    """Our providers, and (provider, subject, address) of each identity."""
    database = Database.of(Settings(data=data))
    async with database.read() as connection:
        providers = list(await connection.execute(select(main.sign_in_providers)))
        query = select(
            main.sign_in_providers.c.name, main.identities.c.subject, main.accounts.c.email
        ).select_from(main.identities.join(main.sign_in_providers).join(main.accounts))
        found = {tuple(row) for row in await connection.execute(query)}
    await database.close()
    return providers, found  # type: ignore[return-value]


def test_they_come_along_with_their_providers(foreign_place: str, cli: Cli, data: Path) -> None:
    foreign = Foreign(foreign_place)
    foreign.make()
    filled(foreign, OPTIONS)
    dry = cli("import", "new-api", foreign.dsn, "--dry-run", "--json").json["report"]
    assert sign_ins(dry) == (6, 2, 2, 4)
    done = cli("import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.err + done.out
    told = done.json["report"]
    assert sign_ins(told) == (6, 2, 2, 4)
    left = {(each["foreign_id"], each["reason"]) for each in told["left_out"]}
    assert ("github_id:5", "its user is not here") in left
    assert ("oidc_id:4", "another user's there, or none") in left
    assert ("wechat_id:4", "no provider here for WeChat") in left
    (name,) = [reason for one, reason in left if one == "github_id:3"]
    assert "--github-names" in name
    assert sum("comes along" in note for note in told["notes"]) == 2
    providers, found = asyncio.run(_here(data))
    assert [(row.name, row.kind, row.enabled, bool(row.sealed)) for row in providers] == [
        ("github", "github", True, True),
        ("oidc", "oidc", True, False),
    ]
    assert providers[1].issuer == "https://id.example"
    both = {
        ("github", "4711", "ada@imported.invalid"),
        ("oidc", "sub-of-ada", "ada@imported.invalid"),
    }
    assert found == both
    again = cli("import", "new-api", foreign.dsn, "--json")
    assert again.status == 0, again.out
    assert sign_ins(again.json["report"]) == (6, 2, 0, 4)
    assert len(asyncio.run(_here(data))[0]) == 2
    # Who changes his mind about names gets them, and nothing else.
    names = cli("import", "new-api", foreign.dsn, "--github-names", "--json").json["report"]
    assert sign_ins(names) == (6, 3, 1, 3)
    named = ("github", "login:bob-the-name", "bob@imported.invalid")
    assert asyncio.run(_here(data))[1] == {*both, named}


def test_one_api_knows_names_only_and_says_its_options_otherwise(
    cli: Cli, data: Path, tmp_path: Path
) -> None:
    foreign = Foreign(str(tmp_path / "one.db"), "one-api")
    foreign.make()
    filled(foreign, OLD_OPTIONS)
    done = cli("import", "one-api", foreign.dsn, "--github-names", "--json")
    assert done.status == 0, done.err + done.out
    providers, found = asyncio.run(_here(data))
    assert [(row.name, row.kind, row.token_url, row.enabled) for row in providers] == [
        ("github", "github", "", False),
        ("oidc", "oauth2", "https://id.example/token", True),
    ]
    assert found == {
        ("github", "login:4711", "ada@imported.invalid"),
        ("github", "login:4712", "gone@imported.invalid"),
        ("github", "login:bob-the-name", "bob@imported.invalid"),
        ("oidc", "sub-of-ada", "ada@imported.invalid"),
    }


def test_a_provider_that_is_here_is_theirs_only_if_it_is_the_same_server(
    foreign: Foreign, cli: Cli, data: Path, first: Any
) -> None:
    """Who somebody is at one server means nothing at another."""
    filled(foreign, {**OPTIONS, "oidc.well_known": "", "oidc.token_endpoint": ""})
    foreign.run("CREATE TABLE custom_oauth_providers (id, name, token_endpoint, user_id_field)")
    foreign.run("INSERT INTO custom_oauth_providers VALUES (1, 'Ours', 'https://a.example/t', '')")
    foreign.run("INSERT INTO custom_oauth_providers VALUES (2, 'Odd', 'https://b.example/t', 'x')")
    foreign.run("CREATE TABLE user_oauth_bindings (id, user_id, provider_id, provider_user_id)")
    foreign.run("INSERT INTO user_oauth_bindings VALUES (1, 2, 1, 'u-2'), (2, 3, 2, 'u-3')")
    with closing(sqlite3.connect(data / "main.db")) as here:
        here.executemany(
            "INSERT INTO sign_in_providers (name, kind, client_id, issuer, token_url) "
            "VALUES (?, ?, 'us', ?, ?)",
            [
                ("oidc", "oidc", "https://elsewhere.example", ""),
                ("a", "oauth2", "", "https://a.example/t"),
                ("b", "oauth2", "", "https://b.example/t"),
            ],
        )
        here.commit()
    done = cli("import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.err + done.out
    left = {each["foreign_id"]: each["reason"] for each in done.json["report"]["left_out"]}
    assert left["oidc_id:2"] == "no provider here for OpenID Connect"
    assert left["binding:2"] == "no provider here for Odd"
    assert asyncio.run(_here(data))[1] == {
        ("github", "4711", "ada@imported.invalid"),
        ("a", "u-2", "ada@imported.invalid"),
    }


@pytest.mark.parametrize("subject", ["4711", "other"])
def test_what_is_somebodys_here_stays_his(
    foreign: Foreign, cli: Cli, data: Path, first: Any, subject: str
) -> None:
    filled(foreign, OPTIONS)
    with closing(sqlite3.connect(data / "main.db")) as here:
        here.execute(
            "INSERT INTO sign_in_providers (name, kind, client_id) VALUES ('gh', 'github', 'us')"
        )
        here.execute(
            "INSERT INTO identities (provider_id, subject, account_id) VALUES (1, ?, 1)", (subject,)
        )
        here.commit()
    done = cli("import", "new-api", foreign.dsn, "--json")
    assert done.status == 0, done.err + done.out
    left = {each["foreign_id"]: each["reason"] for each in done.json["report"]["left_out"]}
    assert left.get("github_id:2") == ("somebody else's here" if subject == "4711" else None)
