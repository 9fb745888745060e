"""Clients' ways of writing an address, and which one is meant."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystation.edge.paths import fold

CHAT = "/v1/chat/completions"

FOLDED = {
    "/v1/chat/completions": CHAT,
    "/v1/chat/completions/": CHAT,
    "//v1/chat/completions": CHAT,
    "/v1//chat///completions//": CHAT,
    "/v1/v1/chat/completions": CHAT,
    "/v1/v1/v1/chat/completions": CHAT,
    "/v1/chat/completions/v1/chat/completions": CHAT,
    "/v1/chat/completions/chat/completions": CHAT,
    "/chat/completions/v1/chat/completions": CHAT,
    "/chat/completions/chat/completions": CHAT,
    "/v1/chat/completions/v1/v1/chat/completions": CHAT,
    "/chat/completions": CHAT,
    "/openai/v1/chat/completions": CHAT,
    "/openai/chat/completions": CHAT,
    "/v1beta/openai/chat/completions": CHAT,
    "/v1beta/openai/v1/chat/completions": CHAT,
    "/v1/openai/chat/completions": CHAT,
    "/v1/chat%2Dcompletions": "/v1/chat-completions",
    "/v1/%63hat/completions": CHAT,
    "/v1/chat/completions/v1/models": "/v1/models",
    "/v1/messages/v1/messages": "/v1/messages",
    "/v1/messages/count_tokens": "/v1/messages/count_tokens",
    "/messages/count_tokens": "/v1/messages/count_tokens",
    "/v1/v1beta/models/g:generateContent": "/v1beta/models/g:generateContent",
    "/v1beta/v1beta/models/g:generateContent": "/v1beta/models/g:generateContent",
    "/v1beta/models/g%3AgenerateContent": "/v1beta/models/g:generateContent",
    "/v1beta/v1/chat/completions": CHAT,
    "/models": "/v1/models",
    "/v1/models/openai/gpt-4o": "/v1/models/openai/gpt-4o",
    "/v1/models/v1": "/v1/models/v1",
    "/v1/models/org/v1/thing": "/v1/models/org/v1/thing",
    "/v1/models/%E6%A8%A1%E5%9E%8B": "/v1/models/模型",
    "/images/generations": "/v1/images/generations",
    "/images/logo.png": "/images/logo.png",
    "/chat": "/chat",
    "/dashboard/billing/usage": "/v1/dashboard/billing/usage",
    "/v1/dashboard/billing/usage": "/v1/dashboard/billing/usage",
    "/dashboard": "/dashboard",
    "/mj/submit/imagine": "/mj/submit/imagine",
    "/mj-fast/mj/submit/imagine/": "/mj-fast/mj/submit/imagine",
    "/suno/submit/music": "/suno/submit/music",
    "/api/v1/tokens": "/api/v1/tokens",
    "/api/token/7/": "/api/token/7",
    "/openai/deployments/x/chat/completions": "/openai/deployments/x/chat/completions",
    "/v1": "/v1",
    "/": "/",
    "//": "/",
}

KEPT = [
    "/v1/../admin",
    "/v1/./chat/completions",
    "/v1/%2e%2e/admin",
    "/v1/%2E/chat",
    "/v1/.%2e/admin",
    "/v1/chat%2Fcompletions",
    "/v1/chat%2fcompletions",
    "/v1%2fchat/completions",
    "/v1/chat%5Ccompletions",
    "/v1/chat\\completions",
    "/v1/%252e%252e/admin",
    "/v1/chat%00/completions",
    "/v1/chat%0d%0a/completions",
    "/v1/%ff",
    "/v1/models/a%3Fb",
    "/v1/models/a%23b",
]


@pytest.mark.parametrize("raw", FOLDED)
def test_folded(raw: str):
    assert fold(raw) == FOLDED[raw]


@pytest.mark.parametrize("raw", KEPT)
def test_what_two_readers_could_read_in_two_ways_is_left_alone(raw: str):
    assert fold(raw) == raw


@given(st.text(alphabet="/v1.%2eEfFopenaichtsmodl:5cC", max_size=60).map(lambda text: "/" + text))
def test_folding_never_fails_and_never_climbs(raw: str):
    folded = fold(raw)
    assert folded.startswith("/")
    if folded != raw:
        assert not {".", ".."} & set(folded.split("/"))
        assert "%" not in folded
        assert "\\" not in folded
        assert fold(folded) == folded


def test_a_path_of_thousands_of_versions_costs_little():
    began = time.thread_time()
    for tail in ("/v1" * 20_000, "/v1/models" * 6_000, "/openai/v1" * 6_000):
        fold(tail)
    assert time.thread_time() - began < 0.5
