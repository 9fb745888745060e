"""What the price library and other relays say, against servers on real sockets."""

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import aiohttp.web
import pytest
from sqlalchemy import delete, select, update

from tests.control.conftest import Console
from tests.desk.conftest import Caller, signed_in
from waystation.control.outward import OutwardFault
from waystation.control.price_list import ensure_catalogue
from waystation.control.price_sync.relay_prices import read_relay
from waystation.storage.main import prices, settings

PATH = "/api/v1/prices/proposals"
LIST: dict[str, Any] = {
    "success": True,
    "group_ratio": {"default": 1, "vip": 0.8},
    "data": [
        {
            "model_name": "gpt-4o",
            "quota_type": 0,
            "model_ratio": 1.25,
            "completion_ratio": 4,
            "cache_ratio": 0.5,
        },
        {"model_name": "same", "quota_type": 0, "model_ratio": 0.075, "completion_ratio": 4.0},
        {"model_name": "mj_imagine", "quota_type": 1, "model_price": 0.1, "model_ratio": 0},
        {"model_name": "nobody-s", "quota_type": 0, "model_ratio": 37.5, "completion_ratio": 1},
        {"model_name": "free", "quota_type": 0, "model_ratio": 0, "completion_ratio": 0},
        {"model_name": "", "model_ratio": 1},
        {"model_name": "wrong", "model_ratio": "1"},
        7,
    ],
}


class Elsewhere:
    def __init__(self) -> None:
        self.address = ""
        self.told: dict[str, Any] = {"/api/pricing": LIST}

    async def answer(self, request: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.json_response(self.told[request.path])


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    made = Elsewhere()
    app = aiohttp.web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    runner = aiohttp.web.AppRunner(app)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    made.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


async def offering(boss: Caller, *models: str) -> None:
    await boss.ok("POST", "/api/v1/groups", {"name": "default"})
    body = {"name": "north", "vendor": "openai", "keys": ["sk-000000000000"], "groups": ["default"]}
    await boss.ok("POST", "/api/v1/channels", body | {"models": list(models)})


async def test_another_relay_s_prices(both: Console, elsewhere: Elsewhere) -> None:
    boss = await signed_in(both, "boss@example.com", role="operator")
    await offering(boss, "gpt-4o", "same", "mj_*", "free")
    priced = {"gpt-4o": {"input": "3", "output": "10"}, "same": {"input": "0.15", "output": "0.60"}}
    for model, kinds in priced.items():
        await boss.ok("PUT", "/api/v1/prices", {"model": model, "kinds": kinds})
    asked = {"source": "relay", "url": elsewhere.address, "allow_private": True}
    told = await boss.ok("POST", PATH, asked)
    assert told["groups"] == {"default": "1", "vip": "0.8"}
    assert (told["unread"], told["looked_at"]) == (["free", "wrong"], 3)
    changed, new = told["proposals"]
    assert (changed["change"], changed["price"]["model"]) == ("changed", "gpt-4o")
    assert changed["now"] == {"input": "3", "output": "10"}
    assert changed["then"] == {"input": "2.5", "output": "10", "cached_input": "1.25"}
    assert (new["change"], new["then"]) == ("new", {"per_call": "0.1"})
    for body in ({"group": "vip"}, {"factor": "0.8"}):
        (first, *_) = (await boss.ok("POST", PATH, asked | body))["proposals"]
        assert first["then"] == {"input": "2", "output": "8", "cached_input": "1"}
    everything = (await boss.ok("POST", PATH, asked | {"offered_only": False}))["proposals"]
    assert [each["price"]["model"] for each in everything] == ["gpt-4o", "mj_imagine", "nobody-s"]

    some = {"prices": [changed["price"]], "effective_at": "2026-01-01T00:00:00Z"}
    assert (await boss.ok("POST", "/api/v1/prices/accept", some))["changed"] == 1
    assert (await boss.ok("POST", "/api/v1/prices/accept", some))["changed"] == 0
    left = (await boss.ok("POST", PATH, asked))["proposals"]
    assert [each["price"]["model"] for each in left] == ["mj_imagine"]
    history = (await boss.get("/api/v1/prices?model=gpt-4o"))["data"]
    assert [each["kinds"]["input"] for each in history] == ["2.5", "3"]
    (line, *_) = (await boss.get("/api/v1/audit?kind=price"))["data"]
    assert (line["subject"], "gpt-4o" in json.dumps(line["after"])) == ("1 prices", True)


async def test_relays_that_answer_nonsense(
    console: Console, boss: Caller, elsewhere: Elsewhere
) -> None:
    asked = {"source": "relay", "url": elsewhere.address, "allow_private": True}
    assert await boss.refused("POST", PATH, asked | {"group": "nobody-s"}) == "upstream_error"
    assert await boss.refused("POST", PATH, asked | {"allow_private": False}) == "upstream_error"
    assert await boss.refused("POST", PATH, asked | {"url": ""}) == "missing_field"
    assert await boss.refused("POST", PATH, asked | {"factor": "-1"}) == "invalid_value"
    elsewhere.told["/api/pricing"] = [1]
    assert await boss.refused("POST", PATH, asked) == "upstream_error"
    for wrong in (
        {"prices": []},
        {"prices": [{"model": "m"}]},
        {"prices": [{"model": "m", "kinds": {"output": "1", "speed": "1"}}]},
        {"prices": [{"model": "m", "kinds": {"input": "1"}}] * 2},
        {"prices": [{"model": "m", "kinds": {"input": "-1"}}]},
    ):
        code = await boss.refused("POST", "/api/v1/prices/accept", wrong)
        assert code in ("invalid_value", "invalid_request"), wrong


async def test_what_a_file_manages_is_not_accepted_over(console: Console, boss: Caller) -> None:
    terms = {"model": "m", "kinds": {"input": "1", "output": "2"}}
    body = {"prices": [terms], "effective_at": "2026-01-01T00:00:00Z"}
    await boss.ok("POST", "/api/v1/prices/accept", body)
    async with console.store.write() as connection:
        await connection.execute(update(prices).values(managed=True))
    changed = {**body, "prices": [terms | {"kinds": {"input": "2", "output": "2"}}]}
    assert await boss.refused("POST", "/api/v1/prices/accept", changed) == "managed_by_file"


async def test_the_library_as_installed_and_newer(
    console: Console, boss: Caller, elsewhere: Elsewhere
) -> None:
    await ensure_catalogue(console.store)
    await offering(boss, "gpt-4o", "gpt-4o-mini", "gpt-new")
    assert (await boss.ok("POST", PATH, {"source": "catalogue"}))["proposals"] == []
    own = {"model": "gpt-4o", "kinds": {"input": "99", "output": "99"}}
    await boss.ok("PUT", "/api/v1/prices", own)
    (found,) = (await boss.ok("POST", PATH, {"source": "catalogue"}))["proposals"]
    assert (found["price"]["model"], found["now"]) == ("gpt-4o", {"input": "99", "output": "99"})
    accepted = {"prices": [found["price"]]}
    assert (await boss.ok("POST", "/api/v1/prices/accept", accepted))["changed"] == 1
    assert (await boss.ok("POST", PATH, {"source": "catalogue"}))["proposals"] == []

    def model(name: str, **kinds: Any) -> dict[str, Any]:
        return {"id": name, "match": {"equals": name}, "prices": kinds}

    elsewhere.told["/data.json"] = [
        {
            "id": "openai",
            "name": "OpenAI",
            "api_pattern": "https://api\\.openai\\.com",
            "model_match": {"contains": "gpt"},
            "models": [
                model("gpt-4o-mini", input_mtok=0.1, output_mtok=0.4),
                model("gpt-new", input_mtok=1, output_mtok=2),
            ],
        }
    ]
    asked = {"source": "library", "url": f"{elsewhere.address}/data.json", "allow_private": True}
    told = (await boss.ok("POST", PATH, asked))["proposals"]
    assert [(each["change"], each["price"]["model"]) for each in told] == [
        ("changed", "gpt-4o-mini"),
        ("new", "gpt-new"),
    ]
    assert told[0]["then"] == {"input": "0.1", "output": "0.4"}
    for nonsense in ({"a": 1}, [{"id": 1}]):
        elsewhere.told["/data.json"] = nonsense
        assert await boss.refused("POST", PATH, asked) == "upstream_error"


async def test_a_new_edition_waits_where_it_shall(console: Console, boss: Caller) -> None:
    """As after an upgrade: the store has an older edition, another price and a model less."""
    await ensure_catalogue(console.store)
    await offering(boss, "gpt-4o", "gpt-4o-mini")
    path = "/api/v1/settings/catalogue"
    assert await boss.get(path) == {"follow": True}
    assert await boss.ok("PUT", path, {"follow": False}) == {"follow": False}

    async def upgraded() -> list[tuple[str, str]]:
        shipped = prices.c.source == "catalogue"
        async with console.store.write() as connection:
            old = update(prices).where(shipped, prices.c.model == "gpt-4o").values(input="7")
            await connection.execute(old)
            gone = delete(prices).where(shipped, prices.c.model == "gpt-4o-mini")
            await connection.execute(gone)
            edition = settings.c.name == "catalogue_edition"
            await connection.execute(update(settings).where(edition).values(value='"older"'))
        await ensure_catalogue(console.store)
        names = ("gpt-4o", "gpt-4o-mini")
        query = select(prices.c.model, prices.c.input).where(shipped, prices.c.model.in_(names))
        async with console.store.read() as connection:
            rows = (await connection.execute(query.order_by(prices.c.model))).all()
        return [(row.model, row.input) for row in rows]

    assert await upgraded() == [("gpt-4o", "7"), ("gpt-4o-mini", "0.15")]
    (found,) = (await boss.ok("POST", PATH, {"source": "catalogue"}))["proposals"]
    assert (found["now"]["input"], found["then"]["input"]) == ("7", "2.5")
    await boss.ok("POST", "/api/v1/prices/accept", {"prices": [found["price"]]})
    assert (await boss.ok("POST", PATH, {"source": "catalogue"}))["proposals"] == []
    await boss.ok("PUT", path, {"follow": True})
    assert await upgraded() == [("gpt-4o", "2.5"), ("gpt-4o-mini", "0.15")]


def test_ratios_become_money_exactly() -> None:
    told = read_relay(
        {
            "data": [
                {
                    "model_name": "m",
                    "model_ratio": 0.1,
                    "completion_ratio": 3,
                    "create_cache_ratio": 1.25,
                    "audio_ratio": 2,
                    "audio_completion_ratio": 2.5,
                }
            ]
        },
        "",
        Decimal(1),
    )
    (row,) = told.rows
    assert (row.input, row.output, row.cache_write_5m) == ("0.2", "0.6", "0.25")
    assert (row.audio_in, row.audio_out, row.cached_input) == ("0.4", "1", None)
    with pytest.raises(OutwardFault):
        read_relay({"data": []}, "vip", Decimal(1))
