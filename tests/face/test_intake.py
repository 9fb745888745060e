"""The reading half without sockets: any split, any rubbish."""

import itertools

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.face.stage import limits
from waystation.edge.http1.chunks import ChunkError, ChunkScanner
from waystation.edge.http1.intake import BodyError, Head, Intake
from waystation.edge.strict import Refusal

HEAD = b"POST /v1/echo?a=b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def splits(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), st.lists(st.integers(0, 999)))
def test_chunks_come_out_as_they_went_in(chunks: list[bytes], cuts: list[int]):
    coded = b"".join(b"%X;n=v\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    coded += b"0\r\nX-Trailer: y\r\n\r\n"
    behind = b"GET /next HTTP/1.1\r\n"
    intake = Intake(limits())
    head = intake.read_head(HEAD)
    assert isinstance(head, Head)
    used = 0
    for piece in splits(coded + behind, cuts):
        if not intake.is_complete:
            used += intake.feed_body(piece)
    assert intake.is_complete
    assert used == len(coded)
    assert b"".join(intake.pieces) == b"".join(chunks)


@given(st.binary(max_size=60), st.lists(st.integers(0, 99)))
@example(b"5\r\nhello\r\n0\r\n\r\n", [])
@example(b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", [3])
@example(b"0\r\n\r\n0\r\n\r\n", [])
def test_scanner_never_takes_more_than_the_parser_would(data: bytes, cuts: list[int]):
    """Where both accept, they agree on the end; the intake refuses wherever they do not."""
    intake = Intake(limits())
    intake.read_head(HEAD)
    used = 0
    try:
        for piece in splits(data, cuts):
            if not intake.is_complete:
                used += intake.feed_body(piece)
    except BodyError:
        return
    if intake.is_complete:
        oracle = Oracle()
        oracle.parser.feed_data(HEAD + data[:used])
        assert oracle.messages == 1
        assert oracle.body == b"".join(intake.pieces)


class Oracle:
    """llhttp alone."""

    def __init__(self) -> None:
        self.messages = 0
        self.body = b""
        self.parser = httptools.HttpRequestParser(self)

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.messages += 1


@given(st.binary(max_size=200))
def test_any_bytes_are_a_head_or_a_refusal(rubbish: bytes):
    for data in (
        rubbish + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + rubbish.replace(b"\r\n\r\n", b"") + b"\r\n\r\n",
        b"GET /" + rubbish.replace(b"\r\n", b"") + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        found = Intake(limits()).read_head(data[: data.find(b"\r\n\r\n") + 4])
        assert isinstance(found, Head | Refusal)
        if isinstance(found, Refusal):
            assert 400 <= found.status <= 505


@given(st.binary(min_size=1, max_size=100))
def test_a_part_is_refused_only_if_the_whole_would_be(part: bytes):
    intake = Intake(limits())
    if b"\r\n\r\n" not in part and isinstance(intake.judge_part(bytearray(part)), Refusal):
        whole = part + b"\r\nHost: x\r\n\r\n"
        assert isinstance(intake.read_head(whole[: whole.find(b"\r\n\r\n") + 4]), Refusal)


def test_each_prefix_of_a_sound_head_is_awaited():
    head = b"GET /v1/models HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"
    for end in range(1, len(head) - 1):
        assert Intake(limits()).judge_part(bytearray(head[:end])) is None


def test_head_limits_are_exact():
    bounds = limits(head_bytes_max=100, head_count_max=3)
    sound = b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nC: d\r\n\r\n"
    assert isinstance(Intake(bounds).read_head(sound), Head)
    fourth = sound[:-2] + b"E: f\r\n\r\n"
    assert Intake(bounds).read_head(fourth) == Refusal(431, "The request head is too large.")
    padded = sound.replace(b"A: b", b"A: " + b"b" * (100 - len(sound) + 1))
    assert len(padded) == 100
    assert isinstance(Intake(bounds).read_head(padded), Head)
    over = padded.replace(b"A: b", b"A: bb")
    assert Intake(bounds).read_head(over) == Refusal(431, "The request head is too large.")


def test_keep_alive_is_read_before_the_parser_forgets_it():
    for version, value, keeps in (
        (b"1.1", b"close", False),
        (b"1.1", b"x, Close", False),
        (b"1.1", b"keep-alive", True),
        (b"1.0", b"keep-alive", True),
        (b"1.0", b"x", False),
    ):
        head = b"GET / HTTP/%b\r\nHost: x\r\nConnection: %b\r\n\r\n" % (version, value)
        found = Intake(limits()).read_head(head)
        assert isinstance(found, Head)
        assert found.keeps_alive is keeps


def test_scanner_refuses_what_has_no_use():
    for framing in (b"1" * 300, b"fffffffffffffffff\r\n", b"5;" + b"x" * 300 + b"\r\n"):
        with pytest.raises(ChunkError):
            ChunkScanner().scan(framing)
