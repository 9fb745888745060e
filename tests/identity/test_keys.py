"""The shape of keys and their checksum."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waystation.identity import keys
from waystation.identity.passwords import (
    hash_password,
    needs_new_hash,
    new_password,
    verify_password,
)


def test_a_new_key_has_the_published_shape() -> None:
    key = keys.mint()
    assert key.startswith("sk-ws")
    assert len(key) == 3 + 48
    assert set(key[3:]) <= set(string.ascii_letters + string.digits)
    assert keys.shape(key) == keys.shape(key[3:]) == "ours_valid"
    assert len({keys.mint() for _ in range(1000)}) == 1000


def test_the_checksum_is_the_published_one() -> None:
    body = "ws" + "0" * 40
    # zlib.crc32(body) = 3446170116 = 3·62^5 + 47·62^4 + 13·62^3 + 45·62^2 + 31·62 + 36
    worth = 0
    for digit in keys.checksum(body):
        worth = worth * 62 + keys.ALPHABET.index(digit)
    assert worth == __import__("zlib").crc32(body.encode())
    assert keys.checksum("") == "000000"


@given(st.integers(0, 47), st.sampled_from(keys.ALPHABET))
def test_one_wrong_character_is_noticed(place: int, letter: str) -> None:
    key = _KEY[:place] + letter + _KEY[place + 1 :]
    expected = "ours_valid" if key == _KEY else "ours_broken"
    assert keys.shape(key) == (expected if key.startswith("ws") else "foreign")


_KEY = "wsA1b2C3d40123456789abcdefghijABCDEFGHIJKL0MS48r"


@given(st.text(max_size=60))
def test_any_text_has_a_shape_and_a_digest(text: str) -> None:
    assert keys.shape(text) in ("ours_valid", "ours_broken", "foreign")
    assert len(keys.digest(text)) == 32


def test_the_prefix_makes_no_difference() -> None:
    assert keys.digest("sk-" + _KEY) == keys.digest(_KEY)
    assert keys.digest("sk-" + _KEY) != keys.digest(_KEY.lower())


def test_a_mask_shows_the_public_part_only() -> None:
    key = keys.mint()
    shown = keys.mask(key)
    assert shown.startswith(key[:13])
    assert key[13:45] not in shown
    assert len(shown) < 20
    assert keys.mask("my-own-imported-key-1234567") == "my-o…67"


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        ("short", "at least 20"),
        ("x" * 257, "at most 256"),
        ("has a blank in the middle", "visible ASCII"),
        ('quote"quote"quote"quote', "visible ASCII"),
        ("ünïcode-ünïcode-ünïcode", "visible ASCII"),
        ("comma,comma,comma,comma", "visible ASCII"),
        ("ws" + "0" * 46, "checksum"),
        ("sk-ws" + "0" * 46, "checksum"),
    ],
)
def test_keys_that_cannot_be_imported(key: str, complaint: str) -> None:
    assert complaint in (keys.import_problem(key) or "")


@pytest.mark.parametrize("key", ["x" * 20, "sk-" + "a" * 17, "fk186-~._+/=:@!abcdef"])
def test_keys_that_can(key: str) -> None:
    assert keys.import_problem(key) is None


def test_passwords() -> None:
    password = new_password()
    stored = hash_password(password)
    assert stored.startswith("$argon2id$")
    assert verify_password(stored, password)
    assert not verify_password(stored, password + "x")
    assert not verify_password(None, password)
    assert not verify_password("not a hash", password)
    assert not needs_new_hash(stored)


def test_a_key_of_our_own_can_be_imported() -> None:
    assert keys.import_problem(keys.mint()) is None
