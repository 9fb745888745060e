"""Secrets at rest: AES-256-GCM under the master key, bound to the place they belong to.

An envelope is text: `v1.<key id>.<base64url of nonce and ciphertext>`. The associated data names
the purpose ("channel_key", "proxy", …), so an envelope moved to another column does not open.
"""

import base64
import binascii
import hmac
import os
from hashlib import sha256
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from waystation.storage.master_key import MasterKey

NONCE_BYTES = 12

Purpose = Literal[
    "channel_key",
    "header_overrides",
    "proxy",
    "signing_key",
    "check",
    "stored_response",
    "totp",
    "letter",
    "provider",
    "flow",
    "captcha",
    "payment",
    "alert",
]


class SealBroken(Exception):
    """The envelope is damaged, moved, or of another master key."""


class Sealing:
    """Seals with `key`; opens what it or one of `older` (during a rotation) has sealed."""

    def __init__(self, key: MasterKey, older: tuple[MasterKey, ...] = ()) -> None:
        self.key_id = key.id
        self._ciphers = {each.id: AESGCM(each.secret) for each in (*older, key)}
        self._print_key = hmac.digest(key.secret, b"waystation fingerprints", "sha256")

    def seal(self, secret: str, purpose: Purpose) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._ciphers[self.key_id].encrypt(
            nonce, secret.encode(), _associated(self.key_id, purpose)
        )
        return f"v1.{self.key_id}.{base64.urlsafe_b64encode(nonce + sealed).decode('ascii')}"

    def open(self, envelope: str, purpose: Purpose) -> str:
        """Raises SealBroken."""
        form, _, rest = envelope.partition(".")
        key_id, _, encoded = rest.partition(".")
        if form != "v1":
            raise SealBroken(f"{purpose}: not an envelope")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(f"{purpose}: sealed by the master key {key_id}, not {self.key_id}")
        try:
            raw = base64.b64decode(encoded, altchars=b"-_", validate=True)
            opened = cipher.decrypt(
                raw[:NONCE_BYTES], raw[NONCE_BYTES:], _associated(key_id, purpose)
            )
        except (InvalidTag, binascii.Error, ValueError):
            raise SealBroken(f"{purpose}: the envelope is damaged or was moved") from None
        return opened.decode()

    def fingerprint(self, secret: str) -> str:
        """Equal for equal secrets under one master key; says nothing to who lacks the key."""
        return hmac.new(self._print_key, secret.encode(), sha256).hexdigest()[:32]


def _associated(key_id: str, purpose: Purpose) -> bytes:
    return f"waystation/v1/{key_id}/{purpose}".encode("ascii")
