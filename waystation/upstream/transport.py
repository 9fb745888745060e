"""The seam between us and the network: one request out, one reply in.

`upstream/http1/` implements it on httptools, `upstream/proxied.py` on aiohttp for channels behind
an HTTP or SOCKS proxy, `upstream/fake.py` for tests, and the demo channel in-process. All pass the
same tests.

    TransportFault
    ├── NotSent     no byte of the request reached the wire: safe to try elsewhere, nothing is owed
    └── MaybeSent   the upstream may have seen it
"""

from collections.abc import Callable, Iterator
from typing import Literal, Protocol

import msgspec

FaultKind = Literal[
    "resolve",  # the name has no address
    "forbidden",  # the egress guard refuses the address
    "connect",
    "connect_timeout",
    "tls",
    "reset",  # closed or reset before or inside the reply
    "first_byte_timeout",
    "idle_timeout",
    "total_timeout",
    "protocol",  # not HTTP, wrong lengths, endless headers
    "too_large",
]


class TransportFault(Exception):
    """The exchange failed below HTTP. `detail` is for our log, never for a caller."""

    def __init__(self, kind: FaultKind, detail: str = "") -> None:
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind = kind
        self.detail = detail


class NotSent(TransportFault):
    """No byte of the request reached the wire."""


class MaybeSent(TransportFault):
    """The upstream may have seen the request."""


class Deadlines(msgspec.Struct, frozen=True):
    """Seconds. first_byte: from the request's last byte to the reply's head. idle: between two
    reads of the body. total: from `send` to the body's end."""

    connect_seconds: float = 5.0
    first_byte_seconds: float = 120.0
    idle_seconds: float = 120.0
    total_seconds: float = 1800.0


class Origin(msgspec.Struct, frozen=True):
    """Where to connect. host is a name or literal without brackets; the egress guard judges the
    resolved address; allow_private says that the operator consented to a private one, of the
    origin or of its proxy."""

    scheme: Literal["http", "https", "demo"]
    host: str
    port: int
    allow_private: bool = False
    proxy: str | None = None  # http://, https://, socks5:// with optional userinfo


class UnixOrigin(msgspec.Struct, frozen=True):
    """A server on a Unix socket of this machine. Ours alone to name, so no guard judges it."""

    path: str


Destination = Origin | UnixOrigin


class Body(Protocol):
    """A request's body that is not in memory as a whole. Iterated from its front for each try, a
    piece as the one before it has left; `bytes(body)` puts it together."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[bytes]:
        """Pieces that are never empty, `len` bytes together. OSError ends the exchange."""

    def __bytes__(self) -> bytes: ...


class Outgoing(msgspec.Struct, frozen=True):
    """A request. target: path with query. headers: complete but for host, content-length,
    transfer-encoding and connection, which the transport writes (ValueError when they, or bytes
    that would break the head, are given); accept-encoding is `identity` unless given.
    keep_encoding: leave the reply's content-encoding on, for whoever forwards it as it is.
    cloud: by whom it has to be sent, where a key in its head is not enough."""

    origin: Destination
    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes | Body = b""
    keep_encoding: bool = False
    cloud: "Cloud | None" = None


class Incoming(Protocol):
    """A reply whose head has arrived. Whatever happens, `close` (idempotent, synchronous) returns
    the connection or drops it; reading to the end closes by itself. Where a content-encoding was
    removed, its header and content-length are gone too. One reader at a time."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]  # names in lower case

    def header(self, name: bytes) -> bytes | None: ...

    async def read(self) -> bytes:
        """The next piece as it arrived, content-encoding removed; b"" at the proper end.
        Raises MaybeSent. Not reading is back-pressure: the socket is paused."""

    async def read_all(self, bytes_max: int) -> bytes:
        """The rest of the body. Raises MaybeSent("too_large") past the cap."""

    def pass_to(self, taker: Callable[[bytes], bool]) -> None:
        """Offer each further piece to `taker` in the very callback that receives it, while a
        reader waits: True says that it is dealt with, False that the reader is to get it. A
        transport may ignore this: then the reader gets all."""

    def close(self) -> None: ...


class Transport(Protocol):
    def ready(self, origin: Destination) -> bool:
        """An idle connection is at hand: `send` would write at once."""

    async def send(
        self,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        """Send, and return when the reply's head is complete. `on_sending` is called right before
        the first byte is written, once. Raises NotSent or MaybeSent. Cancelling it drops the
        connection and leaks nothing."""

    async def close(self) -> None:
        """Close all connections, idle and busy."""


class Cloud(Protocol):
    """Sends a request by a transport in its own way: signed, or with a token it fetches, its
    stream in another frame. One a key, good for any number of requests at once. secrets: what no
    error text may repeat."""

    secrets: tuple[str, ...]

    async def send(
        self,
        transport: Transport,
        request: Outgoing,
        deadlines: Deadlines,
        on_sending: Callable[[], None] | None = None,
    ) -> Incoming:
        """As `Transport.send`; the transport is one that does not ask for clouds."""
