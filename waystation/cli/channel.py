"""`waystation channel test`: one tiny real request, the channel's own way."""

from typing import Annotated, Any

import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.refusal import Refusal
from waystation.cli.say import json_document, note, progress, run_async
from waystation.settings import Settings

app = typer.Typer(help="Channels.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="The channel's name.", show_default=False)]
Model = Annotated[
    str | None, typer.Option("--model", help="As callers name it; default: the channel's first.")
]


@app.callback()
def channels() -> None:
    """Keeps `test` a command of its own while it is the only one."""


@app.command("test")
def probe(
    name: Name,
    model: Model = None,
    data: Data = None,
    database: Database = None,
    as_json: Json = False,
) -> int:
    """Send one tiny real request through a channel. Its upstream may charge for it.

    Exit status 0: it answered; 1: it did not.
    """
    from waystation.control.probe import OUTPUT_TOKENS_MAX, probe_channel

    settings = settings_from(data=data, database=database)
    channel, asked = run_async(_choose(settings, name, model))
    note(
        f"Sending one request for {asked} to {channel.base_url}: about 20 prompt tokens and at "
        f"most {OUTPUT_TOKENS_MAX} of output, at your upstream's price."
    )
    with progress(f"Testing {name}", quiet=as_json):
        outcome = run_async(probe_channel(settings, channel, asked))
    if as_json:
        json_document(outcome)
    else:
        state = "answers" if outcome.ok else "FAILED"
        print(f"{name} {state} ({outcome.status}, {outcome.millis} ms): {outcome.told}")
    return 0 if outcome.ok else 1


async def _choose(settings: Settings, name: str, model: str | None) -> tuple[Any, str]:
    """The channel, opened, and the model to ask for. Raises Refusal."""
    from waystation.configuration.reading import Configuration
    from waystation.control.probe import ProbeRefused, first_model, spoken
    from waystation.storage.database import Database as Store
    from waystation.storage.master_key import read_master_key
    from waystation.storage.vault import open_vault

    store = Store.of(settings)
    try:
        sealing = await open_vault(store, read_master_key(settings))
        snapshot = await Configuration(store, sealing).read()
    finally:
        await store.close()
    found = [each for each in snapshot.channels.values() if each.name == name]
    if not found:
        known = ", ".join(sorted(each.name for each in snapshot.channels.values())) or "none"
        raise Refusal(f"there is no usable channel {name!r}; there are: {known}")
    channel = found[0]
    if spoken(channel) is None:
        raise Refusal(f"the channel {name!r} serves no chats")
    try:
        return channel, model or first_model(channel.name, [*channel.models, *channel.model_map])
    except ProbeRefused as refused:
        raise Refusal(f"{refused}, with --model") from None
