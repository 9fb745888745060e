"""`waystation channel test`: one tiny real request, the channel's own way."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer

from waystation.cli.options import Data, Database, Json, settings_from
from waystation.cli.refusal import Refusal
from waystation.cli.say import json_document, note, progress, run_async
from waystation.settings import Settings

OUTPUT_TOKENS_MAX = 16
REPLY_BYTES_MAX = 1024 * 1024
SECONDS_MAX = 60.0
_SHOWN_CHARACTERS_MAX = 300
_QUESTION = "Answer with the word ready."

app = typer.Typer(help="Channels.", no_args_is_help=True, rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="The channel's name.", show_default=False)]
Model = Annotated[
    str | None, typer.Option("--model", help="As callers name it; default: the channel's first.")
]


@app.callback()
def channels() -> None:
    """Keeps `test` a command of its own while it is the only one."""


class Outcome(msgspec.Struct, frozen=True):
    """status: the upstream's, 0 when none came. told: the answer's beginning, or the reason."""

    channel: str
    model: str
    ok: bool
    status: int
    millis: int
    told: str


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
    settings = settings_from(data=data, database=database)
    channel, asked = run_async(_choose(settings, name, model))
    note(
        f"Sending one request for {asked} to {channel.base_url}: about 20 prompt tokens and at "
        f"most {OUTPUT_TOKENS_MAX} of output, at your upstream's price."
    )
    with progress(f"Testing {name}", quiet=as_json):
        outcome = run_async(_try(settings, channel, asked))
    if as_json:
        json_document(outcome)
    else:
        state = "answers" if outcome.ok else "FAILED"
        print(f"{name} {state} ({outcome.status}, {outcome.millis} ms): {outcome.told}")
    return 0 if outcome.ok else 1


async def _choose(settings: Settings, name: str, model: str | None) -> tuple[Any, str]:
    """The channel, opened, and the model to ask for. Raises Refusal."""
    from waystation.configuration.reading import Configuration
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
    if _spoken(channel) is None:
        raise Refusal(f"the channel {name!r} serves no chats")
    return channel, model or _first_model(channel.name, [*channel.models, *channel.model_map])


def _spoken(channel: Any) -> str | None:
    """The operation by which the channel answers a chat."""
    from waystation.dialects.speakers import others

    return next((each for each in ("chat", *others("chat")) if each in channel.paths), None)


def _first_model(name: str, models: Sequence[str]) -> str:
    exact = next((model for model in models if not model.endswith("*")), None)
    if exact is None:
        raise Refusal(f"the channel {name!r} has wildcards only: say which --model to ask for")
    return exact


async def _try(settings: Settings, channel: Any, model: str) -> Outcome:
    from waystation.dialects.operation import Receipt, Target
    from waystation.journal.redaction import Redactor
    from waystation.routing.choice import NO_KEY
    from waystation.upstream.outgoing import Way
    from waystation.upstream.transport import Deadlines, TransportFault

    target = Target(upstream_model=channel.model_map.get(model, model))
    operation = _question(channel, model)
    deadlines = Deadlines(first_byte_seconds=SECONDS_MAX, total_seconds=SECONDS_MAX)
    way, key = Way(channel, deadlines), channel.keys[0] if channel.keys else NO_KEY
    body = operation.body_for(target)
    sent = way.outgoing(key, operation.name, body, False, lambda _: None, target.upstream_model)
    transport = _transport(settings, way.origin.scheme)
    began = time.perf_counter()
    try:
        incoming = await transport.send(sent, way.deadlines)
        status = incoming.status
        answer = await incoming.read_all(REPLY_BYTES_MAX)
        told = _told(operation.reply_reader(target, Receipt(None)), status, answer)
    except TransportFault as fault:
        status, told = 0, str(fault)
    finally:
        await transport.close()
    millis = round((time.perf_counter() - began) * 1000)
    scrub = Redactor([text for each in channel.keys for text in each.secrets])
    return Outcome(channel.name, model, status == 200, status, millis, scrub.text(told))


def _transport(settings: Settings, scheme: str) -> Any:
    from waystation.demo.transport import DemoTransport
    from waystation.upstream.egress import EgressGuard
    from waystation.upstream.outbound import Outbound

    if scheme == "demo":
        return DemoTransport()
    return Outbound(EgressGuard(settings.egress_allow))


def _question(channel: Any, model: str) -> Any:
    """The chat, in the words of the channel."""
    from waystation.dialects.openai_chat import parse
    from waystation.dialects.speakers import translate

    body = {
        "model": model,
        "messages": [{"role": "user", "content": _QUESTION}],
        "max_tokens": OUTPUT_TOKENS_MAX,
    }
    operation = parse(msgspec.json.encode(body), lambda _: None)
    spoken = _spoken(channel)
    assert spoken is not None
    return operation if spoken == operation.name else translate(operation, spoken)


def _told(reader: Any, status: int, body: bytes) -> str:
    """The answer's text, else the body as it came, in one short line."""
    from waystation.errors import Fault

    try:
        chat = reader.read(status, "application/json", body)
        text = msgspec.json.decode(chat)["choices"][0]["message"]["content"]
    except (Fault, msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        text = body.decode("utf-8", "replace")
    return " ".join(str(text).split())[:_SHOWN_CHARACTERS_MAX]
