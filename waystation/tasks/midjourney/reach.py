"""How a runner reaches the channels of the family: the newest configuration, one `Proxy` a key."""

from collections.abc import Mapping

from waystation.routing.snapshot import Channel, ChannelKey, Snapshot
from waystation.tasks.midjourney.proxy import Proxy
from waystation.upstream.outgoing import Ways
from waystation.upstream.transport import Deadlines, Transport


class Reach:
    """transports: by address scheme. `configure` comes with each configuration."""

    def __init__(self, transports: Mapping[str, Transport]) -> None:
        self._transports = transports
        self._ways = Ways(Deadlines())
        self._snapshot: Snapshot | None = None

    def configure(self, snapshot: Snapshot) -> None:
        self._ways = Ways(Deadlines())
        self._snapshot = snapshot

    def channel(self, channel_id: int) -> Channel | None:
        return None if self._snapshot is None else self._snapshot.channels.get(channel_id)

    def setting(self, name: str) -> str | None:
        """What the operator set at run time, as JSON."""
        return None if self._snapshot is None else self._snapshot.settings.get(name)

    def proxy(self, channel: Channel, key_id: int) -> Proxy | None:
        """None: the channel has no such key any more."""
        key = key_of(channel, key_id)
        if key is None:
            return None
        way = self._ways.of(channel)
        return Proxy(self._transports[way.origin.scheme], way, key)


def key_of(channel: Channel, key_id: int) -> ChannelKey | None:
    return next((key for key in channel.keys if key.id == key_id), None)
