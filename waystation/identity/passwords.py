"""Passwords: argon2id, and as much time for unknown accounts as for known ones."""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from waystation.identity.keys import ALPHABET

LENGTH_MIN = 8
LENGTH_MAX = 1024
_GENERATED_LENGTH = 20

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Takes tens of milliseconds: run it in a thread where others wait."""
    return _hasher.hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """stored: None for an unknown account; takes as long, and is False."""
    try:
        _hasher.verify(stored or _nobodys(), password[:LENGTH_MAX])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def needs_new_hash(stored: str) -> bool:
    """The parameters have grown since it was made."""
    return _hasher.check_needs_rehash(stored)


def new_password() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_GENERATED_LENGTH))


@cache
def _nobodys() -> str:
    return _hasher.hash(new_password())
