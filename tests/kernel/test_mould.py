import json

import pytest

from waystation.kernel.mould import VAIN_MAX, Mould

FRAME = b'data: {"id":"1","d":{"content":"one"},"f":null}\n\n'


def mould(frame: bytes = FRAME, text: str = "one", goes: bytes | None = None) -> Mould:
    made = Mould()
    made.make(frame, frame if goes is None else goes, b'"content"', text)
    return made


@pytest.mark.parametrize("text", ["two", " ", "a longer one", "港口", "\x7f", "}", "é𝄞"])
def test_another_text_fits(text: str) -> None:
    made = mould()
    frame = FRAME.replace(b"one", text.encode())
    assert made.cast(frame) == frame
    assert made.text == text == json.loads(frame[6:])["d"]["content"]


def test_what_goes_on_may_have_other_ends() -> None:
    made = mould(goes=b'data: {"id":"ours","d":{"content":"one"}}\n\n')
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
    assert made.cast(frame) is None


def test_ends_that_overlap_are_no_frame() -> None:
    made = mould(b'"content":"one"', "one")
    assert made.cast(b'"content":"') is None
    assert made.cast(b'"content":""') is None
    assert made.cast(b'"content":"x"') is not None


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
    assert mould(frame, text).cast(FRAME) is None
    assert mould(frame, text).cast(frame) is None


def test_blanks_may_stand_around_the_colon() -> None:
    spaced = FRAME.replace(b'"content":', b'"content" : ')
    made = mould(spaced)
    assert made.cast(spaced.replace(b"one", b"two")) is not None


def test_a_dropped_mould_fits_nothing() -> None:
    made = mould()
    made.drop()
    assert made.cast(FRAME) is None


def test_moulds_that_are_made_in_vain_come_to_an_end() -> None:
    made = Mould()
    for _ in range(VAIN_MAX):
        made.make(FRAME, FRAME, b'"content"', "one")
    assert made.cast(FRAME) == FRAME  # not in vain
    for _ in range(VAIN_MAX + 1):
        made.make(FRAME, FRAME, b'"content"', "one")
    assert made.cast(FRAME) is None


def test_none_is_made_where_none_is_wanted() -> None:
    made = Mould(vain_max=0)
    made.make(FRAME, FRAME, b'"content"', "one")
    assert made.cast(FRAME) is None
