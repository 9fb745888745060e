"""What happened to one request: collected on its way, told once at its end.

The log row, the journal line, the metrics and the cost headers are all told from here, so that
they agree. `post`, `void` and `refuse` are the three ends; each request takes exactly one.
"""

from time import perf_counter, perf_counter_ns

import msgspec

from waystation.admission.admit import Grant
from waystation.edge.call import Call
from waystation.edge.site import Site
from waystation.errors import Fault, Language
from waystation.identity.caller import Caller
from waystation.journal.row import AttemptRow, EndReason, Facts, Row
from waystation.kernel.clock import now_ms
from waystation.kernel.money import format_usd
from waystation.ledger.prices import Charge, charge
from waystation.meter.usage import Usage
from waystation.dialects.operation import Operation
from waystation.routing.candidates import Candidate
from waystation.routing.choice import Attempt
from waystation.upstream.attempt import AttemptFailed

_CLIENT_CHARACTERS_MAX = 120
_ATTEMPTS_TOLD_MAX = 16
_encode = msgspec.json.Encoder().encode


class Story:
    """Mutable, one per request. `grant` is there from admission on."""

    __slots__ = (
        "attempts",
        "call",
        "caller",
        "created_ms",
        "dialect",
        "facts",
        "first_millis",
        "grant",
        "language",
        "operation",
        "request_id",
        "served",
        "site",
        "told",
        "upstream_id",
        "upstream_ns",
    )

    def __init__(self, site: Site, call: Call, dialect: str) -> None:
        self.site = site
        self.call = call
        self.dialect = dialect
        self.request_id = call.request_id
        self.created_ms = now_ms()
        self.language: Language = language_of(call, site.settings.language)
        self.caller: Caller | None = None
        self.operation: Operation | None = None
        self.facts: Facts | None = None
        self.grant: Grant
        self.attempts: list[AttemptRow] = []
        self.served: Candidate | None = None
        self.upstream_id = ""
        self.upstream_ns = 0
        self.first_millis = 0
        self.told = False
