"""What the handlers work with, made once by the process."""

from dataclasses import dataclass, field

from waystation.artefacts.store import ArtefactStore
from waystation.control.aggregate import Aggregate
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.kernel.clock import now_ms
from waystation.ledger.port import Ledger
from waystation.settings import Settings
from waystation.storage.database import Database


@dataclass(kw_only=True)
class Services:
    """reconciled_ms: when the ledger last knew what `main` says, unix milliseconds; 0: never."""

    settings: Settings
    boot: str
    database: Database
    ledger: Ledger
    sessions: Sessions
    sign_in: SignIn
    artefacts: ArtefactStore
    aggregate: Aggregate = field(default_factory=Aggregate)
    started_ms: int = field(default_factory=now_ms)
    reconciled_ms: int = 0
