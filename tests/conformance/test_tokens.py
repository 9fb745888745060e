"""Where clients put the token, and what they put around it."""

import pytest

from tests.conformance.raw import CHAT, call
from tests.conformance.serving import KEY, OFF_KEY, Server

BARE = KEY.removeprefix("sk-")
CHAT_TARGET = "/v1/chat/completions"

FORMS = [
    {"authorization": f"Bearer {KEY}"},
    {"authorization": f"bearer {KEY}"},
    {"authorization": f"BEARER   {KEY}  "},
    {"authorization": f"Bearer Bearer {KEY}"},
    {"authorization": KEY},
    {"authorization": BARE},
    {"authorization": f"Bearer {BARE}"},
    {"authorization": f'Bearer "{KEY}"'},
    {"authorization": f"Bearer '{KEY}'"},
    {"x-api-key": KEY},
    {"x-api-key": f"Bearer {KEY}"},
    {"x-goog-api-key": KEY},
    {"mj-api-secret": KEY},
    {"mj-api-secret": f"Bearer {KEY}"},
    {"authorization": "", "x-api-key": KEY},
    {"authorization": "Bearer", "x-api-key": KEY},
    {"authorization": "midjourney-proxy", "mj-api-secret": KEY},
    {"authorization": f"Bearer {KEY}", "x-api-key": "sk-of-another-tool-0123456789"},
]


@pytest.mark.parametrize("headers", FORMS, ids=str)
def test_a_form_of_the_token(server: Server, headers: dict[str, str]) -> None:
    answer = call(server, "POST", CHAT_TARGET, CHAT, headers)
    assert answer.status == 200, answer


@pytest.mark.parametrize("key", [KEY, BARE, f"Bearer%20{KEY}"])
def test_the_token_in_the_query(server: Server, key: str) -> None:
    answer = call(server, "POST", f"{CHAT_TARGET}?key={key}", CHAT, {})
    assert answer.status == 200, answer


def test_the_token_is_in_no_log(server: Server) -> None:
    canary = "sk-canary-in-the-query-0123456789"
    answer = call(server, "POST", f"{CHAT_TARGET}?key={canary}", CHAT, {})
    assert answer.status == 401
    assert canary not in str(answer)
    wrong = {"authorization": f"Bearer {canary}"}
    assert call(server, "POST", f"/v1/xyz?key={canary}", CHAT, wrong).status == 404
    for name in ("out", "err"):
        told = (server.folder / name).read_text()
        assert "canary-in-the-query" not in told
        assert KEY not in told.replace("printed this once: " + KEY, "")


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": ""}, "empty_api_key"),
        ({"authorization": "Bearer "}, "empty_api_key"),
        ({"authorization": "Bearer sk-"}, "empty_api_key"),
        ({"authorization": "Bearer ${OPENAI_API_KEY}"}, "invalid_api_key"),
        ({"authorization": "Bearer sk-" + "x" * 48}, "invalid_api_key"),
        ({"authorization": "Bearer " + "x" * 5000}, "invalid_api_key"),
        ({"authorization": "Bearer schlüssel"}, "invalid_api_key"),
        ({"authorization": "Bearer ' OR 1=1 --"}, "invalid_api_key"),
        ({"x-api-key": OFF_KEY}, "token_disabled"),
    ],
)
def test_a_refused_token(server: Server, headers: dict[str, str], code: str) -> None:
    answer = call(server, "POST", CHAT_TARGET, CHAT, headers)
    assert answer.status == 401, answer
    assert answer.body["error"]["code"] == code
    assert answer.body["error"]["type"] == "authentication_error"


def test_a_pinned_channel_is_for_operators(server: Server) -> None:
    answer = call(server, "POST", CHAT_TARGET, CHAT, {"authorization": f"Bearer {KEY}-1"})
    assert answer.status == 403
    assert answer.body["error"]["code"] == "channel_not_allowed"


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        ("/v1/models", {"anthropic-version": "2023-06-01"}, "authentication_error"),
        ("/v1beta/models", {}, "UNAUTHENTICATED"),
        ("/v1/models?key=sk-nobody-has-this-key-01", {}, "UNAUTHENTICATED"),
    ],
)
def test_refusals_speak_the_dialect_of_the_route(
    server: Server, target: str, headers: dict[str, str], expected: str
) -> None:
    answer = call(server, "GET", target, headers=headers)
    assert answer.status == 401
    error = answer.body["error"]
    assert expected in (error.get("type"), error.get("status"))


def test_the_language_of_refusals(server: Server) -> None:
    def told(language: str) -> str:
        headers = {"accept-language": language}
        answer = call(server, "POST", CHAT_TARGET, CHAT, headers)
        assert answer.body["error"]["code"] == "missing_api_key"
        return str(answer.body["error"]["message"])

    assert told("zh-CN,zh;q=0.9").startswith("未提供令牌")
    assert told("en").startswith("No token")
