"""Responses that follow one another: kept by us, or by the upstream that made them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from tests.relay.conftest import Begin
from tests.support.gateway import (
    EMAIL,
    KEY,
    MODEL,
    UPSTREAM_KEY,
    Station,
    channel,
    document,
    open_station,
    token,
)
from tests.support.postgres import postgres_dsn, postgres_server
from tests.support.rogue import Rogue
from waystation.control.apply import first_start
from waystation.edge.response_memory import ResponseMemory
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.main import stored_responses
from waystation.storage.stored_responses import end_expired_responses

__all__ = ["postgres_dsn", "postgres_server"]

PATH = "/v1/responses"
OTHER_KEY = "sk-relay-proofs-of-another-account"
OTHERS = {
    "accounts": [{"email": "bob@example.com", "credit": "10"}],
    "tokens": [token(), token("desk", OTHER_KEY, "bob@example.com")],
}


def ask(text: str, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": text, **more}


def chat_upstream(rogue: Rogue) -> dict[str, Any]:
    return channel("up", rogue.url, vendor="openai-compatible")


def database_of(station: Station) -> Database:
    return Database.of(station.settings)


async def rows_of(database: Database) -> int:
    async with database.read() as connection:
        found = await connection.execute(select(func.count()).select_from(stored_responses))
        return int(found.scalar_one())


async def test_what_we_keep_is_said_again(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)], **OTHERS))
    rogue.queue(rogue.chat("Rialto."), rogue.stream(), rogue.chat("Tower."))
    first = (
        await station.request("POST", PATH, ask("Name a bridge.", instructions="Brief."))
    ).json()
    assert first["store"] is True
    streamed = await station.request(
        "POST", PATH, ask("And another?", previous_response_id=first["id"], stream=True)
    )
    last = json.loads(streamed.body.split(b"\n\n")[-2].partition(b"data: ")[2])
    second = last["response"]
    assert second["previous_response_id"] == first["id"]
    third = await station.request("POST", PATH, ask("A third?", previous_response_id=second["id"]))
    assert third.status == 200
    told = json.loads(rogue.seen[2].body)["messages"]
    assert [(one["role"], _text(one)) for one in told] == [
        ("user", "Name a bridge."),
        ("assistant", "Rialto."),
        ("user", "And another?"),
        ("assistant", "hello there"),
        ("user", "A third?"),
    ]
    shown = await station.request("GET", f"{PATH}/{second['id']}")
    assert shown.json() == second
    assert (await station.request("GET", f"{PATH}/{second['id']}", key=OTHER_KEY)).status == 404
    reply = await station.request(
        "POST", PATH, ask("x", previous_response_id=second["id"]), OTHER_KEY
    )
    assert (reply.status, reply.error["code"]) == (404, "response_not_found")
    assert reply.error["param"] == "previous_response_id"
    assert (await station.request("DELETE", f"{PATH}/{second['id']}", key=OTHER_KEY)).status == 404
    gone = await station.request("DELETE", f"{PATH}/{second['id']}")
    assert gone.json() == {"id": second["id"], "object": "response", "deleted": True}
    missed = await station.request("GET", f"{PATH}/{second['id']}")
    assert (missed.status, missed.error["param"]) == (404, None)  # it was asked by its address


def _text(message: dict[str, Any]) -> str:
    content = message["content"]
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content)


async def test_it_is_sealed_and_ends(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)]))
    database = database_of(station)
    try:
        kept = (await station.request("POST", PATH, ask("Canary words."))).json()
        unkept = (await station.request("POST", PATH, ask("Name it.", store=False))).json()
        await _written(station)
        assert await rows_of(database) == 1
        async with database.read() as connection:
            (row,) = (await connection.execute(select(stored_responses))).all()
        assert row.sealed.startswith("v1.")
        assert "Canary" not in row.sealed
        assert row.expires_ms - row.created_ms == 30 * 86_400_000
        assert (await station.request("GET", f"{PATH}/{unkept['id']}")).status == 404
        async with database.write() as connection:
            await connection.execute(update(stored_responses).values(expires_ms=1))
        assert (await station.request("GET", f"{PATH}/{kept['id']}")).status == 404
        assert await end_expired_responses(database, 10) == 1
        assert await rows_of(database) == 0
    finally:
        await database.close()


async def _written(station: Station) -> None:
    memory = station.gateway.site.responses
    assert memory is not None
    await memory.close()


async def test_another_worker_finds_it(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)]))
    first = (await station.request("POST", PATH, ask("Name a bridge."))).json()
    own = station.gateway.site.responses
    assert own is not None
    station.gateway.site.responses = ResponseMemory(own._table, 4096)
    reply = await station.request("POST", PATH, ask("More?", previous_response_id=first["id"]))
    assert reply.status == 200
    assert len(json.loads(rogue.seen[1].body)["messages"]) == 3
    await _written(station)
    station.gateway.site.responses = own
    large = (await station.request("POST", PATH, ask("Name a bridge."))).json()
    assert (await station.request("GET", f"{PATH}/{large['id']}")).status == 200


async def test_a_large_one_is_not_kept(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)]), response_bytes_max=1024)
    large = (await station.request("POST", PATH, ask("Name a bridge. " * 100))).json()
    assert (await station.request("GET", f"{PATH}/{large['id']}")).status == 404


def native(rogue: Rogue, identity: str) -> Callable[[Any], Any]:
    text = {"type": "output_text", "text": "Rialto.", "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [text]}
    usage = {"input_tokens": 40, "output_tokens": 5, "total_tokens": 45}
    response = {
        "id": identity,
        "object": "response",
        "status": "completed",
        "model": "up-1",
        "output": [message],
        "usage": usage,
    }
    return rogue.reply(200, json.dumps(response).encode())


async def test_what_an_upstream_keeps_stays_there(begin: Begin, rogue: Rogue) -> None:
    keys = [UPSTREAM_KEY, f"{UPSTREAM_KEY}-two", f"{UPSTREAM_KEY}-three"]
    channels = [
        channel("a", rogue.url, keys=keys, model_map={MODEL: "up-1"}),
        channel("b", f"{rogue.url}/b", keys=["sk-upstream-of-b-000000"]),
    ]
    station = await begin(document(channels, **OTHERS))
    rogue.answer(native(rogue, "resp_up_1"))
    reply = await station.request("POST", PATH, ask("Name a bridge."))
    assert reply.json()["id"] == "resp_up_1"
    place = (rogue.seen[0].path, rogue.seen[0].headers["authorization"])
    for number in range(6):
        rogue.answer(native(rogue, f"resp_up_{number + 2}"))
        follow = ask("More?", previous_response_id=f"resp_up_{number + 1}")
        assert (await station.request("POST", PATH, follow)).status == 200
        seen = rogue.seen[-1]
        assert (seen.path, seen.headers["authorization"]) == place
        assert json.loads(seen.body)["previous_response_id"] == f"resp_up_{number + 1}"
    before = len(rogue.seen)
    for key, path in ((OTHER_KEY, "resp_up_1"), (KEY, "resp_up_99")):
        assert (await station.request("GET", f"{PATH}/{path}", key=key)).status == 404
        follow = ask("More?", previous_response_id=path)
        assert (await station.request("POST", PATH, follow, key)).status == 404
    assert len(rogue.seen) == before
    shown = await station.request("GET", f"{PATH}/resp_up_7")
    assert (shown.status, shown.json()["model"]) == (200, MODEL)
    assert rogue.seen[-1].method == "GET"
    assert rogue.seen[-1].path == f"{place[0]}/resp_up_7"
    assert rogue.seen[-1].headers["authorization"] == place[1]
    rogue.answer(rogue.reply(200, b'{"id":"resp_up_7","object":"response","deleted":true}'))
    assert (await station.request("DELETE", f"{PATH}/resp_up_7")).json()["deleted"] is True
    assert rogue.seen[-1].method == "DELETE"
    assert (await station.request("GET", f"{PATH}/resp_up_7")).status == 404


async def test_the_context_is_held_for(begin: Begin, rogue: Rogue) -> None:
    """What the upstream remembers is part of the next prompt's bound."""
    station = await begin(document([channel("up", rogue.url)], credit="0.02"))
    rogue.answer(native(rogue, "resp_1"))
    limited = {"max_output_tokens": 16}
    assert (await station.request("POST", PATH, ask("Hi", **limited))).status == 200
    stored = await _memory(station).find(station.account_ids[EMAIL], "resp_1")
    assert stored.context_tokens == 45


def _memory(station: Station) -> ResponseMemory:
    memory = station.gateway.site.responses
    assert memory is not None
    return memory


async def test_the_store_away_is_a_503(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)]))
    path = station.settings.data / "main.db"
    hidden = path.with_name("main.hidden")
    path.rename(hidden)
    path.mkdir()
    try:
        # Only now: whoever asks between would open the file again, and keep it.
        await _memory(station)._table._database.close()
        reply = await station.request("GET", f"{PATH}/resp_x")
        assert reply.status == 503
    finally:
        path.rmdir()
        hidden.rename(path)


async def items_of(station: Station, identity: str, query: str = "") -> Any:
    return (await station.request("GET", f"{PATH}/{identity}/input_items{query}")).json()


async def test_the_items_that_a_response_was_asked_with(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([chat_upstream(rogue)], **OTHERS))
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    result = {"type": "function_call_output", "call_id": "c1", "output": "21"}
    given = [{"role": "user", "content": "Name a bridge."}, call, result]
    first = (await station.request("POST", PATH, ask("", input=given))).json()
    told = await items_of(station, first["id"], "?order=asc")
    assert [item["type"] for item in told["data"]] == [
        "message",
        "function_call",
        "function_call_output",
    ]
    assert told["data"][0]["content"] == [{"type": "input_text", "text": "Name a bridge."}]
    ids = [item["id"] for item in told["data"]]
    assert len(set(ids)) == 3
    assert (told["first_id"], told["last_id"], told["has_more"]) == (ids[0], ids[-1], False)
    newest = await items_of(station, first["id"], "?limit=2")
    assert [item["id"] for item in newest["data"]] == [ids[2], ids[1]]
    assert newest["has_more"] is True
    rest = await items_of(station, first["id"], f"?limit=2&after={ids[1]}")
    assert ([item["id"] for item in rest["data"]], rest["has_more"]) == ([ids[0]], False)
    none = await items_of(station, first["id"], f"?order=asc&after={ids[-1]}")
    assert (none["data"], none["first_id"]) == ([], None)
    for query in ("limit=0", "limit=101", "limit=x", "order=up", "after=nobody", "after=a%2Fb"):
        path = f"{PATH}/{first['id']}/input_items?{query}"
        reply = await station.request("GET", path)
        assert (reply.status, reply.error["param"]) == (400, query.partition("=")[0])
    for path, key in ((f"{PATH}/{first['id']}/input_items", OTHER_KEY), (f"{PATH}/no/cancel", KEY)):
        method = "POST" if path.endswith("cancel") else "GET"
        assert (await station.request(method, path, key=key)).status == 404
    shown = await station.request("GET", f"{PATH}/{first['id']}?stream=true")
    assert (shown.status, shown.error["param"]) == (400, "stream")
    cancelled = await station.request("POST", f"{PATH}/{first['id']}/cancel")
    assert (cancelled.status, cancelled.error["code"]) == (400, "invalid_request")
    background = await station.request("POST", PATH, ask("x", background=True))
    assert (background.status, background.error["param"]) == (400, "background")


async def test_an_upstream_s_own_items_are_asked_of_it(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url)]))
    rogue.answer(native(rogue, "resp_up_1"))
    await station.request("POST", PATH, ask("Name a bridge."))
    rogue.answer(rogue.reply(200, b'{"object":"list","data":[]}'))
    told = await items_of(station, "resp_up_1", "?after=msg_1&host=evil&limit=5")
    assert told == {"object": "list", "data": []}
    seen = rogue.seen[-1]
    assert seen.path.endswith("/responses/resp_up_1/input_items")
    assert seen.target.partition("?")[2] == "limit=5&order=desc&after=msg_1"
    count = len(rogue.seen)
    assert (await station.request("POST", f"{PATH}/resp_up_1/cancel")).status == 400
    assert len(rogue.seen) == count


async def test_on_postgresql(postgres_dsn: str, tmp_path: Path, rogue: Rogue) -> None:
    """Kept, said again, shown, listed, deleted and ended, by one of two gateways' stores."""
    template = tmp_path / "template"
    await first_start(Settings(data=template, database=postgres_dsn))
    what = document([chat_upstream(rogue)], **OTHERS)
    async with open_station(template, tmp_path, what, rogue, database=postgres_dsn) as station:
        first = (await station.request("POST", PATH, ask("Name a bridge."))).json()
        await _written(station)
        own = station.gateway.site.responses
        assert own is not None
        station.gateway.site.responses = ResponseMemory(own._table, 1 << 20)
        follow = ask("More?", previous_response_id=first["id"])
        second = (await station.request("POST", PATH, follow)).json()
        assert len(json.loads(rogue.seen[1].body)["messages"]) == 3
        await _written(station)
        station.gateway.site.responses = own
        shown = await station.request("GET", f"{PATH}/{second['id']}")
        assert shown.json() == second
        assert len((await items_of(station, first["id"]))["data"]) == 1
        assert (await station.request("GET", f"{PATH}/{first['id']}", key=OTHER_KEY)).status == 404
        await station.request("DELETE", f"{PATH}/{first['id']}")
        assert (await station.request("GET", f"{PATH}/{first['id']}")).status == 404
        database = database_of(station)
        try:
            async with database.write() as connection:
                await connection.execute(update(stored_responses).values(expires_ms=1))
            assert await end_expired_responses(database, 10) == 1
            assert await rows_of(database) == 0
        finally:
            await database.close()
