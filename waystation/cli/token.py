"""`waystation token create | list | disable`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.refusal import Refusal
from waystation.cli.say import json_document, note, run_async, table
from waystation.settings import Settings

if TYPE_CHECKING:
    from waystation.storage.database import Database as Store

T = TypeVar("T")

app = typer.Typer(help="Tokens of an account.", no_args_is_help=True, rich_markup_mode=None)

Email = Annotated[str, typer.Argument(help="The account's e-mail address.", show_default=False)]
Name = Annotated[str, typer.Argument(help="The token's name.", show_default=False)]
Group = Annotated[
    list[str] | None,
    typer.Option("--group", help="A group, in order; repeat it. None: the account's own."),
]


@app.command("create")
def create(
    email: Email,
    name: Name,
    group: Group = None,
    data: Data = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Make a token and print its key, this once."""
    from waystation.control.tokens import create_token

    settings = settings_from(data=data, database=database)
    made = run_async(_change(settings, lambda store: create_token(store, email, name, group or ())))
    if as_json:
        json_document(made)
    else:
        note(f"The key of {email}/{name}, printed this once:")
        print(made.key)


@app.command("list")
def list_(
    email: Email, data: Data = None, database: Database = None, as_json: Json = False
) -> None:
    """Show an account's tokens; keys are masked."""
    from waystation.control.tokens import list_tokens

    settings = settings_from(data=data, database=database)
    seen = run_async(_work(settings, lambda store: list_tokens(store, email)))
    if as_json:
        json_document(seen)
        return
    rows = [
        [
            str(token.id),
            token.name,
            token.mask,
            ",".join(token.groups) or "(the account's own)",
            "enabled" if token.enabled else "disabled",
        ]
        for token in seen
    ]
    table(["id", "name", "key", "groups", "state"], rows)


@app.command("disable")
def disable(
    email: Email,
    name: Name,
    data: Data = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Disable a token, at once where a ledger runs."""
    from waystation.control.tokens import disable_token

    settings = settings_from(data=data, database=database)
    changed = run_async(_change(settings, lambda store: disable_token(store, email, name)))
    if as_json:
        json_document({"account": email, "name": name, "changed": changed})
    else:
        print(
            f"{email}/{name} is disabled." if changed else f"{email}/{name} was disabled already."
        )


async def _work(settings: Settings, work: "Callable[[Store], Awaitable[T]]") -> T:
    """Raises Refusal."""
    from waystation.control.tokens import TokenRefused
    from waystation.storage.database import Database as Store

    store = Store.of(settings)
    try:
        return await work(store)
    except TokenRefused as refused:
        raise Refusal(str(refused)) from None
    finally:
        await store.close()


async def _change(settings: Settings, work: "Callable[[Store], Awaitable[T]]") -> T:
    """The same, and the ledger is told before this returns."""
    from waystation.control.apply import reconcile
    from waystation.ledger.session import open_ledger
    from waystation.storage.database import Database as Store

    done = await _work(settings, work)
    store = Store.of(settings)
    try:
        async with open_ledger(settings) as ledger:
            await reconcile(store, ledger.ask)
    finally:
        await store.close()
    return done
