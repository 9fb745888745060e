"""Answers with bytes changed, cut or doubled: never an exception, never a word after the end."""

from contextlib import suppress
from random import Random

import pytest

from tests.anthropic.making import STREAMS, message, recorded_path
from tests.anthropic.making import stream as messages_stream
from tests.dialects.making import FREE, chat, same
from tests.dialects.recorded import CHAT_STREAMS, needs_recordings, reply
from tests.dialects.recorded import stream as chat_stream
from tests.lanes.making import UP, chat_to_messages, messages_to_chat
from waystation.errors import Fault

ROUNDS = 25
STREAM_BYTES_MAX = 30_000


def mutated(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 6)):
        at = random.randrange(len(changed))
        kind = random.randrange(4)
        if kind == 0:
            changed[at] = random.randrange(256)
        elif kind == 1:
            del changed[at : at + random.randrange(1, 30)]
        elif kind == 2:
            changed[at:at] = random.choice(
                [b"null", b"[[[", b'"', b"1e999", b"\xff", b"{}", b"\n\n", b"-1", b"true"]
            )
        else:
            changed[at:at] = changed[at : at + 200]
        if not changed:
            return b"x"
    return bytes(changed)


def feed(reader, data: bytes, random: Random) -> None:
    at = 0
    while at < len(data):
        size = random.randrange(1, 4000)
        reader.feed(data[at : at + size])
        at += size
    reader.close()
    assert reader.fault is not None or reader.finished
    assert reader.feed(data) == b""
    reader.usage()
    assert reader.usage().input_tokens >= 0


@needs_recordings
@pytest.mark.parametrize("name", STREAMS)
def test_messages_streams(name: str) -> None:
    random = Random(name)
    for _ in range(ROUNDS):
        data = mutated(messages_stream(name)[-STREAM_BYTES_MAX:], random)
        feed(message(stream=True).stream_reader(same(), FREE), data, random)
        feed(chat_to_messages(stream=True).stream_reader(UP, FREE), data, random)


@needs_recordings
@pytest.mark.parametrize("name", CHAT_STREAMS)
def test_chat_streams(name: str) -> None:
    random = Random(name)
    for _ in range(ROUNDS):
        data = mutated(chat_stream(name)[-STREAM_BYTES_MAX:], random)
        feed(messages_to_chat(stream=True).stream_reader(UP, FREE), data, random)


@needs_recordings
def test_replies() -> None:
    random = Random(7)
    told = recorded_path("anthropic/anthropic-clear-thinking.1").read_bytes()
    readers = [
        (told, lambda: message().reply_reader(same(), FREE)),
        (told, lambda: chat_to_messages().reply_reader(UP, FREE)),
        (reply("deepseek/deepseek-tool-call"), lambda: messages_to_chat().reply_reader(UP, FREE)),
        (reply("deepseek/deepseek-tool-call"), lambda: chat().reply_reader(same(), FREE)),
    ]
    for body, make in readers:
        for _ in range(ROUNDS * 8):
            with suppress(Fault):
                make().read(200, "application/json", mutated(body, random))


DEEP = 100_000


@pytest.mark.parametrize("opening", [b'{"type":', b"[", b'{"choices":[{"delta":{"x":'])
def test_depth(opening: bytes) -> None:
    data = b"data: " + opening * DEEP + b"\n\n"
    for reader in (
        message(stream=True).stream_reader(same(), FREE),
        chat_to_messages(stream=True).stream_reader(UP, FREE),
        messages_to_chat(stream=True).stream_reader(UP, FREE),
    ):
        reader.feed(data)
        reader.close()
        assert reader.fault is not None
    for pair in (chat_to_messages(), messages_to_chat()):
        with pytest.raises(Fault):
            pair.reply_reader(UP, FREE).read(200, "application/json", opening * DEEP)
