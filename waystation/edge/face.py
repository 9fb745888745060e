"""What both faces share: their limits, how they word a refusal, how a handler's crash is told."""

from collections.abc import Callable, Mapping

import msgspec

from waystation.edge.call import Call, HeaderList
from waystation.settings import Settings

Refuse = Callable[[int, str, Mapping[str, object], str], tuple[HeaderList, bytes]]
"""(status, fault code, values, path) -> (headers, body): a refusal in the dialect of the path.

`values` always has `request_id`. For refusals of the protocol itself `code` is `invalid_request`
and `values` has `reason`."""

OnError = Callable[[BaseException, Call], None]
"""Told once for each handler that raised or returned without a reply."""

DRAIN_BYTES_MAX = 64 * 1024
"""What is read and thrown away of a body that the handler did not want, to keep the connection."""


class FaceLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of one face; the sweep looks at deadlines once in `sweep_seconds`."""

    head_bytes_max: int = 64 * 1024
    head_count_max: int = 128
    head_seconds_max: float = 15.0
    body_seconds_max: float = 60.0
    """For the rest of a body that no handler waits for; a handler gives its own to `read`."""
    idle_seconds_max: float = 75.0
    write_seconds_max: float = 60.0
    write_bytes_high: int = 64 * 1024
    connections_max: int = 20_000
    linger_seconds_max: float = 3.0
    """How long bytes are taken and dropped after a refusal, so that the client can read it."""
    sweep_seconds: float = 1.0

    @classmethod
    def from_settings(cls, settings: Settings) -> "FaceLimits":
        """The operator's limits."""
        return cls(
            head_bytes_max=settings.head_bytes_max,
            head_count_max=settings.head_count_max,
            head_seconds_max=settings.head_seconds_max,
            body_seconds_max=settings.body_seconds_max,
            idle_seconds_max=settings.idle_seconds_max,
            write_seconds_max=settings.write_seconds_max,
            write_bytes_high=settings.write_bytes_high,
            connections_max=settings.connections_max,
        )
