"""Addresses as clients compose them, and what they get for a wrong one."""

from typing import Any

import pytest

from tests.conformance.raw import BEARER, CHAT, call
from tests.conformance.serving import KEY, Server

CHAT_TARGETS = [
    "/v1/chat/completions",
    "/v1/chat/completions/",
    "/v1/v1/chat/completions",
    "/v1/v1/v1/chat/completions",
    "//v1/chat/completions",
    "/v1//chat//completions",
    "/chat/completions",
    "/openai/v1/chat/completions",
    "/openai/chat/completions",
    "/v1beta/openai/chat/completions",
    "/v1beta/openai/v1/chat/completions",
    "/v1/openai/chat/completions",
    "/v1/chat/completions/v1/chat/completions",
    "/v1/chat/completions/chat/completions",
    "/chat/completions/chat/completions",
    "/v1/chat/completions?api-version=2024-10-21",
    "/v1/ch%61t/completions",
]


@pytest.mark.parametrize("target", CHAT_TARGETS)
def test_every_spelling_is_answered_in_place(server: Server, target: str) -> None:
    """No redirect: it would lose the body or the token."""
    answer = call(server, "POST", target, CHAT)
    assert answer.status == 200, answer
    assert answer.body["object"] == "chat.completion"


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ("/completions", {"model": "demo-completion", "prompt": "x"}),
        ("/v1/v1/completions", {"model": "demo-completion", "prompt": "x"}),
        ("/embeddings", {"model": "demo-embedding", "input": "x"}),
        ("/openai/v1/embeddings/", {"model": "demo-embedding", "input": "x"}),
        ("/moderations", {"model": "demo-moderation", "input": "x"}),
    ],
)
def test_the_other_calls_too(server: Server, target: str, body: Any) -> None:
    assert call(server, "POST", target, body).status == 200


@pytest.mark.parametrize("target", ["/models", "/v1/v1/models", "/v1/models/", "/openai/v1/models"])
def test_models(server: Server, target: str) -> None:
    assert call(server, "GET", target).body["object"] == "list"


@pytest.mark.parametrize(
    ("method", "target", "hint"),
    [
        ("POST", "/v1/xyz", None),
        ("POST", "/v1/chat/completion", None),
        ("POST", "/v1/../v1/chat/completions", None),
        ("POST", "/v1/%2e%2e/chat/completions", None),
        ("POST", "/v1/chat%2Fcompletions", None),
        ("GET", "/v1/api/status", None),
        ("POST", "/v1alpha/chat/completions", "/v1/chat/completions"),
    ],
)
def test_an_unknown_address(server: Server, method: str, target: str, hint: str | None) -> None:
    answer = call(server, method, target, CHAT if method == "POST" else None)
    if target.startswith("/v1alpha"):
        assert answer.status == 404
        assert hint is not None
        assert hint in answer.body["error"]["message"]
        return
    assert answer.status == 404, answer
    error = answer.body["error"]
    assert error["message"].startswith(f"Invalid URL ({method} {target})")
    assert error["type"] == "invalid_request_error"
    assert error["code"] == "unknown_url"


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_a_verb_that_does_not_exist(server: Server, version: str) -> None:
    """Not a wrong method of the model's own address, and told in the shape of the verbs."""
    target = f"/{version}/models/demo-chat:generateContents"
    answer = call(server, "POST", target, {})
    assert answer.status == 404, answer
    error = answer.body["error"]
    assert (error["code"], error["status"], error["details"]) == (404, "NOT_FOUND", [])
    assert error["message"].startswith(f"Invalid URL (POST {target}) (request id: ")


def test_the_wrong_method(server: Server) -> None:
    answer = call(server, "GET", "/v1/chat/completions")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert answer.body["error"]["code"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["HEAD", "GET"])
@pytest.mark.parametrize("target", ["/", "/api/hello"])
def test_probes(server: Server, method: str, target: str) -> None:
    answer = call(server, method, target, headers={})
    assert answer.status == 200, answer
    assert method == "GET" or answer.body == b""


@pytest.mark.parametrize(
    "target", ["/v1/chat/completions", "/chat/completions", "/v1/models", "/v1/xyz", "/api/pricing"]
)
def test_preflight(server: Server, target: str) -> None:
    asked = {
        "origin": "https://chat.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-lang",
    }
    answer = call(server, "OPTIONS", target, headers=asked)
    assert answer.status == 204
    allowed = {name.strip() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {
        "authorization",
        "content-type",
        "x-api-key",
        "x-goog-api-key",
        "mj-api-secret",
        "anthropic-version",
        "anthropic-beta",
        "new-api-user",
        "idempotency-key",
        "x-stainless-lang",
    } <= allowed
    assert "POST" in answer.headers["access-control-allow-methods"]


def test_models_in_three_shapes(server: Server) -> None:
    plain = call(server, "GET", "/v1/models").body
    assert plain["object"] == "list"
    assert plain["success"] is True
    entry = next(one for one in plain["data"] if one["id"] == "demo-chat")
    assert entry["object"] == "model"
    assert entry["supported_endpoint_types"]

    anthropic = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    claude = call(server, "GET", "/v1/models?limit=1000", headers=anthropic).body
    assert {one["type"] for one in claude["data"]} == {"model"}
    assert {"id", "display_name", "created_at"} <= set(claude["data"][0])
    types = {one["id"]: one["supported_endpoint_types"] for one in plain["data"]}
    assert types == {one["id"]: one["supported_endpoint_types"] for one in claude["data"]}
    assert claude["has_more"] is False
    assert claude["first_id"] == claude["data"][0]["id"]
    assert claude["last_id"] == claude["data"][-1]["id"]
    page = call(server, "GET", "/v1/models?limit=2", headers=anthropic).body
    assert len(page["data"]) == 2
    assert page["has_more"] is True
    after = call(server, "GET", f"/v1/models?limit=2&after_id={page['last_id']}", headers=anthropic)
    assert after.body["first_id"] == claude["data"][2]["id"]

    for target, headers in (
        ("/v1/models", {"x-goog-api-key": KEY}),
        (f"/v1/models?key={KEY}", {}),
        ("/v1beta/models", BEARER),
    ):
        gemini = call(server, "GET", target, headers=headers).body
        assert gemini["models"][0]["name"].startswith("models/"), target
        assert gemini["models"][0]["supportedGenerationMethods"] is not None
        assert gemini["nextPageToken"] == ""
        told = {one["name"][7:]: one["supported_endpoint_types"] for one in gemini["models"]}
        assert told == types, target
    ids = {one["id"] for one in plain["data"]}
    assert ids == {one["id"] for one in claude["data"]}
    assert ids == {one["name"].removeprefix("models/") for one in gemini["models"]}


def test_one_model_and_an_unknown_one(server: Server) -> None:
    assert call(server, "GET", "/v1/models/demo-chat").body["id"] == "demo-chat"
    unknown = call(server, "GET", "/v1/models/no-such-model")
    assert unknown.status == 404
    assert unknown.body["error"]["code"] == "model_not_found"
    anthropic = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    told = call(server, "GET", "/v1/models/no-such-model", headers=anthropic)
    assert told.status == 404
    assert told.body["type"] == "error"
    assert told.body["error"]["type"] == "not_found_error"
    gemini = call(server, "GET", "/v1beta/models/no-such-model", headers=BEARER)
    assert gemini.status == 404
    assert gemini.body["error"]["status"] == "NOT_FOUND"


@pytest.mark.parametrize(
    "target",
    [
        "/v1/dashboard/billing/subscription",
        "/dashboard/billing/subscription",
        "/v1/dashboard/billing/usage?start_date=2024-11-01&end_date=2030-12-01",
        "/dashboard/billing/usage",
    ],
)
def test_billing_probes(server: Server, target: str) -> None:
    answer = call(server, "GET", target)
    assert answer.status == 200, answer
    assert answer.body["object"] in ("billing_subscription", "list")
