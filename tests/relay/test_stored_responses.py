"""Responses that follow one another: kept by us, or by the upstream that made them."""

import json
from collections.abc import Callable
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
    token,
)
from tests.support.rogue import Rogue
from waystation.edge.response_memory import ResponseMemory
from waystation.storage.database import Database
from waystation.storage.main import stored_responses
from waystation.storage.stored_responses import end_expired_responses

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
    assert (await station.request("DELETE", f"{PATH}/{second['id']}", key=OTHER_KEY)).status == 404
    gone = await station.request("DELETE", f"{PATH}/{second['id']}")
    assert gone.json() == {"id": second["id"], "object": "response", "deleted": True}
    assert (await station.request("GET", f"{PATH}/{second['id']}")).status == 404


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
