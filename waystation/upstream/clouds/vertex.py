"""Google's Vertex AI: Gemini and Claude in a project of one's own.

A key is a service account's JSON file, whose tokens are fetched and renewed, or an API key (express
mode), which is sent as it is. The address gets the account's project, and the location that the
channel's host names; a base_url with /projects/… in it has said both.
"""

import re
from collections.abc import Callable

import msgspec

from waystation.kernel.strictjson import raw_of, read_object, rebuild
from waystation.upstream.clouds.service_account import Account, Refused, Tokens, read_account
from waystation.upstream.clouds.told import ToldReply
from waystation.upstream.clouds.vertex_embeddings import PREDICT, as_embeddings, as_predict
from waystation.upstream.transport import Deadlines, Incoming, Origin, Outgoing, Transport

_PUBLISHERS = "/v1/publishers/"
_CLAUDE = "/publishers/anthropic/"
_VERSION = raw_of("vertex-2023-10-16")
_HOST = re.compile(
    r"(?:(?P<region>[a-z0-9-]+)-)?aiplatform(?:\.(?P<multi>[a-z]+)\.rep)?\.googleapis\.com"
)
_OUT_OF_THE_HEAD = frozenset({b"anthropic-version", b"authorization", b"x-goog-api-key"})
_LOCATION_ELSE = "global"


class Vertex:
    """Implements `Cloud`."""

    def __init__(self, key: str) -> None:
        self._account: Account | None = None
        self._api_key = b""
        if key.lstrip().startswith("{"):
            account = self._account = read_account(key)
            self._tokens = Tokens(account)
            lines = account.private_key.split("\n")
            self.secrets: tuple[str, ...] = (
                account.private_key,
                *(line for line in lines if len(line) > 8 and not line.startswith("-")),
            )
            return
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("neither a service account's JSON file nor an API key")
        self._api_key = key.encode()
        self.secrets = (key,)

    async def send(
        self,
        transport: Transport,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        origin = request.origin
        assert isinstance(origin, Origin)
        if self._account is None:
            key = (b"x-goog-api-key", self._api_key)
        else:
            try:
                token = await self._tokens.token(transport, origin)
            except Refused as refused:
                # Nothing was sent, but this is how the channel's key is judged: as if the address
                # itself had said it.
                return ToldReply.error(refused.status, refused.reason)
            key = (b"authorization", b"Bearer " + token.encode())
        prepared = self._prepared(request, origin, key)
        if not request.target.endswith(PREDICT):
            return await transport.send(prepared, deadlines, on_sending)
        predict = as_predict(bytes(request.body))
        if predict is None:
            return ToldReply.error(400, "Vertex embeds texts, not token ids.")
        body, model = predict
        prepared = msgspec.structs.replace(prepared, body=body)
        return await as_embeddings(await transport.send(prepared, deadlines, on_sending), model)

    def _prepared(self, request: Outgoing, origin: Origin, key: tuple[bytes, bytes]) -> Outgoing:
        target = self._target(request.target, origin.host)
        body = _claude_body(request) if _CLAUDE in target else request.body
        headers = tuple(each for each in request.headers if each[0] not in _OUT_OF_THE_HEAD)
        return Outgoing(origin, request.method, target, (*headers, key), body)

    def _target(self, target: str, host: str) -> str:
        before, _, rest = target.partition(_PUBLISHERS)
        if "/projects/" in before:
            return f"{before}/publishers/{rest}"
        account = self._account
        if account is None or not account.project_id:
            return target
        place = f"projects/{account.project_id}/locations/{account.location or _location(host)}"
        return f"{before}/v1/{place}/publishers/{rest}"


def _location(host: str) -> str:
    found = _HOST.fullmatch(host)
    if found is None:
        return _LOCATION_ELSE
    return found["region"] or found["multi"] or _LOCATION_ELSE


def _claude_body(request: Outgoing) -> bytes:
    """The address names the model, save for counting, where the body does."""
    fields = read_object(bytes(request.body))
    edits: dict[str, msgspec.Raw | None] = {}
    if "/count-tokens:" not in request.target:
        edits["model"] = None
    edits["anthropic_version"] = fields.get("anthropic_version", _VERSION)
    return rebuild(fields, edits)
