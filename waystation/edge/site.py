"""What a gateway worker consists of, by name: made once by `edge/gateway.py`, seen by handlers.

`directory` and `lines` belong to one configuration epoch and are replaced together.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING

from waystation.admission.estimate import Policy
from waystation.artefacts.store import ArtefactStore
from waystation.edge.pulse import Pulse
from waystation.identity.authenticator import Authenticator
from waystation.journal.lines import LineLog
from waystation.journal.metrics import (
    CHANNEL_STATE,
    HOLDS_OPEN,
    KEY_STATE,
    LOG_QUEUE,
    STREAMS_OPEN,
    Metrics,
)
from waystation.journal.redaction import redactor
from waystation.ledger.client import LedgerClient
from waystation.routing.candidates import Directory
from waystation.routing.choice import Router
from waystation.routing.health import State
from waystation.routing.snapshot import Channel, Snapshot
from waystation.settings import Settings
from waystation.storage.signing import Signer
from waystation.tasks.begin import Beginnings
from waystation.tasks.store import TaskStore
from waystation.upstream.clouds import Clouds
from waystation.upstream.egress import EgressGuard
from waystation.upstream.fetching import Fetcher
from waystation.upstream.outgoing import Ways
from waystation.upstream.transport import Deadlines, Origin, Transport

if TYPE_CHECKING:
    from waystation.edge.response_memory import ResponseMemory
    from waystation.journal.traces import Traces

_SHOWN = {State.READY: 0, State.PROBE: 1, State.LAST: 1, State.LIMITED: 1, State.DEAD: 2}
"""A channel's state as its metric shows it."""


class Site:
    """transports: by address scheme."""

    def __init__(
        self,
        settings: Settings,
        ledger: LedgerClient,
        authenticator: Authenticator,
        router: Router,
        transports: Mapping[str, Transport],
        metrics: Metrics,
        lines: LineLog | None,
        artefacts: ArtefactStore,
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.authenticator = authenticator
        self.router = router
        self.metrics = metrics
        self.lines = lines
        self.artefacts = artefacts
        self.traces: Traces | None = None
        self.tasks: TaskStore
        self.beginnings: Beginnings
        self.hook_guard = EgressGuard(settings.egress_allow)
        self.signer: Callable[[], Awaitable[Signer]]
        self.fetcher = Fetcher(transports["https"], settings)
        self.sound_turns = asyncio.Semaphore(2)
        """Uploaded sounds that are measured at once: reading one keeps a core busy."""
        self.pulse = Pulse(settings.keep_alive_seconds)
        self.policy = Policy(settings.output_tokens_default, settings.stream_hold_tokens)
        self.draining = False
        self.awaits_control = False
        """Under `serve` the first readiness waits for the control process, once."""
        self.directory: Directory | None = None
        self._clouds = Clouds()
        self.ways = Ways(Deadlines(), self._clouds)
        self.responses: ResponseMemory | None = None
        self._transports = transports

    def configure(self, snapshot: Snapshot) -> None:
        """A new configuration epoch; requests under way keep what they were given."""
        self.ways = Ways(Deadlines(), self._clouds)
        self.directory = Directory(snapshot)
        redactor.protect(
            text
            for channel in snapshot.channels.values()
            for key in channel.keys
            for text in key.secrets
        )

    def upstream_of(self, channel_id: int) -> tuple[str, str] | None:
        """A channel's vendor and host; None: it is gone."""
        channel = self.directory and self.directory.snapshot.channels.get(channel_id)
        return (channel.vendor, self.ways.of(channel).origin.host) if channel else None

    def transport(self, channel: Channel) -> Transport:
        return self._transports[self.ways.of(channel).origin.scheme]

    def transport_to(self, origin: Origin) -> Transport:
        return self._transports[origin.scheme]

    def ready(self, channel: Channel) -> bool:
        """An attempt on this channel would write at once."""
        origin = self.ways.of(channel).origin
        return self._transports[origin.scheme].ready(origin)

    def _channel_states(self) -> dict[tuple[str, ...], float]:
        if self.directory is None:
            return {}
        health, now = self.router.health, monotonic()
        channels = self.directory.snapshot.channels.values()
        return {(each.name,): _SHOWN[health.of_channel(each, now)] for each in channels}

    def _key_states(self) -> dict[tuple[str, ...], float]:
        """Of those in trouble."""
        if self.directory is None:
            return {}
        troubled = self.router.health.troubled_keys(monotonic())
        channels = self.directory.snapshot.channels
        return {
            (channels[channel_id].name, str(key_id)): _SHOWN[state]
            for (channel_id, key_id), state in troubled.items()
            if channel_id in channels
        }

    def gauge(self) -> None:
        """Put what is now into the metrics."""
        metrics = self.metrics
        metrics.gauge(len(self.pulse.streams), STREAMS_OPEN)
        metrics.gauge(self.ledger.holds_open, HOLDS_OPEN)
        metrics.gauges(CHANNEL_STATE, self._channel_states())
        metrics.gauges(KEY_STATE, self._key_states())
        if self.lines is not None:
            metrics.gauge(self.lines.queue_depth_bytes, LOG_QUEUE)
