"""The event stream parser at any split, with any line ends (proofs 10, 11, 12)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waystation.errors import Fault
from waystation.kernel.sse import Frame, SseParser

STREAM = (
    b"\xef\xbb\xbf: hello\n\ndata: one\n\ndata:two\nid: 7\n\nevent: note\ndata: a\ndata: b\n\n"
    b'data\n\nretry: 10\n\n\n\ndata: \xe4\xbd\xa0\xe5\xa5\xbd\n\nbogus line\ndata: {"x": 1}\n\n'
)
EXPECTED = [
    (b"one", None, None),
    (b"two", None, b"7"),
    (b"a\nb", b"note", None),
    (b"", None, None),
    ("你好".encode(), None, None),
    (b'{"x": 1}', None, None),
]


def read(pieces: list[bytes]) -> list[Frame]:
    parser = SseParser()
    frames = [frame for piece in pieces for frame in parser.feed(piece)]
    return frames + parser.close()


def told(frames: list[Frame]) -> list[tuple[bytes, bytes | None, bytes | None]]:
    return [(frame.data, frame.event, frame.id) for frame in frames]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
def test_whole_and_byte_by_byte(end: bytes) -> None:
    stream = STREAM.replace(b"\n", end)
    assert told(read([stream])) == EXPECTED
    assert told(read([stream[at : at + 1] for at in range(len(stream))])) == EXPECTED


@settings(deadline=None, derandomize=True)
@given(st.data(), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_random_splits(data: st.DataObject, end: bytes) -> None:
    stream = STREAM.replace(b"\n", end)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=20)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read(pieces) == read([stream])


def test_raw_is_the_frame_as_it_came() -> None:
    frames = read([b"data: one\n\nevent: x\ndata: two\n\n"])
    assert [frame.raw for frame in frames] == [b"data: one\n\n", b"event: x\ndata: two\n\n"]


def test_mixed_line_ends() -> None:
    assert told(read([b"data: a\r\n\rdata: b\n\r\ndata: c\r\r"])) == [
        (b"a", None, None),
        (b"b", None, None),
        (b"c", None, None),
    ]


def test_the_last_frame_may_lack_its_blank_line() -> None:
    assert told(read([b"data: a\n\ndata: b"])) == [(b"a", None, None), (b"b", None, None)]
    assert told(read([b"data: a\n"])) == [(b"a", None, None)]
    assert read([b"\n\n"]) == []
    assert read([]) == []


@pytest.mark.parametrize("pieces", [1, 7, 1000])
def test_an_endless_event_is_refused(pieces: int) -> None:
    parser = SseParser(event_bytes_max=10_000)
    stream = b"data: " + b"x" * 20_000
    size = len(stream) // pieces
    with pytest.raises(Fault) as caught:
        any(parser.feed(stream[at : at + size]) for at in range(0, len(stream), size))
    assert caught.value.code == "bad_upstream_response"


def test_many_events_in_one_piece_are_no_endless_event() -> None:
    parser = SseParser(event_bytes_max=100)
    assert len(parser.feed(b"data: x\n\n" * 1000)) == 1000


def test_an_event_too_large_within_one_piece_is_refused() -> None:
    with pytest.raises(Fault):
        SseParser(event_bytes_max=100).feed(b"data: " + b"x" * 200 + b"\n\n")
