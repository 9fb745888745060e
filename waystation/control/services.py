"""What the handlers work with, made once by the process."""

from collections.abc import Callable
from dataclasses import dataclass, field

from waystation.artefacts.store import ArtefactStore
from waystation.control.aggregate import Aggregate
from waystation.control.captcha import Captchas
from waystation.control.factors import Factors
from waystation.control.sessions import Sessions
from waystation.control.sign_in import SignIn
from waystation.control.totals import Totals
from waystation.kernel.clock import now_ms
from waystation.ledger.port import Ledger
from waystation.settings import Settings
from waystation.storage.database import Database
from waystation.storage.master_key import read_master_key
from waystation.storage.sealing import Sealing


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
    unseal: Callable[[], Sealing] | None = None
    """Where the master key is not where the settings say; tests."""

    factors: Factors = field(init=False)
    totals: Totals = field(init=False)
    captchas: Captchas = field(default_factory=Captchas)

    def __post_init__(self) -> None:
        self.factors = Factors(self.database)
        self.totals = Totals(self.ledger)

    def sealing(self) -> Sealing:
        """Read anew each time, for the key may be changed meanwhile. Raises MasterKeyError."""
        if self.unseal is not None:
            return self.unseal()
        return Sealing(read_master_key(self.settings))
