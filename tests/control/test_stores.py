"""What control keeps and reads in `main`, on both databases."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.control.conftest import HASH, PASSWORD
from tests.identity.rows import add_account
from tests.support.main_store import *  # noqa: F403
from waystation.control.catalogue import read_catalogue
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.control.tokens import TokenRefused, create_token, disable_token, list_tokens
from waystation.errors import Fault
from waystation.storage import main
from waystation.storage.database import Database


async def test_sessions(store: Database) -> None:
    account_id = await add_account(store, "ada@example.com", password_hash=HASH, role="operator")
    person = await SignIn(store).check("ADA@example.com", PASSWORD, "192.0.2.7")
    assert person.account_id == account_id
    sessions = Sessions(store)
    token, expires_ms = await sessions.begin(account_id, "192.0.2.7")
    found = await sessions.find(token)
    assert found is not None
    assert (found.email, found.role, found.expires_ms) == (
        "ada@example.com",
        "operator",
        expires_ms,
    )
    await sessions.end(token)
    assert await sessions.find(token) is None
    with pytest.raises(Fault, match="invalid_credentials"):
        await SignIn(store).check("ada@example.com", "wrong", "192.0.2.7")


async def outbox_of(store: Database) -> list[tuple[str, str, int]]:
    async with store.read() as connection:
        rows = await connection.execute(select(main.outbox).order_by(main.outbox.c.id))
        return [(row.kind, row.ref, row.version) for row in rows]


async def test_tokens_tell_the_ledger_with_each_change(store: Database) -> None:
    await add_account(store, "ada@example.com")
    async with store.write() as connection:
        await connection.execute(insert(main.groups).values(name="default"))
    made = await create_token(store, "Ada@example.com", "laptop", ["default", "auto"])
    assert await outbox_of(store) == [("token", str(made.id), 1)]
    assert await disable_token(store, "ada@example.com", "laptop")
    assert await outbox_of(store) == [("token", str(made.id), 2)]
    assert not await disable_token(store, "ada@example.com", "laptop")
    (seen,) = await list_tokens(store, "ada@example.com")
    assert (seen.groups, seen.enabled) == (("default", "auto"), False)
    assert made.key not in repr(made)


@pytest.mark.parametrize("name", ["", "x" * 31, "a\nb", "a\x00b"])
async def test_names_that_are_none(store: Database, name: str) -> None:
    await add_account(store, "ada@example.com")
    with pytest.raises(TokenRefused, match="printable"):
        await create_token(store, "ada@example.com", name)
    assert await outbox_of(store) == []


async def test_the_catalogue_leaves_a_broken_price_out(store: Database) -> None:
    async with store.write() as connection:
        await connection.execute(insert(main.groups).values(name="default"))
        channel: dict[str, Any] = {"name": "north", "vendor": "openai"}
        channel |= {"groups": json.dumps(["default"]), "models": json.dumps(["good", "bad"])}
        await connection.execute(insert(main.channels).values(channel))
        for model, text in (("good", "1"), ("bad", "a lot")):
            await connection.execute(
                insert(main.prices).values(model=model, input=text, source="override", version="1")
            )
    catalogue = await read_catalogue(store)
    assert {offer.model: offer.price is not None for offer in catalogue.offers} == {
        "good": True,
        "bad": False,
    }
