"""From a path to its handler. What is no relay route belongs to the control process.

So users see one address, and a slow report or a crashed console never touches a stream.
"""

from collections.abc import Awaitable

from waystation.dialects.midjourney.speed import wrong_speed
from waystation.edge.call import Call, Handler
from waystation.edge.language import language_of
from waystation.edge.paths import VERSIONS
from waystation.edge.replies import Headers, send_fault
from waystation.edge.routes import NoRoute, RouteTable
from waystation.errors import Fault, Language

_RELAY_SHAPES = {
    "v1": "openai",
    "v1beta": "gemini",
    "v1alpha": "gemini",
    "mj": "midjourney",
    "mj-fast": "midjourney",
    "mj-relax": "midjourney",
    "mj-turbo": "midjourney",
    "suno": "suno",
    "sunoapi": "openai",
    "ideogram": "openai",
    "recraft": "openai",
    "files": "openai",
}
"""First segments that are the relay's: an unknown address below them is refused here, in shape."""

_SHOWN_CHARACTERS_MAX = 200


class Dispatcher:
    """The one handler that a face serves."""

    __slots__ = ("_forward", "_language", "_table")

    def __init__(self, table: RouteTable[Handler], forward: Handler, language: Language) -> None:
        self._table = table
        self._forward = forward
        self._language = language

    def __call__(self, call: Call) -> Awaitable[None]:
        found = self._table.match(call.method, call.path)
        if isinstance(found, NoRoute):
            return self._unknown(call, found)
        if found.params:
            call.params.update(found.params)
        return found.route.handler(call)

    async def _unknown(self, call: Call, missed: NoRoute) -> None:
        if call.method == "POST" and _has_verb(call.path):
            shown = call.raw_path[:_SHOWN_CHARACTERS_MAX]
            fault = Fault("unknown_url", method="POST", path=shown, hint="")
            send_fault(call, fault, "gemini", language_of(call, self._language))
            return
        first = call.path.split("/", 2)[1]
        shape = missed.dialect or _shape_below(call.path, first)
        if shape is None and first.startswith("mj-") and call.path.startswith(f"/{first}/mj/"):
            shape = "midjourney"
        if shape is None:
            await self._forward(call)
            return
        fault = self._table.fault(call.method, call.raw_path, missed)
        if shape == "midjourney" and first not in _RELAY_SHAPES:
            fault = wrong_speed()
        headers: Headers = ()
        if missed.status == 405:
            headers = ((b"allow", ", ".join(missed.allowed).encode()),)
        send_fault(call, fault, shape, language_of(call, self._language), headers)


def _has_verb(path: str) -> bool:
    """Google's form, with a verb that is not known: GET's row of models takes any name."""
    segments = path.split("/")
    return segments[1] in VERSIONS and segments[2:3] == ["models"] and ":" in segments[-1]


def _shape_below(path: str, first: str) -> str | None:
    return "anthropic" if path.startswith("/v1/messages/") else _RELAY_SHAPES.get(first)


def shape_of(path: str, table: RouteTable[Handler]) -> str:
    """The dialect in which a refusal of the protocol itself is worded: no method is known yet."""
    missed = table.match("", path)
    if isinstance(missed, NoRoute) and missed.dialect:
        return missed.dialect
    return _shape_below(path, path.split("/", 2)[1] if "/" in path else "") or "openai"
