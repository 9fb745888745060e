"""Proof 19: JSON horrors are a 400 with a position, and what is read is what is sent."""

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of, read_object, rebuild

pytestmark = pytest.mark.untraced

HORRORS = {
    "empty": b"",
    "blank": b" \n ",
    "array": b"[]",
    "string": b'"a"',
    "number": b"1",
    "null": b"null",
    "nan": b'{"a":NaN}',
    "nan inside": b'{"a":[1,{"b":NaN}]}',
    "infinity": b'{"a":[Infinity]}',
    "minus infinity": b'{"a":-Infinity}',
    "huge exponent": b'{"temperature":1e999}',
    "huge negative": b'{"temperature":-1e999}',
    "huge integer": b'{"n":' + b"9" * 400 + b"}",
    "lone high surrogate": b'{"a":"\\ud800"}',
    "lone high surrogate inside": b'{"a":["\\ud83dx"]}',
    "lone low surrogate": b'{"a":["\\udc00"]}',
    "two high surrogates": b'{"a":["\\ud800\\ud800"]}',
    "lone surrogate in a name": b'{"\\ud800":1}',
    "surrogate as bytes": b'{"a":"\xed\xa0\x80"}',
    "invalid utf-8": b'{"a":"\xff"}',
    "invalid utf-8 inside": b'{"a":{"b":["\xc3("]}}',
    "invalid utf-8 in a name": b'{"\xff":1}',
    "overlong": b'{"a":"\xc0\xaf"}',
    "cut utf-8": b'{"a":"\xe4\xbd"}',
    "deep arrays": b'{"a":' + b"[" * 20000 + b"]" * 20000 + b"}",
    "deep objects": b'{"a":' * 20000 + b"1" + b"}" * 20000,
    "deep and open": b"[" * 100000,
    "trailing rubbish": b'{"a":1} x',
    "trailing object": b'{"a":1}{"b":2}',
    "trailing nul": b'{"a":1}\x00',
    "trailing comma": b'{"a":1,}',
    "trailing comma inside": b'{"a":[1,]}',
    "single quotes": b"{'a':1}",
    "bare name": b"{a:1}",
    "comment": b'{"a":/*x*/1}',
    "line comment": b'{"a":1}//x',
    "leading zero": b'{"a":[01]}',
    "plus": b'{"a":+1}',
    "hex": b'{"a":0x10}',
    "dot first": b'{"a":.5}',
    "dot last": b'{"a":5.}',
    "half an exponent": b'{"a":[1e]}',
    "control character": b'{"a":"\x01"}',
    "newline in a string": b'{"a":["\n"]}',
    "bad escape": b'{"a":["\\x41"]}',
    "short escape": b'{"a":["\\u12"]}',
    "unclosed string": b'{"a":"',
    "unclosed object": b'{"a":{',
    "wrong closer": b'{"a":[1}',
    "utf-16": '{"a":1}'.encode("utf-16"),
    "vertical tab": b'{"a":\x0b1}',
    "misspelt true": b'{"a":[tru]}',
    "upper case": b'{"a":True}',
}


@pytest.mark.parametrize("body", HORRORS.values(), ids=HORRORS.keys())
def test_a_horror_is_a_400(body: bytes) -> None:
    with pytest.raises(Fault) as caught:
        read_object(body)
    assert caught.value.status == 400
    assert caught.value.code == "invalid_json"
    assert caught.value.text("en")
    assert caught.value.text("zh")


@pytest.mark.parametrize(
    ("body", "position"),
    [
        (b'{"a":1,}', "line 1, column 8"),
        (b'{\n  "a": tru\n}', "line 2, column 9"),
        (b'{\n "\xe4\xbd\xa0": x}', "line 2, column 7"),
        (b'{"a":"\xff"}', "line 1, column 7"),
        (b'{"a":1} x', "line 1, column 9"),
        (b'{"a":', "line 1, column 6"),
    ],
)
def test_the_position_is_told(body: bytes, position: str) -> None:
    with pytest.raises(Fault) as caught:
        read_object(body)
    assert position in caught.value.text("en")


def test_the_last_duplicate_wins_and_is_what_is_sent() -> None:
    fields = read_object(b'{"model":"cheap","x":1,"model":"costly"}')
    assert bytes(fields["model"]) == b'"costly"'
    sent = rebuild(fields)
    assert sent.count(b"model") == 1
    assert b"cheap" not in sent


def test_escaped_duplicates_are_the_same_name() -> None:
    fields = read_object(b'{"model":"cheap","mod\\u0065l":"costly"}')
    assert bytes(fields["model"]) == b'"costly"'


def test_a_byte_order_mark_is_skipped() -> None:
    assert bytes(read_object(b'\xef\xbb\xbf{"a":1}')["a"]) == b"1"


def test_depth_within_reason_passes() -> None:
    body = b'{"a":' + b"[" * 200 + b"]" * 200 + b"}"
    assert rebuild(read_object(body)) == body


def test_edits_replace_in_place_add_and_take_away() -> None:
    fields = read_object(b'{"a": 1 ,"b":[ 1.50 ],"c":"\\u4f60"}')
    sent = rebuild(fields, {"a": raw_of("x"), "c": None, "d": raw_of(True)})
    assert sent == b'{"a":"x","b":[ 1.50 ],"d":true}'


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**70), max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.text(), JSON_VALUES, max_size=6), st.booleans(), st.booleans())
def test_rebuilding_keeps_each_slice(value: dict[str, object], spaced: bool, escaped: bool) -> None:
    separators = (" , ", " : ") if spaced else (",", ":")
    body = json.dumps(value, separators=separators, ensure_ascii=escaped).encode()
    fields = read_object(body)
    again = rebuild(fields)
    assert json.loads(again) == value
    assert read_object(again) == fields


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        fields = read_object(body)
    except Fault:
        return
    assert msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"), strict=True).keys() == (
        fields.keys()
    )
