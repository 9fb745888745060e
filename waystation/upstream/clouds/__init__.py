"""Upstreams that want more of a request than a key in its head: signed, or with a token of their
own, in another frame. One small module each; what they have in common is `transport.Cloud`."""

from collections.abc import Callable, Mapping

from waystation.upstream.clouds.bedrock import Bedrock
from waystation.upstream.clouds.vertex import Vertex
from waystation.upstream.transport import Cloud

__all__ = ["CLOUDS", "Clouds", "key_parts"]

CLOUDS: Mapping[str, Callable[[str], Cloud]] = {"bedrock": Bedrock, "vertex": Vertex}
"""By the name that a vendor's data has in `cloud`; made of a channel's key. Raise ValueError for a
key of another form, without repeating it."""

_KNOWN_MAX = 4096


class Clouds:
    """The clouds of the keys in use. They outlive configuration epochs: tokens are kept."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Cloud] = {}

    def of(self, name: str, secret: str) -> Cloud:
        found = self._known.get((name, secret))
        if found is None:
            if len(self._known) >= _KNOWN_MAX:
                self._known.pop(next(iter(self._known)))
            found = self._known[name, secret] = CLOUDS[name](secret)
        return found


def key_parts(name: str, secret: str) -> tuple[str, ...]:
    """What else than the key as a whole must never be repeated. Raises ValueError for a key of
    another form."""
    return CLOUDS[name](secret).secrets
