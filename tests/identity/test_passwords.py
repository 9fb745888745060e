"""Hashes that came from elsewhere are judged, and are known to be of another sort."""

import bcrypt
import pytest

from waystation.identity.passwords import (
    hash_password,
    is_bcrypt,
    needs_new_hash,
    verify_password,
)


def test_a_bcrypt_hash_is_judged_and_wants_another() -> None:
    made = bcrypt.hashpw("päss wörd".encode(), bcrypt.gensalt(4)).decode()
    for stored in (made, made.replace("$2b$", "$2a$", 1), made.replace("$2b$", "$2y$", 1)):
        assert is_bcrypt(stored)
        assert verify_password(stored, "päss wörd")
        assert not verify_password(stored, "pass word")
        assert needs_new_hash(stored)
    own = hash_password("päss wörd")
    assert not is_bcrypt(own)
    assert not needs_new_hash(own)


def test_a_password_beyond_what_bcrypt_reads_is_judged_as_it_was_there() -> None:
    made = bcrypt.hashpw(b"x" * 72, bcrypt.gensalt(4)).decode()
    assert verify_password(made, "x" * 100)


@pytest.mark.parametrize("stored", ["$2b$", "$2b$10$short", "$2z$10$" + "a" * 53, "", "plain"])
def test_what_is_no_hash_opens_nothing(stored: str) -> None:
    assert not is_bcrypt(stored)
    assert not verify_password(stored, "")
