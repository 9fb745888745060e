"""One tiny real request through a channel, the channel's own way; and the list of its models."""

import time
from collections.abc import Sequence

import msgspec

from waystation.demo.transport import DemoTransport
from waystation.dialects.openai_chat import parse
from waystation.dialects.operation import Operation, Receipt, ReplyReader, Target
from waystation.dialects.speakers import others, translate
from waystation.errors import Fault
from waystation.journal.redaction import Redactor
from waystation.routing.choice import NO_KEY
from waystation.routing.snapshot import Channel
from waystation.settings import Settings
from waystation.upstream.egress import EgressGuard
from waystation.upstream.outbound import Outbound
from waystation.upstream.outgoing import Way, fixed_headers
from waystation.upstream.transport import Deadlines, Outgoing, Transport, TransportFault

OUTPUT_TOKENS_MAX = 16
REPLY_BYTES_MAX = 1024 * 1024
SECONDS_MAX = 60.0
_SHOWN_CHARACTERS_MAX = 300
_QUESTION = "Answer with the word ready."
_DEADLINES = Deadlines(first_byte_seconds=SECONDS_MAX, total_seconds=SECONDS_MAX)


class Outcome(msgspec.Struct, frozen=True):
    """status: the upstream's, 0 when none came. told: the answer's beginning, or the reason."""

    channel: str
    model: str
    ok: bool
    status: int
    millis: int
    told: str


class ProbeRefused(Exception):
    """It cannot be tried; says why."""


def spoken(channel: Channel) -> str | None:
    """The operation by which the channel answers a chat."""
    return next((each for each in ("chat", *others("chat")) if each in channel.paths), None)


def first_model(name: str, models: Sequence[str]) -> str:
    """Raises ProbeRefused."""
    exact = next((model for model in models if not model.endswith("*")), None)
    if exact is None:
        raise ProbeRefused(f"the channel {name!r} has wildcards only: say which model to ask for")
    return exact


async def probe_channel(settings: Settings, channel: Channel, model: str) -> Outcome:
    """Its upstream may charge for it. Raises ProbeRefused for a channel that serves no chats."""
    if spoken(channel) is None:
        raise ProbeRefused(f"the channel {channel.name!r} serves no chats")
    target = Target(upstream_model=channel.model_map.get(model, model))
    operation = _question(channel, model)
    way, key = Way(channel, _DEADLINES), channel.keys[0] if channel.keys else NO_KEY
    body = operation.body_for(target)
    sent = way.outgoing(key, operation.name, body, False, lambda _: None, target.upstream_model)
    transport = transport_for(settings, way.origin.scheme)
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
    return Outcome(channel.name, model, status == 200, status, millis, scrubbed(channel, told))


def transport_for(settings: Settings, scheme: str) -> Transport:
    if scheme == "demo":
        return DemoTransport()
    return Outbound(EgressGuard(settings.egress_allow))


def scrubbed(channel: Channel, told: str) -> str:
    """Without the channel's secrets."""
    return Redactor([text for each in channel.keys for text in each.secrets]).text(told)


async def ask_channel(settings: Settings, channel: Channel, path: str) -> tuple[int, bytes]:
    """(status, body) of a GET at the channel's host, with its first key. Raises TransportFault."""
    way, key = Way(channel, _DEADLINES), channel.keys[0] if channel.keys else NO_KEY
    operation = spoken(channel) or ""
    headers = tuple(
        header
        for header in fixed_headers(channel, key, operation, False)
        if header[0] != b"content-type"
    )
    transport = transport_for(settings, way.origin.scheme)
    try:
        outgoing = Outgoing(way.origin, "GET", way.target(path), headers)
        incoming = await transport.send(outgoing, way.deadlines)
        return incoming.status, await incoming.read_all(REPLY_BYTES_MAX)
    finally:
        await transport.close()


def models_path(channel: Channel) -> str:
    """Where lists of models stand beside the calls that name them. Raises ProbeRefused."""
    for path in channel.paths.values():
        for mark in ("/models/", "/chat/completions", "/messages", "/responses", "/embeddings"):
            if mark in path:
                return path[: path.index(mark)] + "/models"
    raise ProbeRefused("this vendor has no list of models")


async def fetch_models(settings: Settings, channel: Channel) -> list[str]:
    """What the upstream says it has. Raises ProbeRefused."""
    if channel.vendor == "demo" or channel.base_url.startswith("demo:"):
        return [*channel.models]
    try:
        status, body = await ask_channel(settings, channel, models_path(channel))
    except TransportFault as fault:
        raise ProbeRefused(scrubbed(channel, str(fault))) from None
    names = _names(body) if status == 200 else None
    if names is None:
        told = " ".join(body.decode("utf-8", "replace").split())[:_SHOWN_CHARACTERS_MAX]
        raise ProbeRefused(f"{status}: {scrubbed(channel, told)}")
    return names


def _names(body: bytes) -> list[str] | None:
    """OpenAI's, Anthropic's and Google's shape of it."""
    try:
        read = msgspec.json.decode(body)
        items = read.get("data") or read.get("models") or []
        names = [str(each.get("id") or each["name"]) for each in items]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, AttributeError, TypeError):
        return None
    return sorted({name.removeprefix("models/") for name in names})


def _question(channel: Channel, model: str) -> Operation:
    """The chat, in the words of the channel."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": _QUESTION}],
        "max_tokens": OUTPUT_TOKENS_MAX,
    }
    operation = parse(msgspec.json.encode(body), lambda _: None)
    name = spoken(channel)
    assert name is not None
    return operation if name == operation.name else translate(operation, name)


def _told(reader: ReplyReader, status: int, body: bytes) -> str:
    """The answer's text, else the body as it came, in one short line."""
    try:
        chat = reader.read(status, "application/json", body)
        text = msgspec.json.decode(chat)["choices"][0]["message"]["content"]
    except (Fault, msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        text = body.decode("utf-8", "replace")
    return " ".join(str(text).split())[:_SHOWN_CHARACTERS_MAX]
