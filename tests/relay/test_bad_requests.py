"""Bodies, headers and queries that were made to hurt: refused with a reason, never a 500, and
nothing of them chooses where a request goes or with whose key."""

import json
from typing import Any

from tests.relay.conftest import Begin
from tests.support.gateway import (
    CHAT,
    INPUT_NANOS,
    KEY,
    MODEL,
    OUTPUT_NANOS,
    UPSTREAM_KEY,
    Station,
    body,
    channel,
    document,
)
from tests.support.rogue import Rogue
from tests.support.script import USAGE

HEAD = b'{"model":"m-1","messages":[{"role":"user","content":"hi"}]'
HORRORS: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b"  \n ",
    "a word": b"hello",
    "an array": b"[]",
    "null": b"null",
    "a string": b'"model"',
    "unclosed": HEAD,
    "rubbish behind": HEAD + b"} x",
    "two objects": HEAD + b"}" + HEAD + b"}",
    "a comma too many": HEAD + b",}",
    "a comment": HEAD + b"} // no",
    "single quotes": b"{'model':'m-1'}",
    "NaN": HEAD + b',"temperature":NaN}',
    "Infinity": HEAD + b',"temperature":-Infinity}',
    "1e999": HEAD + b',"temperature":1e999}',
    "1e999 for a count": HEAD + b',"max_tokens":1e999}',
    "a leading zero": HEAD + b',"max_tokens":012}',
    "invalid utf-8": HEAD + b',"user":"\xff\xfe"}',
    "invalid utf-8 in the prompt": b'{"model":"m-1","messages":[{"role":"user","content":"\xc3"}]}',
    "cut inside a character": HEAD.replace(b"hi", b"\xe4\xbd") + b"}",
    "utf-16": ('{"model":"m-1"}').encode("utf-16"),
    "a lone surrogate for the model": b'{"model":"\\ud800","messages":[]}',
    "a lone surrogate in the prompt": HEAD.replace(b"hi", b"\\ud800") + b"}",
    "a control character": HEAD.replace(b"hi", b"\x00\x01") + b"}",
    "deep arrays": HEAD + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": HEAD + b',"x":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"}",
    "deep in the messages": b'{"model":"m-1","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "no model": b'{"messages":[]}',
    "no messages": b'{"model":"m-1"}',
    "a number for the model": b'{"model":1,"messages":[]}',
    "an empty model": b'{"model":"","messages":[{"role":"user","content":"x"}]}',
    "a text for messages": b'{"model":"m-1","messages":"hello"}',
}
BAD_VALUES: list[tuple[str, Any]] = [
    ("n", -1), ("n", 0), ("n", 1.5), ("n", True), ("n", 10**30), ("n", 17), ("n", "many"),
    ("max_tokens", -5), ("max_tokens", 1.5), ("max_tokens", True), ("max_tokens", 10**30),
    ("max_tokens", "abc"), ("max_tokens", []), ("max_completion_tokens", -1),
    ("stream", "yes"), ("stream", 3), ("stream_options", 5),
]  # fmt: skip


async def test_horrors_are_refused_with_400(station: Station) -> None:
    for name, horror in HORRORS.items():
        got = await station.request("POST", CHAT, horror)
        assert got.status == 400, (name, got.status, got.body[:200])
        assert got.error["type"] == "invalid_request_error", name
        assert got.error["message"], name
    assert not station.rogue.seen
    assert (await station.check())["voided"] == 0, "none was held"


async def test_absurd_values_are_refused_before_they_are_multiplied(station: Station) -> None:
    for field, value in BAD_VALUES:
        got = await station.chat(**{field: value})
        assert got.status == 400, (field, value, got.body[:200])
        assert got.error["param"] == field, (field, value)
    assert not station.rogue.seen


async def test_of_repeated_keys_the_last_wins_and_is_what_is_billed(
    begin: Begin, rogue: Rogue
) -> None:
    costly = {"model": "costly", "input": "1000", "output": "2000"}
    what = document([channel("up", rogue.url, models=[MODEL, "costly"])], prices=[costly])
    station = await begin(what)
    cost = USAGE["prompt_tokens"] * INPUT_NANOS + USAGE["completion_tokens"] * OUTPUT_NANOS
    for first, last, factor in (("costly", MODEL, 1), (MODEL, "costly", 1000)):
        raw = b'{"model":"%s",' % first.encode() + HEAD[1:].replace(b"m-1", last.encode())
        raw += b',"messages":[{"role":"user","content":"the last"}],"max_tokens":9,"max_tokens":5}'
        got = await station.request("POST", CHAT, raw)
        assert got.status == 200
        sent = rogue.seen[-1].body
        assert sent.count(b'"model"') == sent.count(b'"messages"') == 1
        assert sent.count(b'"max_tokens"') == 1
        told = rogue.seen[-1].json()
        assert (told["model"], told["messages"][0]["content"]) == (last, "the last")
        assert told["max_tokens"] == 5
        row = await station.row(got.request_id)
        assert (row.facts.model, row.nanos) == (last, cost * factor)


async def test_what_nobody_knows_goes_through_as_it_is(station: Station) -> None:
    odd = b',"x-new":{"deep":[1.50,1e2,"\\u00e9"]},"temperature":0.70}'
    assert (await station.request("POST", CHAT, HEAD + odd)).status == 200
    assert b'"x-new":{"deep":[1.50,1e2,"\\u00e9"]}' in station.rogue.seen[0].body
    assert b'"temperature":0.70' in station.rogue.seen[0].body


async def test_a_body_over_the_cap_is_refused_early(begin: Begin) -> None:
    station = await begin(body_bytes_max=10_000)
    got = await station.request("POST", CHAT, body(user="x" * 20_000))
    assert (got.status, got.error["code"]) == (413, "request_too_large")
    assert "10000" in got.error["message"]
    length = {"content-length": str(10**12)}
    got = await station.request("POST", CHAT, b"{}", headers=length)
    assert got.status == 413
    assert not station.rogue.seen


async def test_nothing_of_the_callers_names_host_key_or_organisation(station: Station) -> None:
    headers = {
        "x-forwarded-host": "evil.test", "x-forwarded-for": "10.0.0.1", "forwarded": "host=evil",
        "openai-organization": "org-theirs", "openai-project": "proj-theirs", "cookie": "a=b",
        "x-api-key": "sk-theirs-12345678901234567890", "api-key": "sk-theirs", "via": "1.1 x",
        "x-goog-api-key": "sk-theirs", "proxy-authorization": "Basic eA==", "referer": "http://x",
        "x-real-ip": "10.0.0.1", "user-agent": "theirs/1.0", "accept-encoding": "gzip",
        "accept": "text/html", "te": "trailers", "expect-ct": "x", "x-stainless-lang": "python",
    }  # fmt: skip
    path = f"{CHAT}?key=sk-theirs&api_key=sk-theirs&base_url=http://evil.test&organization=o"
    got = await station.request("POST", path, body(), headers=headers)
    assert got.status == 200
    sent = station.rogue.seen[0]
    assert sent.target == CHAT, "no query goes along"
    assert sent.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    assert sent.headers["host"] == f"127.0.0.1:{station.rogue.port}"
    assert set(sent.headers) == {
        "host", "authorization", "content-type", "accept", "accept-encoding", "user-agent",
        "content-length",
    }  # fmt: skip
    told = " ".join(sent.headers.values())
    assert "theirs" not in told
    assert KEY not in told
    assert "evil" not in told


async def test_a_channels_own_headers_and_fields_win(begin: Begin, rogue: Rogue) -> None:
    overrides = {
        "header_overrides": {"openai-organization": "org-ours"},
        "body_overrides": {"user": "ours", "service_tier": "flex"},
    }
    station = await begin(document([channel("up", rogue.url, **overrides)]))
    theirs = {"openai-organization": "org-theirs", "openai-beta": "assistants=v2"}
    got = await station.chat(headers=theirs, user="theirs", service_tier="priority")
    assert got.status == 200
    sent = rogue.seen[0]
    assert sent.headers["openai-organization"] == "org-ours"
    assert sent.headers["openai-beta"] == "assistants=v2", "names nobody, and is passed on"
    assert (sent.json()["user"], sent.json()["service_tier"]) == ("ours", "flex")


INJECTIONS = (
    "' OR '1'='1", "'; DROP TABLE tokens; --", '" OR 1=1 --', "sk-' UNION SELECT 1 FROM tokens",
    "%27%20OR%201=1", "admin'/*", "\\'; --", "${jndi:ldap://x}", "{{7*7}}", "../../etc/passwd",
    "sk-x\x00y".replace("\x00", "%00"), "1; SELECT pg_sleep(9)", "a" * 5000, "令牌", "-1", "0", "*",
)  # fmt: skip


async def test_injections_in_credentials_are_401_or_400(station: Station) -> None:
    for text in INJECTIONS:
        shown = text.encode("utf-8").decode("latin-1")
        for headers in (
            {"authorization": f"Bearer {shown}"}, {"authorization": shown}, {"x-api-key": shown},
            {"x-goog-api-key": shown}, {"mj-api-secret": shown},
        ):  # fmt: skip
            got = await station.request("POST", CHAT, body(), key=None, headers=headers)
            assert got.status in (400, 401), (headers, got.status)
        for path in ("/v1/models", "/v1/dashboard/billing/usage"):
            quoted = "".join(f"%{byte:02x}" for byte in text.encode())
            got = await station.request("GET", f"{path}?key={quoted}", key=None)
            assert got.status in (400, 401), (path, text, got.status)
    assert (await station.chat()).status == 200, "the store is as it was"


async def test_injections_in_filters_are_refused_or_find_nothing(station: Station) -> None:
    for text in INJECTIONS:
        quoted = "".join(f"%{byte:02x}" for byte in text.encode())
        for path, allowed in (
            (f"/v1/generation?id={quoted}", (400, 404)),
            (f"/v1/models/{quoted}", (400, 404)),
            (f"/v1/dashboard/billing/usage?start_date={quoted}", (400,)),
            (f"/v1/dashboard/billing/usage?end_date={quoted}", (400,)),
        ):
            got = await station.request("GET", path)
            assert got.status in allowed, (path[:80], got.status, got.body[:200])
        got = await station.chat(headers={"idempotency-key": text.encode().decode("latin-1")})
        assert got.status in (200, 400), text
        wanted = json.dumps(text)
        assert (await station.chat(model=text)).status in (400, 404), wanted
