"""What a declaration of an action says, and how it becomes a route.

Bodies, queries and replies are msgspec Structs: they judge what comes in, and the OpenAPI document
is made of them. A handler gives back a Struct, None (204), or a Response of its own.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from fastapi import Request
from fastapi.responses import Response

from waystation.control.desk.reading import read_body, read_query
from waystation.control.guards import Role, services_of
from waystation.control.replies import json_reply, peer, request_id
from waystation.control.services import Services
from waystation.control.sessions import PROOF_SECONDS, Person
from waystation.errors import Fault
from waystation.kernel.clock import now_ms

Struct = TypeVar("Struct")
ID_MAX = 2**53


class Call:
    """One call of an action. person: who signed in, for those that ask for it."""

    __slots__ = ("_body", "_query", "request", "services")

    def __init__(self, request: Request, body: object, query: object) -> None:
        self.request = request
        self.services: Services = services_of(request)
        self._body = body
        self._query = query

    @property
    def person(self) -> Person:
        person = self.request.state.person
        assert isinstance(person, Person)
        return person

    @property
    def peer(self) -> str:
        return peer(self.request)

    @property
    def request_id(self) -> str:
        return request_id(self.request)

    def body(self, kind: type[Struct]) -> Struct:
        """As declared; kind says it to the type checker."""
        assert isinstance(self._body, kind)
        return self._body

    def query(self, kind: type[Struct]) -> Struct:
        assert isinstance(self._query, kind)
        return self._query

    def word(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    def id(self, name: str, what: str) -> int:
        """A row's number in the path. Raises Fault (not_found) for what cannot be one."""
        text = self.word(name)
        if not text.isascii() or not text.isdigit() or len(text) > 16 or int(text) > ID_MAX:
            raise Fault("not_found", kind=what)
        return int(text)

    def prove(self) -> None:
        """Raises Fault (step_up_required) unless the person proved lately who it is."""
        if self.person.proven_ms + PROOF_SECONDS * 1000 < now_ms():
            raise Fault("step_up_required")


Answer = Callable[[Call], Awaitable[Any]]


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """id: the operationId. codes: errors beyond those of its role and its inputs. proof: asks for
    a proof that is fresh. media: of a reply that is no JSON."""

    id: str
    method: str
    path: str
    role: Role
    answer: Answer
    tag: str
    summary: str
    summary_zh: str
    body: type[Any] | None = None
    query: type[Any] | None = None
    reply: Any = None
    status: int = 200
    codes: tuple[str, ...] = ()
    proof: bool = False
    media: str = "application/json"

    @property
    def all_codes(self) -> tuple[str, ...]:
        codes: list[str] = [*self.codes]
        if self.role in ("person", "operator"):
            codes.append("session_required")
            if self.method != "GET":
                codes += ["csrf_failed", "read_only_token"]
        if self.role == "operator":
            codes.append("operator_only")
        if self.proof:
            codes.append("step_up_required")
        if self.body is not None:
            codes += ["invalid_json", "invalid_request", "invalid_value", "request_too_large"]
        if self.query is not None:
            codes += ["invalid_request", "invalid_value"]
        if "{" in self.path:
            codes.append("not_found")
        codes += ["temporarily_unavailable", "internal_error", "method_not_allowed"]
        return tuple(dict.fromkeys(codes))


def handler_of(action: Action) -> Callable[[Request], Awaitable[Response]]:
    """The route's handler: read, judge, answer, write."""

    async def handle(request: Request) -> Response:
        query = None if action.query is None else read_query(request, action.query)
        body = None if action.body is None else read_body(await request.body(), action.body)
        call = Call(request, body, query)
        if action.proof:
            call.prove()
        told = await action.answer(call)
        if isinstance(told, Response):
            return told
        if told is None:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return json_reply(told, action.status)

    return handle


def plain(value: object) -> str:
    """As the audit log keeps it."""
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, sort_keys=True)
