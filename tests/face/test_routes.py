"""The table of addresses."""

import pytest

from waystation.edge.routes import Match, NoRoute, RouteTable


def table() -> RouteTable[str]:
    routes: RouteTable[str] = RouteTable()
    routes.add("POST", "/v1/chat/completions", "chat", "token", "openai_chat")
    routes.add("GET", "/v1/models", "models", "token", "openai_chat")
    routes.add("GET", "/v1/models/{model:rest}", "model", "token", "openai_chat")
    routes.add("POST", "/v1/models/{model}:generateContent", "generate", "token", "gemini")
    routes.add("POST", "/v1beta/models/{model}:generateContent", "generate", "token", "gemini")
    routes.add("POST", "/mj/task/{id}/fetch", "post_fetch", "token", "midjourney")
    routes.add("GET", "/mj/task/{id}/fetch", "fetch", "token", "midjourney")
    routes.add("GET", "/mj/task/list/fetch", "listing", "token", "midjourney")
    routes.add("GET", "/files/{path:rest}", "file", "public", "openai_chat", body_bytes_max=0)
    routes.add("GET", "/", "root", "public", "openai_chat")
    return routes


@pytest.mark.parametrize(
    ("method", "path", "handler", "params"),
    [
        ("POST", "/v1/chat/completions", "chat", {}),
        ("GET", "/v1/models", "models", {}),
        ("HEAD", "/v1/models", "models", {}),
        ("GET", "/v1/models/gpt-4o", "model", {"model": "gpt-4o"}),
        ("GET", "/v1/models/org/gpt-4o", "model", {"model": "org/gpt-4o"}),
        ("POST", "/v1/models/g-2.5:generateContent", "generate", {"model": "g-2.5"}),
        ("POST", "/v1beta/models/a:b:generateContent", "generate", {"model": "a:b"}),
        ("GET", "/mj/task/7/fetch", "fetch", {"id": "7"}),
        ("GET", "/mj/task/list/fetch", "listing", {}),
        ("POST", "/mj/task/list/fetch", "post_fetch", {"id": "list"}),
        ("GET", "/files/a/b.png", "file", {"path": "a/b.png"}),
        ("GET", "/", "root", {}),
    ],
)
def test_found(method: str, path: str, handler: str, params: dict[str, str]):
    found = table().match(method, path)
    assert isinstance(found, Match)
    assert found.route.handler == handler
    assert found.params == params


@pytest.mark.parametrize(
    ("method", "path", "missed"),
    [
        ("GET", "/v1/chat/completions", NoRoute(405, ("POST",), "openai_chat")),
        ("DELETE", "/mj/task/7/fetch", NoRoute(405, ("POST", "GET", "HEAD"), "midjourney")),
        ("DELETE", "/v1/models", NoRoute(405, ("GET", "HEAD"), "openai_chat")),
        ("POST", "/v1/models/:generateContent", NoRoute(405, ("GET", "HEAD"), "openai_chat")),
        ("POST", "/v1/nothing", NoRoute(404)),
        ("GET", "/files", NoRoute(404)),
        ("GET", "/v1/../v1/models", NoRoute(404)),
        ("GET", "/v1/chat/completions/x", NoRoute(404)),
    ],
)
def test_missed(method: str, path: str, missed: NoRoute):
    assert table().match(method, path) == missed


def test_unknown_address_is_told_the_near_one():
    routes = table()

    def text(method: str, path: str) -> str:
        missed = routes.match(method, path)
        assert isinstance(missed, NoRoute)
        return routes.fault(method, path, missed).text()

    assert text("POST", "/v1/xyz") == "Invalid URL (POST /v1/xyz)"
    assert text("GET", "/v1/files/a") == (
        "Invalid URL (GET /v1/files/a); did you mean GET /files/a?"
    )
    assert text("POST", "/v1alpha/models/g:generateContent").endswith(
        "; did you mean POST /v1/models/g:generateContent?"
    )
    assert text("GET", "/proxy/v1/models").endswith("; did you mean GET /v1/models?")
    assert text("GET", "/proxy/chat/completions").endswith(
        "; did you mean POST /v1/chat/completions?"
    )
    assert text("DELETE", "/v1/chat/completions") == ("DELETE is not offered here; use POST.")
    assert text("GET", "//v1//files/a/") == (
        "Invalid URL (GET //v1//files/a/); did you mean GET /files/a?"
    )
    assert len(text("GET", "/" + "a" * 10_000)) < 300


def test_rows_are_complete_and_unique():
    routes = table()
    assert len(list(routes)) == len(routes) == 10
    assert {route.role for route in routes} == {"public", "token"}
    assert [route.body_bytes_max for route in routes if route.handler == "file"] == [0]
    with pytest.raises(ValueError, match="already"):
        routes.add("GET", "/v1/models", "again", "token", "openai_chat")
    with pytest.raises(ValueError, match="already"):
        routes.add("GET", "/mj/task/{id}/fetch", "again", "token", "midjourney")
    for bad in ("v1/x", "/v1/{", "/v1/{}", "/v1/{a:rest}/b", "/v1/{a}{b}"):
        with pytest.raises(ValueError):
            routes.add("GET", bad, "bad", "token", "openai_chat")
