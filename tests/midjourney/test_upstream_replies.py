"""What proxies answer, each in its own way."""

import json

import pytest

from waystation.dialects.midjourney.queries import read_ids
from waystation.dialects.midjourney.upstream import (
    Malformed,
    progress_of,
    read_list,
    read_seed,
    read_seen,
    read_submitted,
)


def as_json(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_submits() -> None:
    told = read_submitted(as_json(code=1, description="ok", result="17", properties=None))
    assert (told.code, told.result, dict(told.properties)) == (1, ("17",), {})
    assert read_submitted(as_json(code="22", result=17)).result == ("17",)
    assert read_submitted(as_json(code=1, result="1, 2,3,4")).result == ("1", "2", "3", "4")
    links = ["https://a/1.png", "https://a/2.png"]
    assert read_submitted(as_json(code=1, result=links)).result == tuple(links)


def test_both_meanings_of_21() -> None:
    assert not read_submitted(as_json(code=21, result="9", properties={"finalPrompt": "x"})).exists
    older = {"status": "SUCCESS", "imageUrl": "https://a/b.png"}
    assert read_submitted(as_json(code=21, result="9", properties=older)).exists


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"<html>", b'{"a":1}', b'{"code":true}', b"\xff"]
)
def test_nonsense(body: bytes) -> None:
    with pytest.raises(Malformed):
        read_submitted(body)


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"null", b"{}", b'{"code":3,"description":"x"}', b'{"error":{}}']
)
def test_ways_of_saying_that_there_is_none(body: bytes) -> None:
    assert read_seen(body) is None


def test_a_task() -> None:
    seen = read_seen(
        as_json(
            id=17,
            status="in_progress",
            progress="Waiting to start",
            imageUrl=None,
            buttons=None,
            properties=None,
            failReason=None,
        )
    )
    assert seen is not None
    assert (seen.id, seen.status, seen.progress) == ("17", "IN_PROGRESS", None)
    wrapped = read_seen(as_json(code=1, result={"id": "17", "status": "SUCCESS"}))
    assert wrapped is not None
    assert wrapped.status == "SUCCESS"
    button = {"customId": "MJ::JOB::new_thing::1", "emoji": None, "label": "New", "style": 3}
    seen = read_seen(as_json(id="1", status="SUCCESS", buttons=[button, {"x": 1}, "y"]))
    assert seen is not None
    assert [(b.custom_id, b.label, b.style) for b in seen.buttons] == [
        ("MJ::JOB::new_thing::1", "New", 3)
    ]


def test_lists() -> None:
    body = b'[{"id":1,"status":"SUCCESS"},null,{"status":"SUCCESS"},{"id":"2","status":"?"}]'
    assert [(seen.id, seen.status) for seen in read_list(body)] == [("1", "SUCCESS"), ("2", None)]
    assert read_list(b'{"data":[{"id":"1","status":"FAILED"}]}')[0].status == "FAILURE"
    assert read_list(b"") == []
    with pytest.raises(Malformed):
        read_list(b'"x"')


@pytest.mark.parametrize(
    ("given", "read"),
    [
        *(("37%", 37), ("", None), ("Waiting to start", None), ("Paused", None), (40, 40)),
        *(("100%", 100), ("12.5%", 12), (True, None), ("999%", None), (None, None), (-1, None)),
        ("٣%", None),
    ],
)
def test_progress(given: object, read: int | None) -> None:
    assert progress_of(given) == read


def test_seeds() -> None:
    assert read_seed(as_json(code=1, result="636646138")) == "636646138"
    assert read_seed(as_json(code=1, result=636646138)) == "636646138"
    assert read_seed(as_json(code=3, result=None)) == ""


@pytest.mark.parametrize(
    ("body", "kind", "ids"),
    [
        (b'{"ids":["1",2,"1","x,3",null,true]}', "application/json", ["1", "2", "x", "3"]),
        (b'{"ids":null}', "application/json", []),
        (b"{}", "application/json", []),
        (b"", "application/json", []),
        (b"[1,2]", "application/json", ["1", "2"]),
        (b'{"ids":"1,2"}', "", ["1", "2"]),
        (b"ids=1&ids%5B%5D=2&other=3", "application/x-www-form-urlencoded", ["1", "2"]),
        (b"ids=%5B%221%22%2C2%5D", "application/x-www-form-urlencoded", ["1", "2"]),
        (
            b'--B\r\nContent-Disposition: form-data; name="ids[]"\r\n\r\n17\r\n'
            b'--B\r\nContent-Disposition: form-data; name="ids[]"\r\n\r\n18\r\n--B--\r\n',
            "multipart/form-data; boundary=B",
            ["17", "18"],
        ),
    ],
)
def test_ids(body: bytes, kind: str, ids: list[str]) -> None:
    assert read_ids(body, kind) == ids
    assert len(read_ids(json.dumps({"ids": list(range(1, 3000))}).encode(), "")) == 1000
