"""A station whose channels speak one dialect only, so that all others are translated."""

from msgspec.structs import replace

from tests.support.gateway import Station


def speak_only(station: Station, operation: str) -> None:
    """operation: "chat", "messages", "responses" or "generate"."""
    site = station.gateway.site
    assert site.directory is not None
    snapshot = site.directory.snapshot
    channels = {}
    for identity, channel in snapshot.channels.items():
        kept = {n: p for n, p in channel.paths.items() if n in (operation, f"{operation}_stream")}
        assert kept
        channels[identity] = replace(channel, paths=kept)
    site.configure(replace(snapshot, channels=channels))
