"""POST /v1/rerank: requests, each vendor's answers, what is charged."""

import json
from typing import Any

import pytest

from tests.dialects.making import FREE, no_headers, priced, same
from tests.dialects.recorded import FOLDER, needs_recordings
from tests.relay.conftest import Begin
from tests.support.gateway import MODEL, UPSTREAM_KEY, channel, document
from tests.support.rogue import Rogue
from tests.support.script import Script, Seen, reply
from waystation.demo.rerank import rerank as demo
from waystation.dialects.rerank.request import RerankOperation, parse
from waystation.errors import Fault
from waystation.upstream.vendors import VENDORS

DOCUMENTS = ["a harbour", "bread", "a ship in a harbour"]
ASKED = {"model": MODEL, "query": "ships in a harbour", "documents": DOCUMENTS}


def rerank(**fields: Any) -> RerankOperation:
    return parse(json.dumps({**ASKED, **fields}).encode(), no_headers)


def told(**fields: Any) -> dict[str, Any]:
    results = [{"index": 2, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.5}]
    return {"id": "r-1", "results": results, **fields}


# ---- requests --------------------------------------------------------------------------------


def test_what_is_unknown_passes() -> None:
    sent = json.loads(rerank(top_n=2, max_tokens_per_doc=9).body_for(same("up")))
    assert sent == {**ASKED, "model": "up", "top_n": 2, "max_tokens_per_doc": 9}


def test_an_object_with_a_text_alone_is_its_text() -> None:
    picture = {"image": "https://a.example/b.png"}
    operation = rerank(documents=[{"text": "a"}, picture, {"text": "b", "more": 1}])
    sent = json.loads(operation.body_for(same("up")))
    assert sent["documents"] == ["a", picture, {"text": "b", "more": 1}]


@pytest.mark.parametrize(
    ("field", "value", "param"),
    [
        ("model", None, "model"),
        ("query", None, "query"),
        ("query", "", "query"),
        ("query", 5, "query"),
        ("documents", None, "documents"),
        ("documents", [], "documents"),
        ("documents", "text", "documents"),
        ("documents", ["a", 5], "documents[1]"),
        ("documents", ["a"] * 10_001, "documents"),
        ("top_n", -1, "top_n"),
        ("return_documents", "maybe", "return_documents"),
    ],
)
def test_refusals(field: str, value: Any, param: str) -> None:
    with pytest.raises(Fault) as caught:
        rerank(**{field: value})
    assert (caught.value.status, caught.value.param) == (400, param)


def test_the_query_counts_with_each_document() -> None:
    one, many = rerank(documents=["a"]), rerank(documents=["a"] * 50)
    assert many.prompt_tokens > 40 * one.prompt_tokens / 2
    assert one.prompt_guess() <= one.prompt_tokens
    assert many.prompt_guess() > 10 * one.prompt_guess()


# ---- answers ---------------------------------------------------------------------------------


def read(operation: RerankOperation, answer: dict[str, Any], **target: Any) -> dict[str, Any]:
    reader = operation.reply_reader(same("up", **target), priced("0.5"))
    out = reader.read(200, "application/json", json.dumps(answer).encode())
    assert reader.has_output
    assert reader.upstream_id == "r-1"
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize(
    ("answer", "tokens", "units"),
    [
        ({"usage": {"total_tokens": 44}}, 44, 0),
        ({"usage": {"prompt_tokens": 44, "total_tokens": 44}}, 44, 0),
        ({"meta": {"tokens": {"input_tokens": 44, "output_tokens": 0}}}, 44, 0),
        ({"meta": {"billed_units": {"input_tokens": 44.0, "search_units": 0}}}, 44, 0),
        ({"usage": {"search_units": 1, "total_tokens": 44}}, 44, 1),
        ({"meta": {"billed_units": {"search_units": 1}}}, None, 1),
        ({"usage": {"total_tokens": 10**9}}, None, 0),
        ({"usage": {"total_tokens": "many"}}, None, 0),
        ({"usage": None, "meta": []}, None, 0),
        ({}, None, 0),
    ],
)
def test_usage_as_vendors_tell_it(answer: dict[str, Any], tokens: int | None, units: int) -> None:
    operation = rerank()
    reader = operation.reply_reader(same("up"), FREE)
    reader.read(200, "application/json", json.dumps(told(**answer)).encode())
    usage = reader.usage()
    assert usage.exact == (tokens is not None or units > 0)
    assert usage.input_tokens == (operation.prompt_guess() if tokens is None else tokens)
    assert usage.output_tokens == 0
    assert usage.units.get("search_units", 0) == usage.units.get("calls", 0) == units


def test_search_units_beyond_reason_are_not_believed() -> None:
    answer = told(meta={"billed_units": {"search_units": 5000}})
    reader = rerank().reply_reader(same("up"), FREE)
    reader.read(200, "application/json", json.dumps(answer).encode())
    assert reader.usage().units["search_units"] == 1
    assert "implausible:search_units" in reader.usage().flags


def test_the_callers_model_and_the_cost_are_shown() -> None:
    said = read(rerank(), told(model="up", usage={"total_tokens": 44}, extra={"a": 1}))
    assert said["model"] == MODEL
    assert said["usage"] == {"total_tokens": 44, "cost": 0.5}
    assert said["extra"] == {"a": 1}
    bare = read(rerank(), told(meta={"billed_units": {"search_units": 1}}))
    assert bare["usage"]["cost"] == 0.5
    assert bare["meta"] == {"billed_units": {"search_units": 1}}
    assert "model" not in bare


def test_documents_where_they_were_asked_for() -> None:
    picture = {"image": "https://a.example/b.png"}
    operation = rerank(documents=[picture, "b", "c"], return_documents=True)
    answer = told(usage={"total_tokens": 9})
    answer["results"].append({"index": 1, "relevance_score": 0.1, "document": {"text": "theirs"}})
    said = read(operation, answer)
    documents = [result["document"] for result in said["results"]]
    assert documents == [{"text": "c"}, picture, {"text": "theirs"}]
    refused = VENDORS["cohere"].quirks.refuses
    assert "return_documents" not in json.loads(operation.body_for(same("up", refuses=refused)))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"{}",
        b'{"results":5}',
        b'{"results":[{"index":3,"relevance_score":1}]}',
        b'{"results":[{"index":-1,"relevance_score":1}]}',
        b'{"results":[{"relevance_score":1}]}',
        b'{"results":[],"error":{"message":"no"}}',
        b'{"results":[{"index":0,"relevance_score":"\xff"}]}',
    ],
)
def test_broken_answers(answer: bytes) -> None:
    with pytest.raises(Fault) as caught:
        rerank().reply_reader(same(), FREE).read(200, "application/json", answer)
    assert caught.value.status == 502


@needs_recordings
@pytest.mark.parametrize(
    ("name", "tokens", "units"),
    [("cohere/cohere-reranking.1", None, 1), ("togetherai/togetherai-reranking.1", 2966, 0)],
)
def test_recorded(name: str, tokens: int | None, units: int) -> None:
    body = (FOLDER / f"{name}.json").read_bytes()
    operation = rerank(documents=["a document of some words"] * 10)
    reader = operation.reply_reader(same(MODEL), FREE)
    said = json.loads(reader.read(200, "application/json", body))
    assert said["results"] == json.loads(body)["results"]
    usage = reader.usage()
    assert usage.units.get("search_units", 0) == units
    assert tokens is None or (usage.input_tokens, usage.exact) == (tokens, True)


def test_the_demo_orders_by_words() -> None:
    said = demo({**ASKED, "top_n": 2, "return_documents": True})
    assert [result["index"] for result in said["results"]] == [2, 0]
    assert said["results"][0]["document"] == {"text": DOCUMENTS[2]}


# ---- over the wire ---------------------------------------------------------------------------


def answers(seen: Seen) -> Script:
    return reply(200, json.dumps(demo(seen.json())).encode())


@pytest.mark.parametrize(
    ("vendor", "path"),
    [
        ("cohere", "/v2/rerank"),
        ("jina", "/v1/rerank"),
        ("zhipu", "/api/paas/v4/rerank"),
        ("new-api", "/v1/rerank"),
    ],
)
async def test_relayed_and_charged_by_tokens(
    begin: Begin, rogue: Rogue, vendor: str, path: str
) -> None:
    rogue.answer(answers)
    station = await begin(document([channel("up", rogue.url, vendor=vendor)]))
    for asked in ("/v1/rerank", "/rerank", "/v2/rerank"):
        answer = await station.request("POST", asked, ASKED)
        assert answer.status == 200
        assert [result["index"] for result in answer.json()["results"]] == [2, 0, 1]
        row = await station.row(answer.request_id)
        assert (row.exact, row.end, row.facts.operation) == (True, "complete", "rerank")
        assert row.nanos == row.input_tokens * 1000 > 0
        assert answer.json()["usage"]["cost"] == row.nanos / 1e9
    assert {seen.path for seen in rogue.seen} == {path}
    assert rogue.seen[0].headers["authorization"] == f"Bearer {UPSTREAM_KEY}"


async def test_a_price_per_call_counts_search_units(begin: Begin, rogue: Rogue) -> None:
    results = [{"index": 0, "relevance_score": 0.5}]
    said = {"id": "r", "results": results, "meta": {"billed_units": {"search_units": 2}}}
    rogue.answer(reply(200, json.dumps(said).encode()))
    up = channel("up", rogue.url, vendor="cohere", models=["rerank-v3.5"])
    prices = [{"model": "rerank-v3.5", "per_call": "0.002"}]
    station = await begin(document([up], prices=prices))
    asked = {**ASKED, "model": "rerank-v3.5", "documents": ["a document"] * 150}
    answer = await station.request("POST", "/v1/rerank", asked)
    assert (await station.row(answer.request_id)).nanos == 4_000_000


async def test_a_channel_without_it_is_not_asked(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="openai")]))
    answer = await station.request("POST", "/v1/rerank", ASKED)
    assert answer.status == 404
    assert not rogue.seen


async def test_refusals_of_the_vendors(begin: Begin, rogue: Rogue) -> None:
    station = await begin(document([channel("up", rogue.url, vendor="cohere")]))
    rogue.answer(reply(422, b'{"message":"documents too long"}'))
    answer = await station.request("POST", "/v1/rerank", ASKED)
    assert answer.status == 422
    assert answer.json()["error"]["message"].startswith("documents too long")
    assert (await station.row(answer.request_id)).nanos == 0
