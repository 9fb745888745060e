"""GET and DELETE /v1/responses/{id}, its input_items and its cancel.

What is kept by us is ours to show; what an upstream keeps is asked of the channel and key that made
it. Free. Another account's is a 404."""

from typing import Any
from urllib.parse import parse_qs

import msgspec

from waystation.dialects.openai_responses.stored_items import page, wanted
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.replies import JSON_TYPE, send_fault, send_json
from waystation.edge.site import Site
from waystation.errors import Fault
from waystation.kernel.strictjson import raw_of
from waystation.routing.snapshot import Channel, ChannelKey
from waystation.storage.stored_responses import Stored, contents
from waystation.upstream.attempt import AttemptFailed, Wire, send, unheld
from waystation.upstream.transport import MaybeSent

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class ResponseCalls:
    """Handlers: `show`, `delete`, `input_items` and `cancel`."""

    __slots__ = ("_site",)

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, call: Call) -> None:
        try:
            stored = await self._stored(call)
            if parse_qs(call.query).get("stream", [""])[-1] == "true":
                reason = "a response is not streamed again: it is shown whole"
                raise Fault("invalid_value", param="stream", reason=reason)
            if stored.channel_id is None:
                call.reply(200, (JSON_TYPE,), bytes(contents(stored).response))
                return
            body = await self._ask(stored, "GET")
            call.reply(200, (JSON_TYPE,), _named(body, stored.model))
        except Fault as fault:
            self._refuse(call, fault)

    async def delete(self, call: Call) -> None:
        try:
            stored = await self._stored(call)
            if stored.channel_id is not None:
                await self._ask(stored, "DELETE")
            assert self._site.responses is not None
            await self._site.responses.forget(stored)
            value: dict[str, Any] = {"id": stored.id, "object": "response", "deleted": True}
            send_json(call, value)
        except Fault as fault:
            self._refuse(call, fault)

    async def input_items(self, call: Call) -> None:
        try:
            asked = wanted(parse_qs(call.query))
            stored = await self._stored(call)
            if stored.channel_id is None:
                send_json(call, page(stored.id, contents(stored).items, asked))
                return
            tail = f"/input_items?{asked.query()}"
            call.reply(200, (JSON_TYPE,), await self._ask(stored, "GET", tail))
        except Fault as fault:
            self._refuse(call, fault)

    async def cancel(self, call: Call) -> None:
        """Whatever is stored is done: nothing runs in the background here."""
        try:
            await self._stored(call)
            reason = "the response is done; only one that runs in the background can be cancelled"
            raise Fault("invalid_request", reason=reason)
        except Fault as fault:
            self._refuse(call, fault)

    def _refuse(self, call: Call, fault: Fault) -> None:
        send_fault(call, fault, "openai", language_of(call, self._site.settings.language))

    async def _stored(self, call: Call) -> Stored:
        """Raises Fault: 401, 403, 404, 503."""
        caller = await identify(self._site.authenticator, call)
        if self._site.responses is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        return await self._site.responses.find(caller.account_id, call.params["response"])

    async def _ask(self, stored: Stored, method: str, tail: str = "") -> bytes:
        """The upstream's answer. tail: of the address, behind the id. Raises Fault."""
        site = self._site
        channel, key = self._place(stored)
        way = site.ways.of(channel)
        secrets = key.secrets
        bytes_max = site.settings.reply_bytes_max
        wire = Wire(site.transport(channel), way.deadlines, unheld, secrets, bytes_max)
        try:
            incoming = await send(wire, way.item(key, method, "responses", stored.id, tail))
            try:
                return await incoming.read_all(bytes_max)
            finally:
                incoming.close()
        except AttemptFailed as failed:
            raise failed.fault from None
        except MaybeSent:
            raise Fault("upstream_error", reason="connection lost") from None

    def _place(self, stored: Stored) -> tuple[Channel, ChannelKey]:
        directory = self._site.directory
        if directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        channel = directory.snapshot.channels.get(stored.channel_id or 0)
        keys = () if channel is None else channel.keys or (ChannelKey(0, ""),)
        key = next((one for one in keys if one.id == stored.key_id), None)
        if channel is None or key is None or "responses" not in channel.paths:
            raise Fault("response_not_found", id=stored.id)
        return channel, key


def _named(body: bytes, model: str) -> bytes:
    """The response under the name that its caller used. Raises Fault for nonsense."""
    try:
        fields = _decode_fields(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Fault("bad_upstream_response", reason="not a response") from None
    return msgspec.json.encode({**fields, "model": raw_of(model)})
