"""/api/v1/artefacts: people look after their own stored files."""

from tests.artefacts.making import picture
from tests.control.conftest import Console

HOST = {"x-forwarded-host": "relay.example", "x-waystation-scheme": "https"}


async def test_a_person_lists_and_deletes_their_own(console: Console) -> None:
    ada = await console.account("ada@example.com")
    eve = await console.account("eve@example.com", role="operator")
    store = console.services.artefacts
    mine, other = await store.keep(ada, picture()), await store.keep(ada, picture("jpg"))
    hers = await store.keep(eve, picture())
    headers = await console.sign_in("ada@example.com")

    reply = await console.call("GET", "/api/v1/artefacts?limit=1", headers | HOST)
    page = await reply.json()
    assert (reply.status, page["has_more"]) == (200, True)
    cursor = page["next_cursor"]
    reply = await console.call("GET", f"/api/v1/artefacts?limit=5&cursor={cursor}", headers)
    listed = page["data"] + (await reply.json())["data"]
    assert {one["id"] for one in listed} == {mine.id, other.id}
    assert page["data"][0]["url"].startswith("https://relay.example/files/img/")
    assert reply.headers["cache-control"] == "no-store"

    reply = await console.call("DELETE", f"/api/v1/artefacts/{hers.id}", headers)
    assert (reply.status, (await reply.json())["error"]["code"]) == (404, "artefact_not_found")
    reply = await console.call("DELETE", f"/api/v1/artefacts/{mine.id}", headers)
    assert reply.status == 204
    reply = await console.call("DELETE", f"/api/v1/artefacts/{mine.id}", headers)
    assert reply.status == 404
    assert await store.find(mine.id) is None
    assert await store.find(hers.id) is not None


async def test_an_operator_too_sees_only_their_own(console: Console) -> None:
    ada = await console.account("ada@example.com")
    await console.account("boss@example.com", role="operator")
    kept = await console.services.artefacts.keep(ada, picture())
    headers = await console.sign_in("boss@example.com")
    reply = await console.call("GET", "/api/v1/artefacts", headers)
    assert (await reply.json())["data"] == []
    assert (await console.call("DELETE", f"/api/v1/artefacts/{kept.id}", headers)).status == 404


async def test_a_wrong_page_is_refused(console: Console) -> None:
    await console.account("ada@example.com")
    headers = await console.sign_in("ada@example.com")
    for query in ("limit=0", "limit=1000", "cursor=x", "limit=a"):
        reply = await console.call("GET", f"/api/v1/artefacts?{query}", headers)
        assert (reply.status, (await reply.json())["error"]["code"]) == (400, "invalid_value")
