"""Scalars of a body: numeric strings count, lies do not."""

import pytest

from waystation.errors import Fault
from waystation.kernel.scalars import coerce_number, count, flag, required_text, text
from waystation.kernel.strictjson import read_object, rebuild


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (b"3", 3),
        (b'"3"', 3),
        (b"3.0", 3),
        (b"3e0", 3),
        (b'" 3 "', 3),
        (b"null", None),
    ],
)
def test_counts_that_can_be_read(written: bytes, expected: int | None) -> None:
    fields = read_object(b'{"n":' + written + b"}")
    assert count(fields, "n", 16) == expected
    if expected is not None:
        assert rebuild(fields) == b'{"n":3}'


@pytest.mark.parametrize(
    "written",
    [
        b"0",
        b"-1",
        b"17",
        b"1.5",
        b"true",
        b"false",
        b'"x"',
        b'""',
        b'"true"',
        b'"1e999"',
        b'"NaN"',
        b'"0x10"',
        b'"\\u0663"',
        b"[]",
        b"{}",
        b"1e30",
        b"1000000000000000000000000000000000000000000000000",
        b"1e-5",
    ],
)
def test_counts_that_cannot(written: bytes) -> None:
    fields = read_object(b'{"n":' + written + b"}")
    with pytest.raises(Fault) as caught:
        count(fields, "n", 16)
    assert (caught.value.status, caught.value.param) == (400, "n")


def test_numbers_stay_as_written() -> None:
    fields = read_object(b'{"t":0.70}')
    coerce_number(fields, "t")
    coerce_number(fields, "absent")
    assert rebuild(fields) == b'{"t":0.70}'


def test_numeric_strings_become_numbers() -> None:
    fields = read_object(b'{"t":"0.70"}')
    coerce_number(fields, "t")
    assert rebuild(fields) == b'{"t":0.70}'


@pytest.mark.parametrize("written", [b"true", b'"warm"', b"[0.7]", b'"Infinity"', b'"1e400"'])
def test_what_is_no_number_is_refused(written: bytes) -> None:
    fields = read_object(b'{"t":' + written + b"}")
    with pytest.raises(Fault) as caught:
        coerce_number(fields, "t")
    assert caught.value.param == "t"


@pytest.mark.parametrize(
    ("written", "expected"),
    [(b"true", True), (b"false", False), (b"null", False), (b'"true"', True), (b'"false"', False)],
)
def test_flags(written: bytes, expected: bool) -> None:
    fields = read_object(b'{"s":' + written + b"}")
    assert flag(fields, "s") is expected
    assert b'"' not in bytes(fields["s"])


@pytest.mark.parametrize("written", [b"1", b"0", b'"yes"', b"[]"])
def test_flags_that_are_none(written: bytes) -> None:
    with pytest.raises(Fault):
        flag(read_object(b'{"s":' + written + b"}"), "s")


def test_texts() -> None:
    fields = read_object(b'{"a":"x","b":null,"c":1,"d":" "}')
    assert text(fields, "a") == "x"
    assert text(fields, "b") is None
    with pytest.raises(Fault):
        text(fields, "c")
    for name in ("b", "d", "e"):
        with pytest.raises(Fault) as caught:
            required_text(fields, name)
        assert caught.value.code == "missing_field"
