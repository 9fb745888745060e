"""From a channel, a key and a body to a request on the wire.

Nothing of the caller's head goes upstream but what is named in PASSED_ON: a caller cannot choose
a host, a key, an organisation or a content type. What is the same for each call of a channel (its
parsed address, its headers for each key) is made once for each configuration epoch.
"""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

from waystation.routing.snapshot import Channel, ChannelKey
from waystation.upstream.transport import Deadlines, Origin, Outgoing

Headers = tuple[tuple[bytes, bytes], ...]

PASSED_ON = ("openai-beta",)
"""Request headers that change what the upstream does and name nobody."""

_PORTS = {"http": 80, "https": 443, "demo": 1}


class Line(NamedTuple):
    """One channel's way out: ready to be combined with a body."""

    origin: Origin
    prefix: str
    deadlines: Deadlines


def line_for(channel: Channel, defaults: Deadlines) -> Line:
    """Raises ValueError for a base address that is none (apply refuses those earlier)."""
    parts = urlsplit(channel.base_url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError(f"channel {channel.name}: not an http address")
    origin = Origin(
        scheme=parts.scheme,  # type: ignore[arg-type]  # checked against _PORTS above
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        allow_private=channel.allow_private,
        proxy=channel.proxy,
    )
    own = channel.deadlines
    deadlines = Deadlines(
        connect_seconds=own.connect or defaults.connect_seconds,
        first_byte_seconds=own.first_byte or defaults.first_byte_seconds,
        idle_seconds=own.idle or defaults.idle_seconds,
        total_seconds=own.total or defaults.total_seconds,
    )
    return Line(origin, parts.path.rstrip("/"), deadlines)


def key_header(auth: str, secret: str) -> tuple[bytes, bytes]:
    """auth: "bearer", or "header:<name>" for vendors with a header of their own. Raises
    ValueError for another; channels without a key ("none") never ask."""
    if auth == "bearer":
        return b"authorization", b"Bearer " + secret.encode("latin-1")
    kind, _, name = auth.partition(":")
    if kind != "header" or not name:
        raise ValueError(f"unknown auth style {auth!r}")
    return name.lower().encode("ascii"), secret.encode("latin-1")


def fixed_headers(channel: Channel, key: ChannelKey, stream: bool) -> Headers:
    """All headers that do not depend on the request; the channel's own overrides win."""
    headers: dict[bytes, bytes] = {
        b"content-type": b"application/json",
        b"accept": b"text/event-stream" if stream else b"application/json",
        b"accept-encoding": b"identity",
        b"user-agent": b"waystation",
    }
    if key.secret:
        name, value = key_header(channel.auth, key.secret)
        headers[name] = value
    for over, text in channel.header_overrides.items():
        headers[over.lower().encode("ascii")] = text.encode("latin-1")
    return tuple(headers.items())


class Lines:
    """The ways out of one snapshot's channels; thrown away with the snapshot."""

    def __init__(self, defaults: Deadlines) -> None:
        self._defaults = defaults
        self._lines: dict[int, Line] = {}
        self._headers: dict[tuple[int, int, bool], Headers] = {}

    def line(self, channel: Channel) -> Line:
        found = self._lines.get(channel.id)
        if found is None:
            found = self._lines[channel.id] = line_for(channel, self._defaults)
        return found

    def outgoing(
        self,
        channel: Channel,
        key: ChannelKey,
        operation: str,
        body: bytes,
        stream: bool,
        header: Callable[[str], str | None],
    ) -> Outgoing:
        """The request for one attempt. header: looks up the caller's, for PASSED_ON."""
        line = self.line(channel)
        slot = (channel.id, key.id, stream)
        headers = self._headers.get(slot)
        if headers is None:
            headers = self._headers[slot] = fixed_headers(channel, key, stream)
        for name in PASSED_ON:
            value = header(name)
            if value is not None:
                headers = (*headers, (name.encode(), value.encode("latin-1", "replace")))
        return Outgoing(line.origin, "POST", line.prefix + channel.paths[operation], headers, body)
