"""Passwords: argon2id, and as much time for unknown accounts as for known ones.

Accounts that were brought over from elsewhere have bcrypt hashes until they sign in.
"""

import re
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from waystation.identity.keys import ALPHABET

LENGTH_MIN = 8
LENGTH_MAX = 1024
_GENERATED_LENGTH = 20
_BCRYPT = "$2"
_BCRYPT_SHAPE = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_BCRYPT_BYTES_MAX = 72
"""bcrypt looks at no more."""

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Takes tens of milliseconds: run it in a thread where others wait."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """stored: None for an unknown account; takes as long, and is False."""
    if stored is not None and stored.startswith(_BCRYPT):
        return _verify_bcrypt(stored, password)
    try:
        _hasher.verify(stored or _nobodys(), password[:LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_new_hash(stored: str) -> bool:
    """The parameters have grown since it was made, or it is of another sort."""
    return stored.startswith(_BCRYPT) or _hasher.check_needs_rehash(stored)


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_GENERATED_LENGTH))


def is_bcrypt(stored: str) -> bool:
    """Whether it is a hash that `verify_password` can judge though we make no such hashes."""
    return _BCRYPT_SHAPE.fullmatch(stored) is not None


def _verify_bcrypt(stored: str, password: str) -> bool:
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES_MAX], stored.encode())
    except ValueError:
        return False


@cache
def _nobodys() -> str:
    return _hasher.hash(new_password())
