"""How a receiver knows that a message is ours: HMAC-SHA256 over "<unix seconds>.<body>", with a
secret of the token's own, made from the deployment's signing keys.

The secret is changed by counting its turns up; for a day the one before is valid beside it, and a
message carries the signatures of both.
"""

import hmac
from collections.abc import Iterable
from typing import NamedTuple

from waystation.storage.signing import Signer

PREFIX = "whsec_"
VERSION = "v1"
BESIDE_MS = 24 * 3_600_000
"""So long the secret before the last turn is valid."""
SIGNATURES_MAX = 4


class Turn(NamedTuple):
    """Of a token's secret. number: how often it was changed. turned_ms: when lately."""

    token_id: int
    number: int = 0
    turned_ms: int = 0

    def until_ms(self, now_ms: int) -> int | None:
        """How long the secret before is valid; None: there is none, or not any more."""
        until = self.turned_ms + BESIDE_MS
        return until if self.number and until > now_ms else None


def secrets_of(signer: Signer, turn: Turn, now_ms: int) -> tuple[str, ...]:
    """All that are valid, the newest first: of this turn, of the one before, and of signing keys
    that are being retired."""
    before = (turn.number - 1,) if turn.until_ms(now_ms) is not None else ()
    made: list[str] = []
    for number in (turn.number, *before):
        purpose = f"hooks of token {turn.token_id}, turn {number}".encode()
        made += (PREFIX + secret for secret in signer.derive(purpose))
    return tuple(made[:SIGNATURES_MAX])


def sign(secrets: Iterable[str], timestamp: int, body: bytes) -> str:
    """The value of x-waystation-signature: one for each valid secret, with commas between."""
    message = b"%d." % timestamp + body
    return ",".join(
        f"{VERSION}={hmac.digest(secret.encode(), message, 'sha256').hex()}" for secret in secrets
    )
