"""AWS's binary framing: its published vectors, at any split, and damaged."""

import pytest

from tests.text_vendors.framing import framed
from waystation.upstream.clouds.bedrock_stream import event_of
from waystation.upstream.clouds.event_stream import BadEventStream, EventStreamReader, Message

EMPTY = bytes.fromhex("000000100000000005c248eb7d98c8ff")
NO_HEADERS = bytes.fromhex("0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936")
ONE_HEADER = bytes.fromhex(
    "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e"
    "7b27666f6f273a27626172277d8d9c08b1"
)
INT_HEADER = bytes.fromhex(
    "0000002d0000001041c424b80a6576656e742d74797065040000a00c7b27666f6f273a27626172277d36f480a0"
)
ALL_TYPES = (
    b"\x00\x00\x00\x62\x00\x00\x00\x52\x03\xb5\xcb\x9c\x010\x00\x011\x01\x012\x02\x02\x013\x03\x00"
    b"\x03\x014\x04\x00\x00\x00\x04\x015\x05\x00\x00\x00\x00\x00\x00\x00\x05\x016\x06\x00\x05bytes"
    b"\x017\x07\x00\x04utf8\x018\x08\x00\x00\x00\x00\x00\x00\x00\x08\x019\x090123456789abcdef"
    b"\x63\x35\x36\x71"
)
PAYLOAD = b"{'foo':'bar'}"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (EMPTY, Message({}, b"")),
        (NO_HEADERS, Message({}, PAYLOAD)),
        (ONE_HEADER, Message({"content-type": "application/json"}, PAYLOAD)),
        (INT_HEADER, Message({}, PAYLOAD)),
        (ALL_TYPES, Message({"7": "utf8"}, b"")),
    ],
)
def test_published_vectors(data: bytes, message: Message) -> None:
    assert EventStreamReader().feed(data) == [message]
    for size in range(1, len(data)):
        reader = EventStreamReader()
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert [one for piece in pieces for one in reader.feed(piece)] == [message]
        assert reader.is_between_messages


def test_several_in_one_piece_and_one_begun() -> None:
    reader = EventStreamReader()
    found = reader.feed(EMPTY + ONE_HEADER + NO_HEADERS[:9])
    assert [message.payload for message in found] == [b"", PAYLOAD]
    assert not reader.is_between_messages
    assert reader.feed(NO_HEADERS[9:]) == [Message({}, PAYLOAD)]


@pytest.mark.parametrize("at", range(len(ONE_HEADER)))
def test_each_damaged_byte_is_noticed(at: int) -> None:
    """Never a wrong message, and never the loss of one before it."""
    damaged = bytearray(ONE_HEADER)
    damaged[at] ^= 0x10
    reader = EventStreamReader()
    assert reader.feed(NO_HEADERS + bytes(damaged)) == [Message({}, PAYLOAD)]
    assert reader.fault is not None
    assert reader.feed(NO_HEADERS) == []


@pytest.mark.parametrize(
    "headers",
    [b"\x04name", b"\x04name\x07\x00\x09short", b"\x04name\x63", b"\x01n\x07\x00\x02\xff\xfe"],
)
def test_headers_that_cannot_be_read(headers: bytes) -> None:
    assert fault_of(framed(b"{}", headers)) == "its headers cannot be read"


def test_lengths_beyond_reason() -> None:
    assert fault_of(framed(b"", total=1 << 30)) == "a message is too large"
    assert fault_of(framed(b"", total=12)) == "its lengths do not fit"


def fault_of(data: bytes) -> str:
    reader = EventStreamReader()
    assert reader.feed(data) == []
    return str(reader.fault)


def test_what_is_no_chunk_says_nothing() -> None:
    assert event_of(Message({":message-type": "event", ":event-type": "ping"}, b"{}")) == b""


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"bytes":"***"}'])
def test_chunks_that_are_none(payload: bytes) -> None:
    with pytest.raises(BadEventStream):
        event_of(Message({":message-type": "event", ":event-type": "chunk"}, payload))
