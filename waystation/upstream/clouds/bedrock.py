"""Amazon Bedrock's runtime: Claude by `invoke`, in Anthropic's own words.

A key is ACCESS:SECRET[:SESSION][@region] and signs each request, or a Bedrock API key[@region]
which is sent as it is. The model stands in the address, so it and `stream` leave the body; the
version and the beta flags move from the head into it. A stream comes in AWS's binary framing and
goes on as server-sent events.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from waystation.kernel.strictjson import raw_of, read_object, rebuild
from waystation.upstream.clouds.bedrock_count import PATH, as_count, as_counted
from waystation.upstream.clouds.bedrock_stream import EVENT_STREAM, EventStreamReply
from waystation.upstream.clouds.sigv4 import Credentials, Scope, signed_headers
from waystation.upstream.http1.head import host_line
from waystation.upstream.transport import (
    Deadlines,
    Incoming,
    Origin,
    Outgoing,
    Transport,
)

_KEY = re.compile(r"[A-Z0-9]{8,128}")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-\d")
_HOST = re.compile(
    r"(?P<start>bedrock-runtime(?:-fips)?\.)[a-z0-9-]+(?P<end>\.amazonaws\.com(?:\.cn)?)"
)
_REGION_ELSE = "us-east-1"
_VERSION = raw_of("bedrock-2023-05-31")
_OUT_OF_THE_HEAD = frozenset({b"anthropic-beta", b"anthropic-version", b"accept", b"authorization"})
_SIGNED = frozenset({b"content-type"})

BETAS = frozenset(
    {
        "compact-2026-01-12",
        "computer-use-2024-10-22",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dev-full-thinking-2025-05-14",
        "effort-2025-11-24",
        "interleaved-thinking-2025-05-14",
        "output-128k-2025-02-19",
        "token-efficient-tools-2025-02-19",
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
    }
)
"""The flags that Bedrock knows: it refuses a request with any other, and coding agents send several
that only Anthropic's own address takes. An operator adds more by the channel's body override
`anthropic_beta`."""


class Bedrock:
    """Implements `Cloud`."""

    def __init__(self, key: str) -> None:
        text, at, region = key.rpartition("@")
        if not at:
            text, region = key, ""
        if not text or not text.isascii() or not text.isprintable() or " " in text:
            raise ValueError("not ACCESS:SECRET[:SESSION]@region, nor a Bedrock API key")
        if at and not _REGION.fullmatch(region):
            raise ValueError("what follows the @ is no region")
        self._region = region
        self._bearer = ""
        self._credentials: Credentials | None = None
        if ":" not in text:
            self._bearer = text
            self.secrets: tuple[str, ...] = (text,)
            return
        access, secret, *token = text.split(":")
        if not _KEY.fullmatch(access) or not secret or len(token) > 1:
            raise ValueError("not ACCESS:SECRET[:SESSION]@region")
        self._credentials = Credentials(access, secret, *token)
        self.secrets = tuple(part for part in self._credentials if part)

    async def send(
        self,
        transport: Transport,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        prepared = self.prepared(request, datetime.now(UTC))
        incoming = await transport.send(prepared, deadlines, on_sending)
        if request.target.endswith(PATH):
            return await as_counted(incoming)
        if (incoming.header(b"content-type") or b"").startswith(EVENT_STREAM):
            return EventStreamReply(incoming)
        return incoming

    def prepared(self, request: Outgoing, at: datetime) -> Outgoing:
        """The request as it goes over the wire, signed for this time (UTC)."""
        origin, region = self._place(request.origin)
        body = _body(request)
        if request.target.endswith(PATH):
            body = as_count(body)
        headers = [each for each in request.headers if each[0] not in _OUT_OF_THE_HEAD]
        headers.append((b"accept", b"application/json"))
        if self._credentials is None:
            headers.append((b"authorization", b"Bearer " + self._bearer.encode()))
        else:
            host = host_line(origin).removeprefix(b"\r\nhost: ").rstrip()
            signed = [each for each in headers if each[0] in _SIGNED]
            headers += signed_headers(
                request.method,
                request.target,
                [(b"host", host), *signed],
                body,
                self._credentials,
                Scope(region, "bedrock"),
                at,
            )
        return Outgoing(origin, request.method, request.target, tuple(headers), body)

    def _place(self, origin: object) -> tuple[Origin, str]:
        """Where the region of the key is, and which it is: of an address of AWS's own the key's
        region wins, another address (a private endpoint) stays."""
        assert isinstance(origin, Origin)
        found = _HOST.fullmatch(origin.host)
        if found is None:
            return origin, self._region or _REGION_ELSE
        if not self._region:
            return origin, origin.host[found.end("start") : found.start("end")]
        host = f"{found['start']}{self._region}{found['end']}"
        return msgspec.structs.replace(origin, host=host), self._region


def _body(request: Outgoing) -> bytes:
    fields = read_object(bytes(request.body))
    edits: dict[str, msgspec.Raw | None] = {"model": None, "stream": None}
    edits["anthropic_version"] = fields.get("anthropic_version", _VERSION)
    if "anthropic_beta" not in fields:
        told = next((v for n, v in request.headers if n == b"anthropic-beta"), b"")
        betas = [
            flag for each in told.decode("latin-1").split(",") if (flag := each.strip()) in BETAS
        ]
        if betas:
            edits["anthropic_beta"] = raw_of(betas)
    return rebuild(fields, edits)
