import json

import pytest

from waystation.kernel.mould import Mould, ends_of

FRAME = b'data: {"id":"1","d":{"content":"one"},"f":null}\n\n'


def mould(frame: bytes = FRAME, text: str = "one", goes: bytes | None = None) -> Mould | None:
    ends = ends_of(frame, b'"content"', text)
    if ends is None or goes is None:
        return ends and Mould(ends)
    left = ends_of(goes, b'"content"', text)
    return left and Mould(ends, left)


@pytest.mark.parametrize("text", ["two", " ", "a longer one", "港口", "\x7f", "}", "é𝄞"])
def test_another_text_fits(text: str) -> None:
    made = mould()
    frame = FRAME.replace(b"one", text.encode())
    assert made is not None
    assert made.cast(frame) == frame
    assert made.text == text == json.loads(frame[6:])["d"]["content"]


def test_what_goes_on_may_have_other_ends() -> None:
    made = mould(goes=b'data: {"id":"ours","d":{"content":"one"}}\n\n')
    assert made is not None
    assert made.cast(FRAME.replace(b"one", b"two")) == (
        b'data: {"id":"ours","d":{"content":"two"}}\n\n'
    )


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.replace(b"one", b""),
        FRAME.replace(b"one", rb"a\n"),
        FRAME.replace(b"one", rb"\u0041"),
        FRAME.replace(b"one", b'a","content":"b'),
        FRAME.replace(b"one", b"a\nb"),
        FRAME.replace(b"one", b"a\tb"),
        FRAME.replace(b"one", b"a\0b"),
        FRAME.replace(b"one", b"\xff"),
        FRAME.replace(b"one", b"\xed\xa0\x80"),
        FRAME.replace(b"null", b'"stop"'),
        FRAME.replace(b'"1"', b'"2"'),
        FRAME[:-1],
        FRAME + FRAME,
        FRAME + b"\n",
        b"",
        FRAME[: len(FRAME) // 2],
    ],
)
def test_what_is_no_plain_other_text_is_read_in_full(frame: bytes) -> None:
    made = mould()
    assert made is not None
    assert made.cast(frame) is None


def test_ends_that_overlap_are_no_frame() -> None:
    made = Mould((b"abab", b"abab"))
    assert made.cast(b"ababab") is None
    assert made.cast(b"abababab") is None
    assert made.cast(b"ababxabab") == b"ababxabab"


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (FRAME, "other"),
        (FRAME, ""),
        (FRAME.replace(b'"content"', b'"text"'), "one"),
        (FRAME.replace(b'"f"', b'"content"'), "one"),
        (FRAME.replace(b"one", rb"o\u006ee"), "one"),
        (FRAME.replace(b'"f"', rb'"\u0066"'), "one"),
        (FRAME.replace(b'"one"', b'["one"]'), "one"),
        (FRAME.replace(b'"one"', b"1"), "1"),
        (b'"content":', ""),
    ],
)
def test_no_mould_where_it_is_not_sure(frame: bytes, text: str) -> None:
    assert mould(frame, text) is None


def test_blanks_may_stand_around_the_colon() -> None:
    spaced = FRAME.replace(b'"content":', b'"content" : ')
    made = mould(spaced)
    assert made is not None
    assert made.cast(spaced.replace(b"one", b"two")) is not None
