"""Who may call what: every route of the table against every sort of caller."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.artefacts.making import picture
from tests.pictures.studio import Form
from tests.relay.conftest import Begin
from tests.sound.sounds import sound
from tests.support.gateway import CHAT, EMAIL, KEY, MODEL, Station, body, channel, document, token
from tests.support.rogue import Rogue
from tests.tasks.plant import facts
from waystation.artefacts.artefact import Artefact
from waystation.control.apply import open_store
from waystation.dialects.midjourney.forms import FORMS
from waystation.dialects.midjourney.speed import PREFIXES
from waystation.edge.routes import Route
from waystation.edge.suno.routes import PREFIXES as SONGS
from waystation.journal.row import Facts
from waystation.storage.database import next_epoch
from waystation.storage.main import accounts, channels
from waystation.tasks.begin import Order
from waystation.tasks.task import Request, Task

EVE = "eve@example.com"
ROOT = "root@example.com"
GONE = "gone@example.com"
KEYS = {
    "disabled token": "sk-proofs-disabled-0123456789abcdef",
    "expired token": "sk-proofs-expired-0123456789abcdef",
    "elsewhere": "sk-proofs-elsewhere-0123456789abcdef",
    "disabled account": "sk-proofs-gone-0123456789abcdef",
    "unknown": "sk-proofs-unknown-0123456789abcdef",
    "empty": "",
    "another account": "sk-proofs-eve-0123456789abcdef",
    "owner": KEY,
    "operator": "sk-proofs-root-0123456789abcdef",
}
CALLERS = ("anonymous", *KEYS)

PUBLIC = dict.fromkeys(CALLERS, 200)
TOKEN = {
    "anonymous": 401, "empty": 401, "unknown": 401, "disabled token": 401, "expired token": 401,
    "disabled account": 403, "elsewhere": 403, "another account": 200, "owner": 200,
    "operator": 200,
}  # fmt: skip
PROBE = {**TOKEN, "disabled token": 200, "expired token": 200, "disabled account": 200,
         "elsewhere": 200}  # fmt: skip
"""Balance probes work for keys that can no longer call."""
TASK = {**TOKEN, "another account": 404, "operator": 404}
"""Of the owner's account alone, whatever the role."""
RECEIPT = {**TOKEN, "another account": 404}
"""Of a request of the owner's."""
NOBODYS = {name: 404 if status == 200 else status for name, status in TOKEN.items()}
"""Of a thing that nobody has, or a call that the channel does not."""
VERBS = (
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
)
THEIRS = {**RECEIPT, "operator": 404}
"""Of a file of the owner's, which is gone when the operator comes."""

MINE = {**TOKEN, "another account": 400, "operator": 400}
"""Of a task of the owner's, where an unknown one is a 400."""

TABLE: dict[tuple[str, str], dict[str, int]] = {
    ("POST", "/v1/chat/completions"): TOKEN,
    ("POST", "/v1/completions"): TOKEN,
    ("POST", "/v1/embeddings"): TOKEN,
    ("POST", "/v1/moderations"): TOKEN,
    ("POST", "/v1/audio/speech"): TOKEN,
    ("POST", "/v1/audio/transcriptions"): TOKEN,
    ("POST", "/v1/audio/translations"): TOKEN,
    ("POST", "/v1/images/generations"): TOKEN,
    ("POST", "/v1/images/edits"): TOKEN,
    ("POST", "/v1/images/variations"): TOKEN,
    ("POST", "/recraft/v1/images/generations"): TOKEN,
    ("POST", "/ideogram/generate"): TOKEN,
    ("POST", "/ideogram/remix"): TOKEN,
    ("POST", "/v1/rerank"): TOKEN,
    ("POST", "/v2/rerank"): TOKEN,
    ("POST", "/v1/messages"): TOKEN,
    ("POST", "/v1/messages/count_tokens"): TOKEN,
    ("POST", "/v1/responses"): TOKEN,
    ("POST", "/v1/responses/input_tokens"): TOKEN,
    ("POST", "/v1/responses/compact"): TOKEN,
    ("GET", "/v1/responses/{response}"): NOBODYS,
    ("DELETE", "/v1/responses/{response}"): NOBODYS,
    ("GET", "/v1/responses/{response}/input_items"): NOBODYS,
    ("POST", "/v1/responses/{response}/cancel"): NOBODYS,
    **{
        ("POST", f"/{version}/models/{{model}}:{verb}"): TOKEN
        for version in ("v1", "v1beta", "v1alpha")
        for verb in VERBS
    },
    ("GET", "/v1/models"): TOKEN,
    ("GET", "/v1/models/{model:rest}"): TOKEN,
    ("GET", "/v1beta/models"): TOKEN,
    ("GET", "/v1beta/models/{model:rest}"): TOKEN,
    ("GET", "/v1alpha/models"): TOKEN,
    ("GET", "/v1alpha/models/{model:rest}"): TOKEN,
    ("GET", "/v1/dashboard/billing/subscription"): PROBE,
    ("GET", "/v1/dashboard/billing/usage"): PROBE,
    ("GET", "/dashboard/billing/subscription"): PROBE,
    ("GET", "/dashboard/billing/usage"): PROBE,
    ("GET", "/v1/generation"): RECEIPT,
    ("GET", "/v1/artefacts"): TOKEN,
    ("DELETE", "/v1/artefacts/{artefact}"): THEIRS,
    ("POST", "/api/upload"): TOKEN,
    ("GET", "/files/{kind}/{name}"): PUBLIC,
    ("GET", "/v1/tasks"): TOKEN,
    ("GET", "/v1/tasks/hook_secret"): TOKEN,
    ("GET", "/v1/tasks/{task}"): TASK,
    ("POST", "/v1/tasks/{task}/cancel"): TASK,
    ("GET", "/v1/tasks/{task}/deliveries"): TASK,
    ("GET", "/livez"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/api/hello"): PUBLIC,
    ("POST", "/mj/notify/{task}/{secret}"): PUBLIC,
    ("POST", "/suno/submit/{action}"): NOBODYS,
    ("POST", "/suno/uploads/audio-url"): NOBODYS,
    ("POST", "/suno/fetch"): TOKEN,
    ("GET", "/suno/fetch/{task}"): NOBODYS,
}
for _prefix in SONGS:
    _made = f"{_prefix}/generate"
    TABLE |= {("POST", f"{_made}{end}"): NOBODYS for end in ("", "/description-mode", "/lyrics")}
    TABLE |= {("GET", f"{_prefix}/{_path}"): NOBODYS for _path in ("feed/{ids}", "lyrics/{task}")}
for _prefix in PREFIXES:
    _task = f"{_prefix}/task"
    TABLE |= {("POST", _prefix + _path): TOKEN for _path in FORMS}
    TABLE |= {("GET", f"{_task}/{{task}}/{_path}"): MINE for _path in ("fetch", "image-seed")}
    TABLE |= {("POST", f"{_task}/{{task}}/cancel"): MINE}
    TABLE |= {("POST", f"{_task}/list-by-{_path}"): TOKEN for _path in ("condition", "ids")}
    TABLE |= {("GET", f"{_task}/{_path}"): TOKEN for _path in ("list", "queue")}
    TABLE |= {("GET", f"{_prefix}/image/{{task}}"): PUBLIC}
    TABLE |= {("GET", f"{_prefix}/image/{{task}}/{{n}}"): PUBLIC}

PICTURE = f"data:image/png;base64,{b64encode(picture()).decode()}"
HEARD = Form([("model", None, MODEL.encode()), ("file", "a.wav", sound("wav", 0.2))])
HUNG = Form([("file", "a.png", picture())], HEARD.boundary)
DRAWN = b'{"created":1,"data":[{"b64_json":"%b"}]}' % b64encode(picture())
SONG = {"prompt": "x", "gpt_description_prompt": "x", "url": "https://files.example/x.mp3"}
BODIES: dict[str, Any] = {
    **{pattern: SONG for method, pattern in TABLE if method == "POST" and "/suno" in pattern},
    "/suno/fetch": {},
    **{pattern: {} for method, pattern in TABLE if method == "POST" and "/mj" in pattern},
    "/v1/chat/completions": body(),
    "/v1/completions": {"model": MODEL, "prompt": "x"},
    "/v1/embeddings": {"model": MODEL, "input": "x"},
    "/v1/moderations": {"model": MODEL, "input": "x"},
    "/v1/audio/speech": {"model": MODEL, "input": "x", "voice": "alloy"},
    "/v1/audio/transcriptions": HEARD.body(),
    "/v1/audio/translations": HEARD.body(),
    "/api/upload": HUNG.body(),
    "/v1/images/generations": {"model": MODEL, "prompt": "x"},
    "/v1/images/edits": {"model": MODEL, "prompt": "x", "image": PICTURE},
    "/v1/images/variations": {"model": MODEL, "image": PICTURE},
    "/recraft/v1/images/generations": {"model": MODEL, "prompt": "x"},
    "/ideogram/generate": {"model": MODEL, "prompt": "x"},
    "/ideogram/remix": {"model": MODEL, "prompt": "x", "image_file": PICTURE},
    "/v1/rerank": {"model": MODEL, "query": "x", "documents": ["y"]},
    "/v2/rerank": {"model": MODEL, "query": "x", "documents": ["y"]},
    "/v1/messages": {**body(), "max_tokens": 9},
    "/v1/messages/count_tokens": body(),
    "/v1/responses": {"model": MODEL, "input": "x"},
    "/v1/responses/input_tokens": {"model": MODEL, "input": "x"},
    "/v1/responses/compact": {"model": MODEL, "input": "x"},
    ":embedContent": {"content": {"parts": [{"text": "x"}]}},
    ":batchEmbedContents": {"requests": [{"content": {"parts": [{"text": "x"}]}}]},
}
CONTENTS = {"contents": [{"role": "user", "parts": [{"text": "x"}]}]}
_RESPONSE = (
    b'{"id":"resp_1","object":"response","status":"completed","model":"m-1","output":'
    b'[{"type":"message","content":[{"type":"output_text","text":"x"}]}],'
    b'"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}'
)
ANSWERS = {
    "/v1/completions": b'{"id":"c","object":"text_completion","created":1,"model":"m-1","choices":'
    b'[{"index":0,"text":"x","finish_reason":"stop"}],"usage":{"prompt_tokens":1,'
    b'"completion_tokens":1,"total_tokens":2}}',
    "/v1/rerank": b'{"results":[{"index":0,"relevance_score":1}],"usage":{"total_tokens":1}}',
    "/v1/responses": _RESPONSE,
    "/v1/responses/compact": _RESPONSE,
    "/v1/responses/input_tokens": b'{"object":"response.input_tokens","input_tokens":1}',
    "/v1/embeddings": b'{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],'
    b'"model":"m-1","usage":{"prompt_tokens":1,"total_tokens":1}}',
    "/v1/moderations": b'{"id":"m","model":"m-1","results":[{"flagged":false,"categories":{},'
    b'"category_scores":{}}]}',
    "/v1/audio/transcriptions": b'{"text":"x"}',
    "/v1/audio/translations": b'{"text":"x"}',
    "/v1/images/generations": DRAWN,
    "/v1/images/edits": DRAWN,
    "/v1/images/variations": DRAWN,
}


@pytest.fixture
async def house(begin: Begin, rogue: Rogue) -> Station:
    for path, answer in ANSWERS.items():
        rogue.on(path, rogue.reply(200, answer))
    rogue.on("/v1/audio/speech", rogue.reply(200, sound(), {"content-type": "audio/mpeg"}))
    tokens = [
        token(),
        token("off", KEYS["disabled token"], enabled=False),
        token("old", KEYS["expired token"], expires="2020-01-01T00:00:00Z"),
        token("far", KEYS["elsewhere"], allow_ips=["192.0.2.0/24"]),
        token("hers", KEYS["another account"], EVE),
        token("its", KEYS["disabled account"], GONE),
        token("root", KEYS["operator"], ROOT),
    ]
    others = [
        {"email": EVE, "credit": "1"},
        {"email": GONE, "credit": "1", "enabled": False},
        {"email": ROOT, "credit": "1", "role": "operator"},
    ]
    ups = [
        channel("up", rogue.url),
        channel("ranker", rogue.url, vendor="jina"),
    ]
    return await begin(document(ups, tokens=tokens, accounts=others))


async def test_every_route_against_every_caller(house: Station) -> None:
    mine = await house.chat()
    await house.settled()
    linked, doomed = [await keep_picture(house) for _ in range(2)]
    link = house.gateway.site.artefacts.link(linked, "")
    made = await keep_task(house, linked)
    sign = await house.gateway.site.artefacts.signing()
    task = await begin_task(house)
    for route in house.gateway.table:
        expected = TABLE[route.method, route.pattern]
        for caller in CALLERS:
            key = KEYS.get(caller)
            path = address(route, mine.request_id, link, doomed.id, task)
            if "/mj" in path:
                path = task_address(route.pattern, made, sign)
            sent = body_of(route)
            kind = {"content-type": HEARD.content_type} if isinstance(sent, bytes) else None
            got = await house.request(route.method, path, sent, key, kind)
            where = f"{route.method} {path} as {caller}"
            assert got.status == expected[caller], f"{where}: {got.status} {got.body[:200]!r}"
            if got.status in (401, 403):
                assert got.json().get("error", got.json())["message"], where


async def keep_task(house: Station, artefact: Artefact) -> Task:
    """A finished one of the owner's."""
    account_id, image = house.account_ids[EMAIL], {"artefact": artefact.id}
    facts = Facts(
        "r", 1, account_id, 1, "t", "mj_imagine", "midjourney", "mj_imagine", False, "", "",
        "default", "", "1",
    )  # fmt: skip
    result = {"image": image, "images": [image], "properties": {"seed": "17"}}
    task = Task(
        id="1730621826053455", account_id=account_id, token_id=1, kind="midjourney",
        action="IMAGINE", state="SUCCESS", facts=facts, result=result, finished_ms=1,
    )  # fmt: skip
    await house.gateway.site.tasks.insert(task, Request(b"{}"))
    return task


def task_address(pattern: str, task: Task, sign: Callable[[str], str]) -> str:
    path = pattern.replace("{task}", task.id).replace("{n}", "1").replace("{secret}", "s")
    if "/image/" not in path:
        return path
    return sign("/mj/image/" + path.split("/image/")[1])


async def keep_picture(house: Station) -> Artefact:
    return await house.gateway.site.artefacts.keep(house.account_ids[EMAIL], picture())


async def begin_task(house: Station) -> str:
    """A task of the owner's account that holds nothing."""
    account_id = house.account_ids[EMAIL]
    of = facts(account_id=account_id)
    order = Order(kind="slow", facts=of, request=Request(b"{}"))
    return (await house.gateway.site.beginnings.begin_modal(order)).id


def body_of(route: Route[Any]) -> Any:
    """By its pattern, or by the verb at its end."""
    verb = f":{route.pattern.rpartition(':')[2]}"
    if verb.endswith(VERBS):
        return BODIES.get(verb, CONTENTS)
    return BODIES.get(route.pattern)


def address(route: Route[Any], request_id: str, link: str, artefact_id: str, task: str) -> str:
    path = route.pattern.replace("{model:rest}", MODEL).replace("{artefact}", artefact_id)
    path = path.replace("{task}", task).replace("{action}", "music").replace("{ids}", task)
    path = path.replace("{model}", MODEL)
    if path.startswith("/files/"):
        return link
    return f"{path}?id={request_id}" if path == "/v1/generation" else path


async def test_the_table_has_every_route_and_no_other(house: Station) -> None:
    rows = {(route.method, route.pattern): route.role for route in house.gateway.table}
    assert set(rows) == set(TABLE), "a new route needs its row in TABLE"
    for address, role in rows.items():
        assert (TABLE[address] is PUBLIC) == (role == "public"), address


async def test_what_each_refusal_is_called(house: Station) -> None:
    codes = {
        "anonymous": "missing_api_key", "empty": "empty_api_key", "unknown": "invalid_api_key",
        "disabled token": "token_disabled", "expired token": "token_expired",
        "disabled account": "user_banned", "elsewhere": "ip_not_allowed",
    }  # fmt: skip
    for caller, code in codes.items():
        got = await house.chat(key=KEYS.get(caller))
        assert got.error["code"] == code, caller
    assert not house.rogue.seen


async def test_every_form_of_a_credential(house: Station) -> None:
    forms: list[dict[str, str]] = [
        {"authorization": f"Bearer {KEY}"}, {"authorization": f"bearer   {KEY} "},
        {"authorization": KEY}, {"x-api-key": KEY}, {"x-goog-api-key": KEY},
        {"mj-api-secret": KEY}, {"mj-api-secret": f"Bearer {KEY}"},
        {"authorization": f'Bearer "{KEY}"'},
        {"authorization": "midjourney-proxy", "x-api-key": KEY},
    ]  # fmt: skip
    for headers in forms:
        got = await house.request("POST", CHAT, body(), None, headers)
        assert got.status == 200, headers
    assert (await house.request("POST", f"{CHAT}?key={KEY}", body(), None)).status == 200


async def test_only_operators_choose_a_channel(house: Station) -> None:
    database, _ = await open_store(house.settings)
    async with database.read() as connection:
        found = await connection.execute(select(channels.c.id).where(channels.c.name == "up"))
        number = found.scalar_one()
    await database.close()
    assert (await house.chat(key=f"{KEYS['operator']}-{number}")).status == 200
    got = await house.chat(key=f"{KEY}-{number}")
    assert (got.status, got.error["code"]) == (403, "channel_not_allowed")


async def test_a_revoked_account_is_refused_by_the_ledger_at_once(house: Station) -> None:
    """Before any gateway has noticed: its cache still says that the caller is well."""
    assert (await house.chat()).status == 200
    await house.apply_to_ledger(EMAIL, enabled=False)
    got = await house.chat()
    assert (got.status, got.error["code"]) == (403, "user_banned")
    assert len(house.rogue.seen) == 1


async def test_a_gateway_notices_within_a_moment(house: Station) -> None:
    assert (await house.chat()).status == 200
    database, _ = await open_store(house.settings)
    async with database.write() as connection:
        epoch = await next_epoch(connection, routing=False)
        version = accounts.c.version + 1
        values = {"enabled": False, "changed_epoch": epoch, "version": version}
        await connection.execute(update(accounts).where(accounts.c.email == EMAIL).values(**values))
    await database.close()
    await house.gateway.feed.look()
    got = await house.request("GET", "/v1/models")
    assert (got.status, got.error["code"]) == (403, "user_banned")


async def test_a_model_and_a_group_that_are_not_the_tokens(begin: Begin, rogue: Rogue) -> None:
    station = await begin(
        document(
            [
                channel("up", rogue.url, models=[MODEL, "m-2"]),
                channel("far", rogue.url, groups=["far"], models=["m-3"]),
            ],
            groups=[{"name": "default"}, {"name": "far", "selectable": True}],
            prices=[{"model": "m-*", "input": "1", "output": "1"}],
            tokens=[token(models=[MODEL, "m-3"])],
        )
    )
    codes = {"m-2": (403, "model_not_allowed"), "m-3": (404, "model_not_available_in_group")}
    for model, expected in codes.items():
        got = await station.chat(model=model)
        assert (got.status, got.error["code"]) == expected
    got = await station.chat(model="m-3")
    assert got.error["available_groups"] == ["far"]
    listed = (await station.request("GET", "/v1/models")).json()
    assert [one["id"] for one in listed["data"]] == [MODEL]
