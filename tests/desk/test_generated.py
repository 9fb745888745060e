"""Requests made out of the console's own document: right ones, wrong ones, absurd ones. None may be
answered by a mistake of ours."""

import itertools
import random
import re
from collections import Counter
from typing import Any

from tests.control.conftest import PASSWORD, Console
from tests.desk.conftest import Caller, signed_in
from waystation.control.desk.action import Action
from waystation.control.desk.actions import ACTIONS
from waystation.control.desk.document import build_desk_document

DOCUMENT = build_desk_document(ACTIONS, "https://relay.example")
SEED = 20_261_122
EACH = 3
LEADS_OUT = frozenset(
    (
        "proposePrices",
        "fetchUnsavedChannelModels",
        "fetchChannelModels",
        "testChannel",
        "readChannelBalance",
        "createAlertReceiver",
        "updateAlertReceiver",
    )
)
"""With vendors' own addresses, or names to be found, they go to the internet."""
ENDS_IT = frozenset({"endSession", "endOtherSessions"})
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**53,
    2**63,
    10**30,
    1e308,
    -0.0,
    "",
    " ",
    "a",
    "0",
    "'; DROP TABLE main.accounts; --",
    "\x00",
    "\ud800",
    "é" * 300,
    "9" * 40,
    "http://127.0.0.1:1/",
    "9999-12-31T23:59:59Z",
    [],
    {},
    [None],
    {"a": {"b": [1]}},
)


class Maker:
    """Values by schema; now and then something else."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = itertools.count()
        self._oddness = 0.0

    def begin(self) -> None:
        """The next request: wholly right, a little odd, or absurd."""
        self._oddness = self._random.choice((0.0, 0.0, 0.05, 0.3))

    def next_number(self) -> int:
        return next(self._numbers)

    def value(self, schema: Any, depth: int = 0) -> Any:
        if self._random.random() < self._oddness or depth > 6:
            return self._random.choice(ODD)
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return self.value(DOCUMENT["components"]["schemas"][name], depth + 1)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return self.value(self._random.choice(schema[several]), depth + 1)
        if "enum" in schema:
            return self._random.choice(schema["enum"])
        return self._typed(schema, depth)

    def _typed(self, schema: Any, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            inner = schema.get("items") or {}
            return [self.value(inner, depth + 1) for _ in range(self._random.randrange(3))]
        if kind == "integer":
            return self._random.choice((0, 1, 2, 100, schema.get("maximum", 7)))
        if kind == "number":
            return self._random.choice((0.5, 1, 7.25))
        if kind == "boolean":
            return self._random.random() < 0.5
        if schema.get("format") == "date-time":
            return self._random.choice(("2026-01-01T00:00:00Z", "2030-06-01T08:00:00+08:00"))
        return self._random.choice(("default", "1", "0.5", "ada@example.com", "x" * 8))

    def _object(self, schema: Any, depth: int) -> dict[str, Any]:
        made = {
            name: self.value(each, depth + 1)
            for name, each in schema.get("properties", {}).items()
            if name in schema.get("required", ()) or self._random.random() < 0.6
        }
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            made["default"] = self.value(more, depth + 1)
        if self._random.random() < self._oddness / 4:
            made["unknown"] = 1
        return made

    def query(self, parameters: list[Any]) -> dict[str, str]:
        told = {
            each["name"]: self.value(each["schema"])
            for each in parameters
            if each["in"] == "query" and self._random.random() < 0.5
        }
        return {
            name: str(value).encode("utf-8", "ignore").decode()
            for name, value in told.items()
            if value is not None
        }

    def path(self, template: str) -> str:
        return re.sub(
            r"\{\w+\}", lambda _: self._random.choice(("1", "2", "0", "default", "x%00y")), template
        )


async def test_no_generated_request_finds_a_mistake(console: Console) -> None:
    """Proof 38. 502 is an upstream that is not there, which these requests name often."""
    boss = await signed_in(console, "boss@example.com", role="operator")
    maker = Maker(SEED)
    answered: Counter[int] = Counter()
    for _ in range(EACH):
        for action in ACTIONS:
            if action.id not in LEADS_OUT | ENDS_IT:
                answered[await once(console, boss, maker, action)] += 1
    assert {200, 204, 400, 404} <= set(answered)
    assert answered[200] > 50
    assert answered[401] < 20


async def once(console: Console, boss: Caller, maker: Maker, action: Action) -> int:
    operation = DOCUMENT["paths"][action.path][action.method.lower()]
    maker.begin()
    more: dict[str, Any] = {"params": maker.query(operation["parameters"])}
    if "requestBody" in operation:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        more["json"] = maker.value(schema)
    console.services.sign_in.__init__(console.store)  # type: ignore[misc]
    path = maker.path(action.path)
    more["allow_redirects"] = False
    reply = await console.call(action.method, path, boss.headers, **more)
    text = await reply.text()
    allowed = {"upstream_error", "provider_failed"}
    if reply.status >= 500:
        assert (await reply.json())["error"]["code"] in allowed, (action.id, path, more, text)
    if reply.status == 401 and action.role != "token":
        # It ended its own sign-in: another operator goes on.
        email = f"boss{maker.next_number()}@example.com"
        boss.headers = (await signed_in(console, email, role="operator")).headers
    return reply.status


def test_no_body_takes_what_it_does_not_name() -> None:
    """Proof 30: a field more is refused, not passed on."""
    bodies = {action.body for action in ACTIONS if action.body is not None}
    assert len(bodies) > 40
    for body in bodies:
        assert body.__struct_config__.forbid_unknown_fields, body


async def test_no_page_of_another_site_changes_anything(console: Console, boss: Caller) -> None:
    """Proof 30, on every action that a cookie opens: without the word, and from another origin."""
    login = {"email": "boss@example.com", "password": PASSWORD, "cookie": True}
    reply = await console.call("POST", "/api/v1/session", json=login)
    word, cookie = (await reply.json())["csrf_token"], reply.cookies["waystation_session"].value
    shown = {"cookie": f"waystation_session={cookie}"}
    own = [a for a in ACTIONS if a.role in ("person", "operator") and a.method != "GET"]
    assert len(own) > 60
    for action in own:
        path = re.sub(r"\{\w+\}", "1", action.path)
        for more in ({}, {"x-csrf-token": word, "origin": "https://evil.example"}):
            caller = Caller(console, shown | more)
            assert await caller.refused(action.method, path, {}) == "csrf_failed", action.id
