"""A channel as the doctor looks at it, and a port where nobody listens."""

import socket

from waystation.routing.snapshot import Channel, ChannelKey


def channel(base_url: str, allow_private: bool = True, proxy: str | None = None) -> Channel:
    return Channel(
        id=1,
        name="north",
        vendor="openai",
        base_url=base_url,
        allow_private=allow_private,
        keys=(ChannelKey(1, "sk-canary"),),
        models=("m",),
        model_map={},
        paths={"chat": "/v1/chat/completions"},
        proxy=proxy,
    )


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
