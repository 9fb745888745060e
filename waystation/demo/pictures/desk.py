"""Where a request for pictures is taken, drawn in the studio, and answered, with or without the
fault that it asks for."""

import asyncio
from collections.abc import Iterator, Mapping
from time import time

import msgspec

from waystation.demo.pictures import faults, in_chat, multipart, reply, telling
from waystation.demo.pictures.calls import Action
from waystation.demo.pictures.faults import DemoFault
from waystation.demo.pictures.make import Made, make
from waystation.demo.pictures.order import Order, from_form, from_json
from waystation.demo.pictures.refusal import Refused
from waystation.demo.pictures.studio import Studio
from waystation.demo.transport import DemoIncoming
from waystation.upstream.transport import Deadlines, MaybeSent, Outgoing

_JSON = ((b"content-type", b"application/json"),)
_SSE = ((b"content-type", b"text/event-stream"),)
_HTML = ((b"content-type", b"text/html"),)


class PictureDesk:
    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    async def answer(
        self, request: Outgoing, action: Action, deadlines: Deadlines, pace_seconds: float
    ) -> DemoIncoming:
        """Raises Refused and MaybeSent."""
        if action == "tell":
            said = await self._studio.run(telling.answer, bytes(request.body))
            return DemoIncoming(200, _JSON, iter((said,)))
        headers = {name.lower(): value for name, value in request.headers}
        order = await self._studio.run(_order, bytes(request.body), headers, action)
        fault = faults.wanted(headers.get(b"x-demo-fault", b"").decode("latin-1"), order.prompt)
        faults.refuse(fault, order.prompt, order.model)
        await _suffer(fault, deadlines)
        if fault.kind == "html" or (action == "chat" and fault.kind in ("empty", "page")):
            return DemoIncoming(200, _HTML, iter((faults.PAGE,)))
        pieces = await self._studio.run(_pieces, order, fault)
        if order.stream:
            return DemoIncoming(200, _SSE, _cut(pieces, fault), pace_seconds)
        return DemoIncoming(200, _JSON, _cut(pieces, fault))


def _order(body: bytes, headers: Mapping[bytes, bytes], action: Action) -> Order:
    kind = headers.get(b"content-type", b"").decode("latin-1")
    if kind.lower().startswith("multipart/form-data"):
        return from_form(multipart.parts(body, kind), action)
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("the body is neither JSON nor a form") from None
    if not isinstance(fields, dict):
        raise Refused("the body is not an object")
    if action == "chat":
        return in_chat.order_of(fields)
    return from_json(fields, action)


async def _suffer(fault: DemoFault, deadlines: Deadlines) -> None:
    """What a wire would do before the reply. Raises MaybeSent."""
    if fault.kind == "reset":
        raise MaybeSent("reset", "the demo was told to")
    if fault.kind == "slow":
        await asyncio.sleep(min(fault.seconds, deadlines.first_byte_seconds))
        if fault.seconds > deadlines.first_byte_seconds:
            raise MaybeSent("first_byte_timeout", "the demo was told to")


def _pieces(order: Order, fault: DemoFault) -> list[bytes]:
    """The reply's body. In the studio."""
    made, created = _spoilt(make(order), fault), int(time())
    events, whole = reply.events, reply.whole
    if order.action == "chat":
        events, whole = in_chat.events, in_chat.whole
    return events(order, made, created) if order.stream else [whole(order, made, created)]


def _spoilt(made: Made, fault: DemoFault) -> Made:
    pictures, partials = made.pictures, made.partials
    if fault.kind == "empty":
        pictures, partials = (), ()
    elif fault.kind == "fewer":
        pictures, partials = pictures[:-1], partials[:-1]
    elif fault.kind == "broken":
        pictures = tuple(one[: len(one) // 3] for one in pictures)
    elif fault.kind == "page":
        pictures = tuple(faults.PAGE for _ in pictures)
    return made._replace(pictures=pictures, partials=partials)


def _cut(pieces: list[bytes], fault: DemoFault) -> Iterator[bytes]:
    """All of it; or half of it, and then the connection's end."""
    if fault.kind != "cut":
        yield from pieces
        return
    half = b"".join(pieces)
    yield half[: len(half) // 2]
    raise MaybeSent("reset", "the demo was told to")
