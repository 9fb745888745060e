"""What is remembered of a channel is that channel's own, whatever was configured since."""

import msgspec

from waystation.routing.snapshot import Channel, ChannelKey
from waystation.upstream.outgoing import Ways
from waystation.upstream.transport import Deadlines, Origin

OLD = Channel(
    id=7,
    name="one",
    vendor="openai",
    base_url="http://127.0.0.1:9001/base",
    allow_private=True,
    keys=(ChannelKey(1, "sk-old-0123456789"),),
    models=("*",),
    model_map={},
    paths={"chat": "/v1/chat/completions"},
)
NEW = msgspec.structs.replace(
    OLD, base_url="https://vendor.example", keys=(ChannelKey(1, "sk-new-0123456789"),)
)


def asked(ways: Ways, channel: Channel) -> tuple[Origin, str, bytes]:
    sent = ways.of(channel).outgoing(channel.keys[0], "chat", b"{}", False, lambda name: None)
    assert isinstance(sent.origin, Origin)
    return sent.origin, sent.target, dict(sent.headers)[b"authorization"]


def test_a_request_of_an_earlier_configuration_keeps_its_channel() -> None:
    """It must not teach the new configuration where the old one went, nor with which key."""
    ways = Ways(Deadlines())
    for channel in (OLD, NEW, OLD, NEW, NEW, OLD):
        origin, target, key = asked(ways, channel)
        assert origin.port == (9001 if channel is OLD else 443)
        assert target == ("/base" if channel is OLD else "") + "/v1/chat/completions"
        assert key == b"Bearer " + channel.keys[0].secret.encode()


def test_only_named_headers_of_a_caller_go_on() -> None:
    sent = (
        Ways(Deadlines())
        .of(OLD)
        .outgoing(
            OLD.keys[0],
            "chat",
            b"{}",
            True,
            {"openai-beta": "x=1", "openai-organization": "org"}.get,
        )
    )
    headers = dict(sent.headers)
    assert headers[b"openai-beta"] == b"x=1"
    assert b"openai-organization" not in headers
    assert headers[b"accept"] == b"text/event-stream"
