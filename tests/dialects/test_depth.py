"""Nesting at the very edge of what can be decoded: an answer or a typed fault, never a crash."""

import bisect
import json
from collections.abc import Iterator

import msgspec
import pytest

from tests.dialects.making import FREE, chat, no_headers, same
from tests.dialects.streams import HELLO, STOP, chunk, run
from waystation.dialects.openai_chat import parse
from waystation.dialects.openai_text import completions, embeddings, moderations
from waystation.errors import Fault


def nested(depth: int, kind: str) -> str:
    if kind == "arrays":
        return "[" * depth + "]" * depth
    return '{"a":' * depth + "1" + "}" * depth


def _is_decoded(depth: int) -> bool:
    try:
        msgspec.json.decode(nested(depth, "arrays"))
    except RecursionError:
        return False
    return True


GUARD = bisect.bisect_left(range(200_000), True, key=lambda depth: not _is_decoded(depth))
"""Where the decoder gives up: some 900 levels by Python's own guard, thousands from 3.12 on."""


def depths() -> Iterator[int]:
    """Around Python's guard, and around the decoder's where that is another."""
    yield from range(700, 1010, 3)
    if GUARD > 1010:
        yield from (2000, 5000, *range(GUARD - 40, GUARD + 10, 5))


def test_there_is_a_guard() -> None:
    assert 900 < GUARD < 100_000


PLACES = {
    "messages": '{"model":"m","messages":[{"role":"user","content":[{"x":%s}]}]}',
    "image": '{"model":"m","messages":[{"role":"user","content":[{"image_url":%s}]}]}',
    "metadata": '{"model":"m","messages":[{"role":"user"}],"metadata":%s}',
    "extra_body": '{"model":"m","messages":[{"role":"user"}],"extra_body":{"x":%s}}',
    "options": '{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"x":%s}}',
    "functions": '{"model":"m","messages":[{"role":"user"}],"functions":[{"x":%s}]}',
    "prompt": '{"model":"m","prompt":[%s]}',
    "input": '{"model":"m","input":[%s]}',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["arrays", "objects"])
def test_deep_requests(place: str, kind: str) -> None:
    reader = {"prompt": completions.parse, "input": embeddings.parse}.get(place, parse)
    for depth in depths():
        body = (PLACES[place] % nested(depth, kind)).encode()
        try:
            operation = reader(body, no_headers)  # type: ignore[operator]
        except Fault as fault:
            if fault.status != 400:
                raise
            continue
        assert operation.body_for(same())
        assert operation.affinity is None or operation.affinity


def test_deep_moderations() -> None:
    for depth in depths():
        body = (PLACES["input"] % nested(depth, "arrays")).encode()
        try:
            operation = moderations.parse(body, no_headers)
        except Fault as fault:
            if fault.status != 400:
                raise
            continue
        assert operation.body_for(same())


@pytest.mark.parametrize("kind", ["arrays", "objects"])
@pytest.mark.parametrize("field", ["content", "x", "usage", "tool_calls"])
def test_deep_answers(kind: str, field: str) -> None:
    for depth in depths():
        deep = nested(depth, kind)
        delta = '{"%s":[%s]}' % (field, deep)  # noqa: UP031
        usage = deep if field == "usage" else "null"
        wire = '{"choices":[{"index":0,"delta":%s}],"usage":%s}' % (delta, usage)  # noqa: UP031
        stream = chat(stream=True).stream_reader(same("other"), FREE)
        out = run(stream, [HELLO, b"data: " + wire.encode() + b"\n\n", STOP])
        assert out
        assert stream.fault is None or stream.fault.status == 502
        whole = wire.replace('"delta"', '"message"').encode()
        try:
            told = chat().reply_reader(same("other"), FREE).read(200, "", whole)
        except Fault as fault:
            if fault.status != 502:
                raise
        else:
            assert told


def test_numbers_beyond_64_bits() -> None:
    huge = 10**30
    stream = chat(stream=True).stream_reader(same(), FREE)
    frames = [
        chunk(choices=[{"index": 0, "delta": {"content": "x"}}], created=huge, id=7),
        chunk(choices=[{"index": None, "delta": {}, "finish_reason": "stop"}], created=huge, id=7),
        chunk(choices=[], usage={"prompt_tokens": huge, "completion_tokens": huge}),
    ]
    out = run(stream, frames)
    assert stream.fault is None
    first = json.loads(out.split(b"\n\n")[0][6:])
    assert (first["id"], stream.upstream_id) == ("7", "7")
    assert first["created"] < 2**40
    usage = stream.usage()
    assert usage.output_tokens < 10
    assert not usage.exact
    assert msgspec.msgpack.encode(usage.raw)
