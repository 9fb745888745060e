"""How a receiver knows that a message is ours: HMAC-SHA256 over "<unix seconds>.<body>", with a
secret of the account's own, made from the deployment's signing keys."""

import hmac

from waystation.storage.signing import Signer

PREFIX = "whsec_"
VERSION = "v1"


def secrets_of(signer: Signer, account_id: int) -> tuple[str, ...]:
    """The one that signs first; those of keys that are being retired after it."""
    purpose = f"hooks of account {account_id}".encode()
    return tuple(PREFIX + secret for secret in signer.derive(purpose))


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """The value of x-waystation-signature."""
    message = b"%d." % timestamp + body
    return f"{VERSION}={hmac.digest(secret.encode(), message, 'sha256').hex()}"
