"""What task kinds work with in a runner's process: the configuration as it is now, and ways out."""

from collections.abc import Mapping

import msgspec

from waystation.artefacts.store import ArtefactStore
from waystation.errors import Fault
from waystation.journal.redaction import redactor
from waystation.kernel.clock import now_ms
from waystation.ledger.port import Ledger
from waystation.ledger.prices import charge
from waystation.meter.usage import Usage
from waystation.routing.candidates import Directory
from waystation.routing.choice import Router
from waystation.routing.choices import Candidate, Choices
from waystation.routing.query import Query
from waystation.routing.snapshot import Channel, ChannelKey, Snapshot
from waystation.settings import Settings
from waystation.tasks.slots import Slots
from waystation.tasks.store import TaskStore
from waystation.tasks.task import Bill, Request
from waystation.upstream.fetching import Fetcher
from waystation.upstream.outgoing import Way, Ways
from waystation.upstream.transport import Deadlines, Transport

_encode = msgspec.json.encode
_decode_query = msgspec.json.Decoder(Query).decode


class Workshop:
    """transports: by address scheme. `configure` is called with each new snapshot; kinds ask for
    what they need each time and keep nothing of it."""

    def __init__(
        self,
        settings: Settings,
        store: TaskStore,
        ledger: Ledger,
        router: Router,
        transports: Mapping[str, Transport],
        artefacts: ArtefactStore,
        fetcher: Fetcher,
    ) -> None:
        self.settings = settings
        self.store = store
        self.ledger = ledger
        self.router = router
        self.artefacts = artefacts
        self.fetcher = fetcher
        self.slots = Slots(ledger)
        self.directory: Directory | None = None
        self._ways = Ways(Deadlines())
        self._transports = transports

    def configure(self, snapshot: Snapshot) -> None:
        self._ways = Ways(Deadlines())
        self.directory = Directory(snapshot)
        redactor.protect(key.secret for each in snapshot.channels.values() for key in each.keys)

    def channel(self, channel_id: int) -> Channel | None:
        """None: no longer configured, or switched off."""
        return None if self.directory is None else self.directory.snapshot.channels.get(channel_id)

    def way(self, channel: Channel) -> Way:
        return self._ways.of(channel)

    def transport(self, channel: Channel) -> Transport:
        return self._transports[self._ways.of(channel).origin.scheme]

    def choices(self, request: Request) -> Choices:
        """Who may serve it by now, as routing was asked when it was accepted. Raises Fault."""
        if self.directory is None:
            raise Fault("temporarily_unavailable", retry_after=2)
        return self.directory.candidates(_decode_query(request.query), now_ms())


def query_json(query: Query) -> bytes:
    """A Query as a Request carries it."""
    return _encode(query)


def key_of(channel: Channel, key_id: int) -> ChannelKey | None:
    """The channel's key of that id; None: it is gone."""
    return next((key for key in channel.keys if key.id == key_id), None)


def bill_of(candidate: Candidate, usage: Usage) -> Bill:
    """What this usage costs the caller when this candidate serves."""
    charged = charge(usage, candidate.price, candidate.rate)
    return Bill(
        nanos=charged.nanos,
        group=candidate.group,
        rate=candidate.rate.text,
        price_version=candidate.price.version,
        exact=usage.exact,
        usage=msgspec.to_builtins(usage),
        parts=charged.parts,
    )


def calls_bill(candidate: Candidate, calls: int = 1) -> Bill:
    """The price of so many calls: known before they are made."""
    return bill_of(candidate, Usage(units={"calls": calls}, exact=True))
