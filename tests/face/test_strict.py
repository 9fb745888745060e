"""The judgement of heads, by itself."""

import pytest

from waystation.edge.strict import Refusal, Target, fold_headers, is_host, judge, read_target


@pytest.mark.parametrize(
    "host",
    [
        "x",
        "relay.example",
        "relay.example:8000",
        "127.0.0.1:1",
        "[::1]",
        "[::1]:80",
        "a_b",
        "",
        "x:",
    ],
)
def test_hosts(host: str):
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "a b",
        "a,b",
        "a/b",
        "a@b",
        "a:b",
        "a:1:2",
        "a:123456",
        "[::1",
        "::1",
        "a\tb",
        "é",
        "a?b",
        "a\\b",
    ],
)
def test_no_hosts(host: str):
    assert not is_host(host)


def test_repeated_headers_are_joined():
    assert fold_headers([(b"a", b"1"), (b"b", b"2"), (b"a", b"3")]) == {b"a": b"1, 3", b"b": b"2"}


@pytest.mark.parametrize(
    ("version", "fields", "status"),
    [
        ("1.1", {b"host": b"x"}, None),
        ("1.0", {}, None),
        ("1.1", {}, 400),
        ("1.1", {b"host": b"x, x"}, 400),
        ("1.1", {b"host": b"x", b"transfer-encoding": b"Chunked"}, None),
        ("1.0", {b"host": b"x", b"transfer-encoding": b"chunked"}, 400),
        ("1.1", {b"host": b"x", b"transfer-encoding": b"chunked", b"content-length": b"1"}, 400),
        ("1.1", {b"host": b"x", b"transfer-encoding": b"gzip, chunked"}, 400),
        ("1.1", {b"host": b"x", b"expect": b"100-Continue"}, None),
        ("1.1", {b"host": b"x", b"expect": b"102-processing"}, 417),
    ],
)
def test_judgement(version: str, fields: dict[bytes, bytes], status: int | None):
    found = judge("POST", version, fields)
    assert (None if found is None else found.status) == status
    assert judge("CONNECT", version, fields) is not None


@pytest.mark.parametrize(
    ("target", "found"),
    [
        (b"/", Target("/", "")),
        (b"/v1?a=b?c", Target("/v1", "a=b?c")),
        (b"//x/y", Target("//x/y", "")),
        (b"http://x:8000/v1?a", Target("/v1", "a")),
        (b"HTTPS://X:8000", Target("/", "")),
        (b"http://x:8000?a", Target("/", "a")),
    ],
)
def test_targets(target: bytes, found: Target):
    assert read_target("GET", target, b"x:8000") == found


@pytest.mark.parametrize(
    "target",
    [
        b"*",
        b"x:80",
        b"v1",
        b"",
        b"/a#b",
        b"http://x/",
        b"http://y:8000/",
        b"ftp://x:8000/",
        b"http:/x",
    ],
)
def test_bad_targets(target: bytes):
    assert isinstance(read_target("GET", target, b"x:8000"), Refusal)
    assert isinstance(read_target("GET", target if target[:4] == b"http" else b"y", None), Refusal)


def test_star_is_for_options():
    assert read_target("OPTIONS", b"*", b"x") == Target("*", "")
