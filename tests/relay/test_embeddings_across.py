"""Embeddings between OpenAI's form and Gemini's, through the whole relay, by the official clients,
and against the demo."""

import base64
import json
import struct
from typing import Any

import pytest

from tests.relay.conftest import Begin
from tests.relay.test_gemini import sdk as gemini_sdk
from tests.relay.test_responses import DEMO
from tests.relay.test_responses import sdk as openai_sdk
from tests.support.gateway import INPUT_NANOS, MODEL, Station, channel, document
from tests.support.rogue import Rogue

pytestmark = pytest.mark.filterwarnings(
    "ignore:Inheritance class AiohttpClientSession:DeprecationWarning"  # the SDK's own
)
EMBED = f"/v1beta/models/{MODEL}:embedContent"
BATCH = f"/v1beta/models/{MODEL}:batchEmbedContents"


def content(text: str) -> dict[str, Any]:
    return {"parts": [{"text": text}]}


def openai_reply(*vectors: Any, tokens: int = 7) -> bytes:
    data = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return json.dumps({"object": "list", "data": data, "model": "e", "usage": usage}).encode()


def gemini_reply(*vectors: Any, **more: Any) -> bytes:
    return json.dumps({"embeddings": [{"values": v} for v in vectors], **more}).encode()


async def by_openai(begin: Begin, rogue: Rogue) -> Station:
    only = {"vendor": "openai-compatible", "model_map": {MODEL: "e-1"}}
    return await begin(document([channel("up", rogue.url, **only)]))


async def by_gemini(begin: Begin, rogue: Rogue) -> Station:
    only = {"vendor": "gemini", "model_map": {MODEL: "e-1"}}
    return await begin(document([channel("up", rogue.url, **only)]))


async def test_gemini_s_calls_at_openai(begin: Begin, rogue: Rogue) -> None:
    station = await by_openai(begin, rogue)
    rogue.answer(rogue.reply(200, openai_reply([0.25, -1e-7])))
    asked = {"content": content("a bridge"), "outputDimensionality": 2, "taskType": "CLUSTERING"}
    got = await station.request("POST", EMBED, {**asked, "title": "t"})
    assert got.json()["embedding"] == {"values": [0.25, -1e-7]}
    assert got.headers["x-waystation-dropped"] == "taskType, title"
    assert rogue.seen[0].path.endswith("/v1/embeddings")
    assert rogue.seen[0].json() == {"model": "e-1", "input": ["a bridge"], "dimensions": 2}
    row = await station.row(got.headers["x-request-id"])
    assert (row.nanos, row.exact, row.input_tokens) == (7 * INPUT_NANOS, True, 7)
    packed = base64.b64encode(struct.pack("<2f", 0.5, 2.0)).decode()
    rogue.answer(rogue.reply(200, openai_reply(packed, [1.0, 2.0])))
    named = {"model": f"models/{MODEL}"}
    requests = [{**named, "content": content("a")}, {**named, "content": {"parts": ["b", "c"]}}]
    got = await station.request("POST", BATCH, {"requests": requests})
    assert [one["values"] for one in got.json()["embeddings"]] == [[0.5, 2.0], [1.0, 2.0]]
    assert rogue.seen[1].json()["input"] == ["a", "b\nc"]


async def test_openai_s_call_at_gemini(begin: Begin, rogue: Rogue) -> None:
    station = await by_gemini(begin, rogue)
    rogue.answer(rogue.reply(200, gemini_reply([0.25, 3], [1, 2])))
    asked = {"model": MODEL, "input": ["a", "b"], "dimensions": 2, "user": "u"}
    got = await station.request("POST", "/v1/embeddings", asked)
    told = got.json()
    assert [item["embedding"] for item in told["data"]] == [[0.25, 3], [1, 2]]
    assert told["model"] == MODEL
    assert got.headers["x-waystation-dropped"] == "user"
    assert rogue.seen[0].path == "/v1beta/models/e-1:batchEmbedContents"
    size = {"model": "models/e-1", "outputDimensionality": 2}
    assert rogue.seen[0].json()["requests"] == [
        {**size, "content": content("a")},
        {**size, "content": content("b")},
    ]
    row = await station.row(got.headers["x-request-id"])
    assert not row.exact, "nobody counted"
    assert row.nanos == row.input_tokens * INPUT_NANOS > 0
    counted = gemini_reply([0.5, 2.0], usageMetadata={"promptTokenCount": 5})
    rogue.answer(rogue.reply(200, counted))
    asked = {"model": MODEL, "input": "a", "encoding_format": "base64"}
    got = await station.request("POST", "/v1/embeddings", asked)
    (item,) = got.json()["data"]
    assert struct.unpack("<2f", base64.b64decode(item["embedding"])) == (0.5, 2.0)
    assert got.json()["usage"]["total_tokens"] == 5
    assert b'"cost":' + got.headers["x-waystation-cost"].encode() in got.body


async def test_what_cannot_be_said_is_refused(begin: Begin, rogue: Rogue) -> None:
    station = await by_gemini(begin, rogue)
    for given in ([1, 2, 3], [[1], [2]], ["x"] * 101):
        got = await station.request("POST", "/v1/embeddings", {"model": MODEL, "input": given})
        assert (got.status, got.error["param"]) == (400, "input")
    assert not rogue.seen


async def test_what_openai_cannot_embed_is_refused(begin: Begin, rogue: Rogue) -> None:
    station = await by_openai(begin, rogue)
    picture = {"inlineData": {"mimeType": "image/png", "data": "AA=="}}
    sizes = [{"content": content("a"), "outputDimensionality": n} for n in (2, 3)]
    for path, asked in (
        (EMBED, {"content": {"parts": [picture]}}),
        (EMBED, {"content": {}}),
        (EMBED, {"content": content("a"), "outputDimensionality": -1}),
        (BATCH, {"requests": sizes}),
        (BATCH, {"requests": [{}]}),
    ):
        got = await station.request("POST", path, asked)
        assert (got.status, got.json()["error"]["status"]) == (400, "INVALID_ARGUMENT"), asked
    assert not rogue.seen


NONSENSE = [
    (200, b'{"embeddings":[]}'),
    (200, b'{"embeddings":[{}]}'),
    (200, b'{"embeddings":[{"values":"?"}]}'),
    (200, b'{"embeddings":[{"values":["a"]}]}'),
    (200, b'{"error":{"code":500,"message":"no"}}'),
    (200, b"<html>"),
    (200, b"{}"),
    (503, b""),
]


async def test_nonsense_costs_nothing(begin: Begin, rogue: Rogue) -> None:
    station = await by_gemini(begin, rogue)
    asked = {"model": MODEL, "input": "a", "encoding_format": "base64"}
    for status, body in NONSENSE:
        rogue.answer(rogue.reply(status, body))
        got = await station.request("POST", "/v1/embeddings", asked)
        assert got.status in (502, 503), (body, got.body)
        assert (await station.row(got.headers["x-request-id"])).nanos == 0


async def test_the_official_clients_at_the_other_s_form(begin: Begin) -> None:
    station = await begin(document([{**DEMO, "operations": ["gemini_embeds"]}]))
    async with openai_sdk(station) as client:
        both = await client.embeddings.create(model=MODEL, input=["a", "b"])
        assert [item.index for item in both.data] == [0, 1]
        assert len(both.data[0].embedding) > 3
    await station.apply(document([{**DEMO, "operations": ["embedding"]}]))
    async with gemini_sdk(station).aio as google:
        made = await google.models.embed_content(model=MODEL, contents=["a", "b"])
        assert len(made.embeddings or ()) == 2
        assert len(made.embeddings[0].values) > 3
