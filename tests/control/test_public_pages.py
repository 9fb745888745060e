"""What anybody may read: landing page, status, prices."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from tests.control.conftest import Console
from waystation.control.built_console.files import SiteFiles
from waystation.control.site import Site, write_setting
from waystation.storage import main


@pytest.fixture
def unbuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree where nobody built the console."""
    monkeypatch.setattr("waystation.control.endpoints.console._FILES", SiteFiles(tmp_path))


async def test_the_console_s_page_is_at_each_of_its_addresses(console: Console) -> None:
    pages = [
        await (await console.call("GET", path)).text()
        for path in ("/", "/console/tokens", "/account/reset")
    ]
    assert len(set(pages)) == 1
    (script,) = re.findall(r'<script type="module" crossorigin src="(/assets/[^"]+)"', pages[0])
    reply = await console.call("GET", script, {"accept-encoding": "br"})
    assert reply.status == 200
    assert "immutable" in reply.headers["cache-control"]
    same = await console.call("GET", script, {"if-none-match": reply.headers["etag"]})
    assert same.status == 304


@pytest.mark.usefixtures("unbuilt")
async def test_the_landing_page_speaks_the_readers_language(console: Console) -> None:
    for header, lang, word in (
        ("en-GB,en;q=0.9", "en", "Base address"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh", "接口地址"),
        ("fr", "en", "Base address"),  # the deployment's own
    ):
        reply = await console.call("GET", "/", {"accept-language": header})
        page = await reply.text()
        assert f'<html lang="{lang}">' in page
        assert word in page


async def test_the_landing_page_takes_nothing_from_elsewhere(console: Console) -> None:
    reply = await console.call("GET", "/")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert not re.findall(r'(?:src|href)="(?!/)', await reply.text())


@pytest.mark.usefixtures("unbuilt")
async def test_the_landing_page_shows_the_address_it_was_asked_at(console: Console) -> None:
    said = {"x-forwarded-host": "relay.example", "x-waystation-scheme": "https"}
    assert "https://relay.example/v1" in await (await console.call("GET", "/", said)).text()


@pytest.mark.usefixtures("unbuilt")
async def test_a_host_that_is_markup_is_escaped(console: Console) -> None:
    said = {"x-forwarded-host": '"><script>alert(1)</script>'}
    assert "<script" not in await (await console.call("GET", "/", said)).text()


async def test_status(console: Console) -> None:
    body = await (await console.call("GET", "/api/status")).json()
    assert body["success"] is True
    assert body["data"]["quota_per_unit"] == 500_000


async def add(console: Console, table: Any, **values: Any) -> int:
    async with console.store.write() as connection:
        row = insert(table).values(**values).returning(table.c.id)
        return int((await connection.execute(row)).scalar_one())


async def channel(console: Console, name: str, vendor: str = "openai", **more: Any) -> int:
    for field in ("models", "groups", "model_map"):
        if field in more:
            more[field] = json.dumps(more[field])
    return await add(console, main.channels, name=name, vendor=vendor, **more)


async def pricing(console: Console) -> tuple[dict[str, Any], dict[str, Any]]:
    body = await (await console.call("GET", "/api/pricing")).json()
    return body, {model["model_name"]: model for model in body["data"]}


async def test_pricing(console: Console) -> None:
    await add(console, main.groups, name="default", rate="1", selectable=True, label="Everyday")
    own = await add(console, main.groups, name="official", rate="1.65", own_members=True)
    await add(console, main.groups, name="secret", rate="0.1", visible=False)
    await channel(
        console,
        "north",
        groups=["default", "secret"],
        models=["gpt-4o-mini", "gpt-4-gizmo-*"],
        model_map={"fast": "gpt-4o-mini"},
    )
    south = await channel(console, "south", models=["gpt-4o-mini"], groups=["default"])
    await channel(console, "off", models=["gone"], groups=["default"], enabled=False)
    async with console.store.write() as connection:
        await connection.execute(insert(main.group_members).values(group_id=own, channel_id=south))
    price = {"source": "override", "version": "1"}
    await add(
        console,
        main.prices,
        model="gpt-4o-mini",
        input="0.15",
        output="0.6",
        cached_input="0.075",
        **price,
    )
    await add(console, main.prices, model="gpt-4-gizmo-*", per_call="0.04", **price)

    body, models = await pricing(console)
    assert set(models) == {"gpt-4o-mini", "gpt-4-gizmo-*", "fast"}
    mini = models["gpt-4o-mini"]
    assert mini["enable_groups"] == ["default", "official"]
    assert mini["model_ratio"] == 0.075
    assert mini["completion_ratio"] == 4
    assert mini["official_price"] == {"input": "0.15", "cached_input": "0.075", "output": "0.6"}
    assert mini["group_prices"]["official"] == {
        "input": "0.2475",
        "cached_input": "0.12375",
        "output": "0.99",
    }
    gizmo = models["gpt-4-gizmo-*"]
    assert (gizmo["quota_type"], gizmo["model_price"]) == (1, 0.04)
    assert gizmo["group_prices"] == {"default": {"per_call": "0.04"}}
    assert "official_price" not in models["fast"]
    assert body["group_ratio"] == {"default": 1, "official": 1.65}
    assert body["usable_group"] == {"default": "Everyday"}


async def test_the_demo_costs_nothing_unless_priced(console: Console) -> None:
    await add(console, main.groups, name="default", rate="1")
    await channel(console, "demo", "demo", groups=["default"], models=["*"])
    _, models = await pricing(console)
    assert models["*"]["official_price"] == {"input": "0", "output": "0"}


async def test_pricing_tells_no_channel(console: Console) -> None:
    await add(console, main.groups, name="default", rate="1")
    await channel(console, "north-secret-name", groups=["default"], models=["m"])
    assert "north" not in await (await console.call("GET", "/api/pricing")).text()


@pytest.mark.parametrize("path", ["/openapi.json", "/api/status"])
async def test_public_pages_need_no_store(console: Console, path: str) -> None:
    await console.store.close()
    assert (await console.call("GET", path)).status == 200


async def test_the_docs_leave_prices_out_without_the_store(console: Console) -> None:
    async with console.store.write() as connection:
        await connection.execute(text("ALTER TABLE settings RENAME TO elsewhere"))
    reply = await console.call("GET", "/docs/en/chat/whole")
    assert reply.status == 200
    assert "Prices cannot be shown at the moment." in await reply.text()


async def test_the_docs_keep_prices_from_strangers(console: Console) -> None:
    await add(console, main.groups, name="default", rate="1.25")
    await channel(console, "north", groups=["default"], models=["gpt-4o-mini"])
    price = {"source": "override", "version": "1", "input": "0.16", "output": "0.64"}
    await add(console, main.prices, model="gpt-4o-mini", **price)
    async with console.store.write() as connection:
        await write_setting(connection, Site(public_pricing=False))
    await console.account("ada@example.com")
    stranger = await (await console.call("GET", "/docs/en/chat/whole")).text()
    assert "Prices are shown after you have signed in." in stranger
    assert "$0.2" not in stranger
    headers = await console.sign_in("ada@example.com")
    assert (
        "in $0.2, out $0.8"
        in await (await console.call("GET", "/docs/en/chat/whole", headers)).text()
    )
