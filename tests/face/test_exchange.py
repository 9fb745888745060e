"""Requests and replies of our own face, one conversation each."""

import asyncio
import json
import socket

import pytest

from tests.face.stage import Stage, limits, own_face
from tests.face.wire import Eof, Wire, bytewise, chunked, get, post, randomly


async def test_every_reply_carries_ids_date_and_cors():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/echo?a=1&b=%20", "X-Test: one", "X-Test: two"))
        reply = await wire.hear()
    told = json.loads(reply.body)
    assert reply.status == 200
    assert told["path"] == "/v1/echo"
    assert told["query"] == "a=1&b=%20"
    assert told["x"] == "one, two"
    assert told["peer"] == "127.0.0.1"
    assert told["scheme"] == "http"
    assert reply.header("x-request-id") == reply.header("x-oneapi-request-id") == "req-000000"
    assert reply.header("date").endswith(" GMT")
    assert reply.header("access-control-allow-origin") == "*"
    assert reply.header("access-control-expose-headers") == "*"
    assert reply.header("connection") is None
    assert reply.header("server") is None


async def test_keep_alive_serves_one_after_the_other():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        for number in range(5):
            await wire.say(post(f"/v1/{number}", b"x" * number))
            assert json.loads((await wire.hear()).body)["bytes"] == number
        assert face.open_connections == 1
    assert [line[-1] for line in stage.seen] == list("01234")


async def test_pipelining_of_20_is_answered_in_order():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        requests = []
        for number in range(20):
            if number % 3 == 0:
                requests.append(get(f"/v1/{number}"))
            elif number % 3 == 1:
                requests.append(post(f"/v1/{number}", b"b" * number))
            else:
                requests.append(chunked(f"/v1/{number}", b"c" * number, b"d"))
        await wire.say(b"".join(requests))
        paths = [json.loads((await wire.hear()).body)["path"] for _ in range(20)]
    assert paths == [f"/v1/{number}" for number in range(20)]


@pytest.mark.parametrize("seed", range(12))
async def test_any_split_gives_the_same_replies(seed: int):
    stage = Stage()
    said = (
        b"\r\n"
        + post("/v1/a", b"body-of-a" * 30)
        + chunked("/v1/b", b"one", b"two" * 50, b"three")
        + get("/v1/c")
        + b"\r\n\r\n"
        + post("/v1/unread", b"never read")
        + get("/v1/frames")
    )
    pieces = bytewise(said) if seed == 0 else randomly(said, seed)
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        talk = asyncio.create_task(wire.say_pieces(pieces))
        replies = [await wire.hear() for _ in range(5)]
        await talk
    assert [json.loads(reply.body).get("bytes") for reply in replies[:4]] == [270, 158, 0, None]
    assert replies[4].chunks == [b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n"]


async def test_head_has_the_headers_of_get_and_no_body():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(b"HEAD /v1/unread HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await wire.hear("HEAD")
        await wire.say(b"HEAD /v1/frames HTTP/1.1\r\nHost: x\r\n\r\n")
        stream = await wire.hear("HEAD")
        await wire.say(get("/v1/unread"))
        full = await wire.hear()
    assert head.header("content-length") == full.header("content-length") == str(len(full.body))
    assert stream.header("transfer-encoding") == "chunked"
    assert full.body == b'{"read":false}'


async def test_204_has_neither_length_nor_body():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/empty") + get("/v1/echo"))
        empty = await wire.hear()
        assert empty.status == 204
        assert empty.header("content-length") is None
        assert empty.header("transfer-encoding") is None
        assert (await wire.hear()).status == 200


async def test_http10_closes_unless_asked():
    stage = Stage()
    async with own_face(stage) as face:
        async with await Wire.open(face.port) as wire:
            await wire.say(b"GET /v1/unread HTTP/1.0\r\n\r\n")
            reply = await wire.hear()
            assert reply.header("connection") == "close"
            assert await wire.hear_all() == b""
        async with await Wire.open(face.port) as wire:
            await wire.say(get("/v1/unread", "Connection: keep-alive", version="1.0"))
            assert (await wire.hear()).header("connection") == "keep-alive"
            await wire.say(get("/v1/frames", "Connection: keep-alive", version="1.0"))
            stream = await wire.hear()
            assert stream.header("transfer-encoding") is None
            assert stream.header("connection") == "close"
            assert stream.body == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"


async def test_connection_close_is_honoured():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/echo", "Connection: close") + get("/v1/second"))
        reply = await wire.hear()
        assert reply.header("connection") == "close"
        assert await wire.hear_all() == b""
    assert stage.seen == ["GET /v1/echo"]


async def test_100_continue_is_sent_when_the_handler_reads():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/echo", b"", "Expect: 100-continue").replace(b": 0", b": 5"))
        assert await wire.hear_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.say(b"12345")
        assert json.loads((await wire.hear()).body)["bytes"] == 5
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).status == 200


async def test_100_continue_is_not_sent_by_who_does_not_read():
    stage = Stage(body_bytes_max=1000)
    async with own_face(stage) as face:
        for path, status in (("/v1/unread", 200), ("/v1/echo", 413)):
            async with await Wire.open(face.port) as wire:
                head = post(path, b"", "Expect: 100-continue").replace(b": 0", b": 5000")
                await wire.say(head)
                reply = await wire.hear()
                assert reply.status == status
                assert reply.header("connection") == "close"
                assert await wire.hear_all() == b""


async def test_100_continue_is_left_out_when_the_body_came_along():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/echo", b"12345", "Expect: 100-continue"))
        reply = await wire.hear()
        assert reply.status == 200


async def test_options_is_a_preflight_without_the_handler():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        asked = "Access-Control-Request-Headers: x-stainless-os, authorization"
        await wire.say(get("/any/where", asked).replace(b"GET", b"OPTIONS", 1))
        reply = await wire.hear()
        assert reply.status == 204
        allowed = reply.header("access-control-allow-headers").split(", ")
        assert {"authorization", "mj-api-secret", "idempotency-key", "x-stainless-os"} <= {*allowed}
        assert len(allowed) == len(set(allowed))
        assert "POST" in reply.header("access-control-allow-methods")
        assert reply.header("access-control-allow-origin") == "*"
        await wire.say(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await wire.hear()).status == 204
    assert stage.seen == []


async def test_h2c_offer_is_ignored_and_its_body_arrives():
    stage = Stage()
    offer = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/echo", b"12345", *offer) + get("/v1/next"))
        assert json.loads((await wire.hear()).body)["bytes"] == 5
        assert json.loads((await wire.hear()).body)["path"] == "/v1/next"
        await wire.say(get("/v1/offered", *offer) + get("/v1/next"))  # its path, once
        assert json.loads((await wire.hear()).body)["path"] == "/v1/offered"
        assert json.loads((await wire.hear()).body)["path"] == "/v1/next"


async def test_sized_stream_is_sent_as_it_says_or_cut():
    stage = Stage()
    async with (
        own_face(stage) as face,
        await Wire.open(face.port) as wire,
    ):
        await wire.say(get("/v1/sized"))
        reply = await wire.hear()
        assert reply.body == b"0123456789"
        assert reply.header("transfer-encoding") is None
        await wire.say(get("/v1/short"))
        with pytest.raises(Eof):
            await wire.hear()


async def test_aborted_stream_cannot_pass_for_whole():
    stage = Stage()
    stage.open_gate.set()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/cut"))
        with pytest.raises(Eof):
            await wire.hear()
    assert stage.gone == []


async def test_crash_is_a_500_and_the_connection_lives():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        for path in ("/v1/crash", "/v1/silent", "/v1/split"):
            await wire.say(get(path))
            reply = await wire.hear()
            assert reply.status == 500
            assert json.loads(reply.body)["code"] == "internal_error"
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).status == 200
        await wire.say(get("/v1/late_crash"))
        with pytest.raises(Eof):
            await wire.hear()
    assert [type(error) for error in stage.errors] == [RuntimeError] * 2 + [ValueError] + [
        RuntimeError
    ]


async def test_headers_of_the_hop_are_ours_alone():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/hops"))
        reply = await wire.hear()
        assert reply.header("content-length") == "2"
        assert reply.header("connection") is None
        assert reply.header("transfer-encoding") is None
        assert reply.header("server") is None
        assert reply.header("date") != "never"
        assert reply.header("x-request-id") == "req-000000"
        assert reply.header("access-control-allow-origin") == "https://only.example"
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).status == 200


async def test_unread_body_is_drained_or_the_connection_closed():
    stage = Stage()
    async with own_face(stage) as face:
        async with await Wire.open(face.port) as wire:
            body = b"x" * 60_000
            await wire.say(post("/v1/unread", body)[:-50_000])
            assert (await wire.hear()).header("connection") is None
            await wire.say(body[:50_000] + get("/v1/echo"))
            assert (await wire.hear()).status == 200
        async with await Wire.open(face.port) as wire:
            await wire.say(post("/v1/unread", b"x" * 1000).replace(b": 1000", b": 70000"))
            assert (await wire.hear()).header("connection") == "close"
            assert await wire.hear_all() == b""
    assert len(stage.seen) == 3


async def test_endless_chunked_body_that_nobody_reads_is_ended():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        head, _, _ = chunked("/v1/unread", b"x").partition(b"1\r\nx")
        await wire.say(head)
        assert (await wire.hear()).status == 200
        chunk = b"4000\r\n" + b"y" * 0x4000 + b"\r\n"
        await wire.say_pieces(chunk for _ in range(50))
        assert await wire.hear_all() == b""


async def test_refused_body_is_answered_though_the_client_keeps_sending():
    stage = Stage(body_bytes_max=100_000)
    async with own_face(stage) as face:
        async with await Wire.open(face.port) as wire:
            sending = asyncio.create_task(
                wire.say_pieces(iter([post("/v1/echo", b"x" * 8_000_000)]))
            )
            reply = await wire.hear()
            assert reply.status == 413
            assert json.loads(reply.body)["text"].count("8000000") == 1
            await sending
        async with await Wire.open(face.port) as wire:
            sending = asyncio.create_task(
                wire.say_pieces(iter([chunked("/v1/echo", *[b"x" * 10_000] * 200)]))
            )
            reply = await wire.hear()
            assert reply.status == 413
            assert reply.header("connection") == "close"
            await sending


async def test_client_that_leaves_is_told_once():
    for leave in ("reset", "half-close", "close"):
        for path in ("/v1/wait", "/v1/hold"):
            stage = Stage()
            async with own_face(stage) as face:
                wire = await Wire.open(face.port)
                await wire.say(get(path))
                await stage.entered.wait()
                if leave == "reset":
                    wire.reset()
                elif leave == "half-close":
                    wire.writer.write_eof()
                else:
                    await wire.close()
                async with asyncio.timeout(20):
                    while not stage.gone:
                        await asyncio.sleep(0.005)
                stage.open_gate.set()
                await stage.left.wait()
                assert stage.gone == [path]
                await wire.close()
            assert stage.errors == []


async def test_client_that_leaves_in_the_body_gives_a_fault():
    stage = Stage()
    async with own_face(stage) as face:
        wire = await Wire.open(face.port)
        await wire.say(post("/v1/echo", b"x" * 100)[:-40])
        await stage.entered.wait()
        await wire.close()
        await stage.left.wait()
    assert stage.faults == ["client_closed_request"]
    assert stage.gone == ["/v1/echo"]


async def test_whole_reply_reaches_a_client_that_half_closed_after_it():
    stage = Stage()
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/echo"))
        assert (await wire.hear()).status == 200
        wire.writer.write_eof()
        assert await wire.hear_all() == b""
    assert stage.gone == []


async def test_body_is_read_once():
    stage = Stage()

    async def twice(call):
        await call.read(100, 1)
        await call.read(100, 1)

    stage.play_twice = twice
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(post("/v1/twice", b"abc"))
        assert (await wire.hear()).status == 500
    assert "read before" in str(stage.errors[0])


async def test_no_delay_is_set_on_accepted_sockets():
    stage = Stage()
    seen = []

    async def peek(call):
        accepted = call._connection._transport.get_extra_info("socket")
        seen.append(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        call.reply(200, (), b"")

    stage.play_peek = peek
    async with own_face(stage) as face, await Wire.open(face.port) as wire:
        await wire.say(get("/v1/peek"))
        await wire.hear()
    assert seen[0] != 0


async def test_too_many_connections_are_told_so():
    stage = Stage()
    async with own_face(stage, limits(connections_max=2)) as face:
        first, second = await Wire.open(face.port), await Wire.open(face.port)
        for wire in (first, second):
            await wire.say(get("/v1/echo"))
            assert (await wire.hear()).status == 200
        async with await Wire.open(face.port) as third:
            reply = await third.hear()
            assert reply.status == 503
            assert json.loads(reply.body)["code"] == "overloaded"
        await first.close()
        async with asyncio.timeout(20):
            while face.open_connections > 1:
                await asyncio.sleep(0.005)
        async with await Wire.open(face.port) as again:
            await again.say(get("/v1/echo"))
            assert (await again.hear()).status == 200
        await second.close()
