"""From a channel, a key and a body to a request on the wire.

Nothing of the caller's head goes upstream but what is named in PASSED_ON: a caller cannot choose
a host, a key, an organisation or a content type. What is the same for each call of a channel (its
parsed address, its headers for each key) is made once for each configuration epoch.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote, urlsplit

from waystation.routing.snapshot import Channel, ChannelKey
from waystation.upstream.clouds import Clouds
from waystation.upstream.transport import Body, Deadlines, Origin, Outgoing

Headers = tuple[tuple[bytes, bytes], ...]

PASSED_ON: Mapping[str, tuple[str, ...]] = {
    "messages": ("anthropic-beta", "anthropic-version"),
    "count_tokens": ("anthropic-beta", "anthropic-version"),
}
PASSED_ON_ELSE = ("openai-beta",)
"""Request headers that change what the upstream does and name nobody, by operation."""

OWN_HEADERS: Mapping[str, Mapping[bytes, bytes]] = {
    "messages": {b"anthropic-version": b"2023-06-01"},
    "count_tokens": {b"anthropic-version": b"2023-06-01"},
    "speech": {b"accept": b"*/*"},
}
"""What a dialect wants to be told, unless the caller or the channel says otherwise."""

PORTS = {"http": 80, "https": 443, "demo": 1}

KEY_ALSO: Mapping[str, bytes] = {"messages": b"x-api-key", "count_tokens": b"x-api-key"}
"""Where a dialect's own clients put the key: vendors of several dialects look for it there."""


def key_header(auth: str, secret: str) -> tuple[bytes, bytes]:
    """auth: "bearer", or "header:<name>" for vendors with a header of their own. Raises
    ValueError for another; channels without a key ("none") never ask."""
    if auth == "bearer":
        return b"authorization", b"Bearer " + secret.encode("latin-1")
    kind, _, name = auth.partition(":")
    if kind != "header" or not name:
        raise ValueError(f"unknown auth style {auth!r}")
    return name.lower().encode("ascii"), secret.encode("latin-1")


def fixed_headers(channel: Channel, key: ChannelKey, operation: str, stream: bool) -> Headers:
    """All headers that do not depend on the request; the channel's own overrides win."""
    headers: dict[bytes, bytes] = {
        b"content-type": b"application/json",
        b"accept": b"text/event-stream" if stream else b"application/json",
        b"accept-encoding": b"identity",
        b"user-agent": b"waystation",
        **OWN_HEADERS.get(operation, {}),
    }
    if key.secret and not channel.cloud:
        name, value = key_header(channel.auth, key.secret)
        headers[name] = value
        also = KEY_ALSO.get(operation)
        if also is not None:
            headers[also] = key.secret.encode("latin-1")
    for over, text in channel.header_overrides.items():
        headers[over.lower().encode("ascii")] = text.encode("latin-1")
    return tuple(headers.items())


class Way:
    """One channel's way out: its parsed address, its deadlines, its headers for each key."""

    __slots__ = ("_clouds", "_headers", "_overridden", "_prefix", "channel", "deadlines", "origin")

    def __init__(self, channel: Channel, defaults: Deadlines, clouds: Clouds | None = None) -> None:
        """Raises ValueError for a base address that is none (apply refuses those earlier)."""
        parts = urlsplit(channel.base_url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"channel {channel.name}: not an http address")
        self.channel = channel
        self._clouds = clouds or Clouds()
        self.origin = Origin(
            scheme=parts.scheme,  # type: ignore[arg-type]  # checked against PORTS above
            host=parts.hostname,
            port=parts.port or PORTS[parts.scheme],
            allow_private=channel.allow_private,
            proxy=channel.proxy,
        )
        own = channel.deadlines
        self.deadlines = Deadlines(
            connect_seconds=own.connect or defaults.connect_seconds,
            first_byte_seconds=own.first_byte or defaults.first_byte_seconds,
            idle_seconds=own.idle or defaults.idle_seconds,
            total_seconds=own.total or defaults.total_seconds,
        )
        self._overridden = frozenset(name.lower() for name in channel.header_overrides)
        self._prefix = parts.path.rstrip("/")
        self._headers: dict[tuple[int, str, bool], Headers] = {}

    def outgoing(
        self,
        key: ChannelKey,
        operation: str,
        body: bytes | Body,
        stream: bool,
        header: Callable[[str], str | None],
        model: str = "",
        content_type: str = "",
    ) -> Outgoing:
        """The request for one attempt. header: looks up the caller's, for PASSED_ON. model: the
        upstream's name of it, for addresses that hold it. content_type: of a body that is not
        JSON."""
        channel = self.channel
        headers = self._headers.get((key.id, operation, stream))
        if headers is None:
            headers = fixed_headers(channel, key, operation, stream)
            self._headers[key.id, operation, stream] = headers
        for name in PASSED_ON.get(operation, PASSED_ON_ELSE):
            value = header(name)
            if value is not None and name not in self._overridden:
                headers = _with(headers, name.encode(), value.encode("latin-1", "replace"))
        if content_type:
            headers = _with(headers, b"content-type", content_type.encode("latin-1"))
        path = channel.paths[operation]
        if "{" in path:
            path = _named(channel.paths.get(f"{operation}_stream", path) if stream else path, model)
        if not channel.cloud:
            return Outgoing(self.origin, "POST", self._prefix + path, headers, body)
        cloud = self._clouds.of(channel.cloud, key.secret)
        return Outgoing(self.origin, "POST", self._prefix + path, headers, body, cloud=cloud)

    def target(self, path: str) -> str:
        """A path below the channel's base address."""
        return self._prefix + path

    def call(self, key: ChannelKey, method: str, path: str, body: bytes = b"") -> Outgoing:
        """Another call of this channel, below its base address: a poll, a list."""
        headers = self._headers.get((key.id, "", False))
        if headers is None:
            headers = self._headers[key.id, "", False] = fixed_headers(self.channel, key, "", False)
        return Outgoing(self.origin, method, self._prefix + path, headers, body)

    def item(
        self, key: ChannelKey, method: str, operation: str, name: str, tail: str = ""
    ) -> Outgoing:
        """A request about one thing that the upstream keeps, below the operation's address. tail:
        what comes behind its name, written by us."""
        headers = tuple(
            header
            for header in fixed_headers(self.channel, key, operation, False)
            if header[0] != b"content-type"
        )
        path = self.channel.paths[operation]
        target = f"{self._prefix}{path}/{quote(name, safe='-._~')}{tail}"
        return Outgoing(self.origin, method, target, headers, b"")


def _named(path: str, model: str) -> str:
    """{model}: as it stands, slashes and all; {segment}: its slashes escaped. What a server may
    read as a way up is broken: the name can be a caller's, where a channel takes any."""
    name = quote(model.removeprefix("models/"), safe="/-._~@")
    if ".." in name:
        name = name.replace("..", "_")
    return path.replace("{model}", name).replace("{segment}", name.replace("/", "%2F"))


def _with(headers: Headers, name: bytes, value: bytes) -> Headers:
    """The caller's header in place of ours, if we have it."""
    if any(known == name for known, _ in headers):
        headers = tuple(header for header in headers if header[0] != name)
    return (*headers, (name, value))


class Ways:
    """The ways out of the channels in use. A request that began under an earlier configuration
    keeps the channel it was given: what is remembered is that very channel's, or made anew."""

    def __init__(self, defaults: Deadlines, clouds: Clouds | None = None) -> None:
        self._defaults = defaults
        self._clouds = clouds or Clouds()
        self._ways: dict[int, Way] = {}

    def of(self, channel: Channel) -> Way:
        found = self._ways.get(channel.id)
        if found is None or found.channel is not channel:
            found = self._ways[channel.id] = Way(channel, self._defaults, self._clouds)
        return found
