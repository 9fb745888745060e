"""Upstream refusals classified and scrubbed, ours in each dialect's shape (relay-api 20)."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.dialects import recorded
from waystation.dialects.faults import read_error, scrubbed, write_error
from waystation.errors import TEXTS, Fault

ACCOUNT, SATURATED = "upstream_account_unavailable", "upstream_saturated"


def openai(message: str, **more: Any) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "shown", "code"),
    [
        (429, openai("You exceeded your current quota", code="insufficient_quota"), 503, ACCOUNT),
        (400, openai("Your credit balance is too low"), 503, ACCOUNT),
        (400, openai("Access denied", code="Arrearage"), 503, ACCOUNT),
        (404, openai("deactivated", code="account_deactivated"), 503, ACCOUNT),
        (403, openai("Forbidden"), 503, ACCOUNT),
        (402, openai("Insufficient Balance"), 503, ACCOUNT),
        (
            429,
            openai("Rate limit reached", type="tokens", code="rate_limit_exceeded"),
            429,
            SATURATED,
        ),
        (400, openai("context too long", code="context_length_exceeded"), 400, "invalid_request"),
        (404, openai("no such model", code="model_not_found"), 404, "invalid_request"),
        (422, openai("unprocessable"), 422, "invalid_request"),
        (413, b"", 413, "invalid_request"),
        (500, openai("boom"), 502, "upstream_error"),
        (502, b"<html>", 502, "upstream_error"),
        (503, openai("overloaded"), 503, "upstream_error"),
        (529, openai("Overloaded", type="overloaded_error"), 529, "upstream_error"),
        (500, openai("engine overloaded", type="engine_overloaded_error"), 503, "upstream_error"),
        (504, b"", 504, "upstream_timeout"),
        (408, b"", 504, "upstream_timeout"),
        (499, b"", 502, "upstream_error"),
        (499, openai("gone", status=499), 502, "upstream_error"),
    ],
)
def test_what_an_upstreams_refusal_means(status: int, body: bytes, shown: int, code: str) -> None:
    fault = read_error(status, body)
    assert (fault.status, fault.code) == (shown, code)


@recorded.needs_recordings
def test_a_recorded_refusal_keeps_its_words() -> None:
    body = recorded.reply("openai/reasoning-model-legacy-parameter-error")
    fault = read_error(400, body)
    status, _, out = write_error(fault, "openai", "R1")
    assert status == 400
    told, source = json.loads(out)["error"], json.loads(body)["error"]
    assert told == {**source, "message": source["message"] + " (request id: R1)"}


@pytest.mark.parametrize(
    ("told", "kind", "code"),
    [
        ({"code": 400, "status": "INVALID_ARGUMENT"}, "invalid_request_error", "invalid_request"),
        (
            {"type": "error", "code": None, "status": 409},
            "invalid_request_error",
            "invalid_request",
        ),
        ({"code": "1211", "type": "glm_error"}, "glm_error", "1211"),
    ],
)
def test_openai_s_callers_hear_openai_s_names(told: dict[str, Any], kind: str, code: str) -> None:
    """Gemini's words for a status are none of them, nor is the type of an event."""
    fault = read_error(400, openai("no such bridge", **told))
    error = json.loads(write_error(fault, "openai")[2])["error"]
    assert (error["type"], error["code"]) == (kind, code)


SECRETS = [
    ("Incorrect API key provided: sk-abcdEFGH1234567890.", "sk-abcd"),
    ("Authorization: Bearer abcdef0123456789", "abcdef0123456789"),
    ("organization org-AbCd1234EfGh is over its limit", "org-AbCd"),
    ("project proj_9f8e7d6c5b4a", "proj_9f8e7d6c5b4a"),
    ("mail billing.team@vendor.example for help", "billing.team@vendor.example"),
    ("dial tcp 10.0.12.7:8080: connection refused", "10.0.12.7"),
    ("connect to [fd00::12]:443 failed", "fd00::12"),
    ("peer fe80:0:0:0:1:2:3:4 left", "fe80:0:0"),
    ("lookup gpu-7.prod.internal failed", "gpu-7"),
    ("http://worker-3.svc.cluster.local:9000/v1 timed out", "worker-3"),
    ("http://localhost:11434/api", "11434"),
    ("key AIzaSyA1234567890abcdefghijklmnopqrs", "AIzaSy"),
    ("AKIAIOSFODNN7EXAMPLE", "AKIAIOS"),
    ("gsk_abcdefghij0123456789", "gsk_abc"),
    ("token eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl", "eyJhbGci"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_secrets_are_taken_out(text: str, secret: str) -> None:
    shown = scrubbed(text)
    assert secret not in shown
    assert "[redacted]" in shown


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "This model's maximum context length is 128000 tokens, however you requested 130000.",
        "user-provided input at messages[0].content is too long; rate is 3.5 per s",
        "今天的额度",
        "Invalid type for 'messages[0].content': expected one of a string or array of objects",
        "version 1.2.3 of gpt-4o-2024-08-06 at 12:30:15",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert scrubbed(text) == text


def test_exact_secrets_of_any_shape_are_taken_out() -> None:
    secret = "correct horse battery staple"
    assert secret not in scrubbed(f"no: {secret}!", (secret,))
    masked = scrubbed("bad key corr***aple given", (secret,))
    assert "corr***" not in masked


def test_long_words_are_cut() -> None:
    assert len(scrubbed("word " * 10_000)) <= 2000


def test_scrubbing_is_quick_on_hostile_text() -> None:
    for text in ("a." * 100_000, "1." * 100_000, "a:" * 100_000, "x@" * 100_000, "[:" * 100_000):
        assert scrubbed(text)


ALL_SHAPES = {
    "openai": {"error": {"message", "type", "param", "code"}},
    "anthropic": {"type": None, "error": {"type", "message"}, "request_id": None},
    "gemini": {"error": {"code", "message", "status", "details"}},
    "midjourney": {
        "code": None,
        "description": None,
        "result": None,
        "type": None,
        "properties": set(),
        "error": {"message", "type", "code"},
    },
    "suno": {"code": None, "message": None, "data": None},
    "management": {"success": None, "message": None},
    "console": {"error": {"code", "message", "hint", "field", "request_id"}},
}


@pytest.mark.parametrize("dialect", ALL_SHAPES)
@pytest.mark.parametrize("code", TEXTS)
def test_each_code_in_each_shape(dialect: str, code: str) -> None:
    fault = Fault(code, retry_after=7, model="m", limit=5, param="p")
    for language in ("en", "zh"):
        status, headers, body = write_error(fault, dialect, "R9", language)  # type: ignore[arg-type]
        told = json.loads(body)
        shape = ALL_SHAPES[dialect]
        assert told.keys() == shape.keys()
        for name, inner in shape.items():
            if isinstance(inner, set):
                assert told[name].keys() == inner
        assert "(request id: R9)" in body.decode()
        assert (b"retry-after", b"7") in headers
        assert (b"content-type", b"application/json; charset=utf-8") in headers
        is_family = dialect == "management" and fault.status != 401 and fault.status < 500
        is_unknown_task = (dialect, code) == ("midjourney", "task_not_found")
        expected = 200 if is_family else 400 if is_unknown_task else fault.status
        assert status == expected


@pytest.mark.parametrize(
    ("code", "status", "kind", "anthropic", "gemini"),
    [
        ("invalid_json", 400, "invalid_request_error", "invalid_request_error", "INVALID_ARGUMENT"),
        ("invalid_api_key", 401, "authentication_error", "authentication_error", "UNAUTHENTICATED"),
        (
            "insufficient_user_quota",
            402,
            "insufficient_quota",
            "billing_error",
            "FAILED_PRECONDITION",
        ),
        ("model_not_allowed", 403, "permission_error", "permission_error", "PERMISSION_DENIED"),
        ("model_not_found", 404, "invalid_request_error", "not_found_error", "NOT_FOUND"),
        (
            "request_too_large",
            413,
            "invalid_request_error",
            "request_too_large",
            "INVALID_ARGUMENT",
        ),
        ("rate_limit_exceeded", 429, "rate_limit_error", "rate_limit_error", "RESOURCE_EXHAUSTED"),
        ("internal_error", 500, "server_error", "api_error", "INTERNAL"),
        ("bad_upstream_response", 502, "upstream_error", "api_error", "UNAVAILABLE"),
        ("no_channel_alive", 503, "upstream_error", "overloaded_error", "UNAVAILABLE"),
        ("temporarily_unavailable", 503, "server_error", "api_error", "UNAVAILABLE"),
        ("overloaded", 503, "server_error", "overloaded_error", "UNAVAILABLE"),
        ("upstream_timeout", 504, "upstream_error", "api_error", "DEADLINE_EXCEEDED"),
    ],
)
def test_types_by_status(code: str, status: int, kind: str, anthropic: str, gemini: str) -> None:
    fault = Fault(code)
    shown, _, body = write_error(fault, "openai")
    assert (shown, json.loads(body)["error"]["type"]) == (status, kind)
    assert json.loads(write_error(fault, "anthropic")[2])["error"]["type"] == anthropic
    told = json.loads(write_error(fault, "gemini")[2])["error"]
    assert (told["status"], told["code"]) == (gemini, status)


def test_extra_fields_and_param_are_shown() -> None:
    fault = Fault(
        "model_not_available_in_group",
        extra={"available_groups": ["official"]},
        group="default",
        model="gpt-4o",
        available="official",
    )
    told = json.loads(write_error(fault, "openai", "R", "zh")[2])["error"]
    assert told["available_groups"] == ["official"]
    assert told["message"].startswith("当前分组 default 下对于模型 gpt-4o 无可用渠道")
    told = json.loads(write_error(Fault("missing_field", param="messages"))[2])["error"]
    assert (told["param"], told["code"]) == ("messages", "missing_field")


def test_a_503_always_says_when_to_come_back() -> None:
    assert (b"retry-after", b"5") in write_error(Fault("draining"))[1]


def test_529_is_anthropics_alone() -> None:
    fault = read_error(529, openai("Overloaded", type="overloaded_error"))
    assert write_error(fault, "anthropic")[0] == 529
    assert write_error(fault, "openai")[0] == 503


@recorded.needs_recordings
def test_errors_fit_the_vendors_schema() -> None:
    validator = Draft202012Validator(recorded.schema("ErrorResponse"))
    for code in TEXTS:
        validator.validate(json.loads(write_error(Fault(code), "openai", "R")[2]))
