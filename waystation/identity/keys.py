"""The shape of our own keys: `sk-` and 48 base62 characters.

    ws | 8 public id | 32 secret | 6 checksum

The checksum is the CRC-32 of the 42 characters before it, in base62 with the most significant
digit first, padded to six with "0". It is no secret: it only lets a mistyped key of ours be told
from a good one without asking the store. Keys of other shapes are imported ones.

What is stored is the SHA-256 of the key without its `sk-`, which is therefore optional.
"""

import hashlib
import re
import secrets
import string
from typing import Literal
from zlib import crc32

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX = "sk-"
MARK = "ws"
PUBLIC_LENGTH = 8
SECRET_LENGTH = 32
CHECKSUM_LENGTH = 6
LENGTH = len(MARK) + PUBLIC_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH
IMPORTED_LENGTH_MIN = 20
IMPORTED_LENGTH_MAX = 256

Shape = Literal["ours_valid", "ours_broken", "foreign"]

_OURS = re.compile(f"{MARK}[0-9A-Za-z]{{{LENGTH - len(MARK)}}}")
_HEADER_SAFE = re.compile(r"[!#-&(-+\--:<-~]+")  # visible ASCII without quotes, comma, semicolon


def mint() -> str:
    """A new key, with `sk-`."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC_LENGTH + SECRET_LENGTH))
    return f"{PREFIX}{MARK}{drawn}{checksum(MARK + drawn)}"


def checksum(body: str) -> str:
    """Six base62 characters for the characters before them."""
    rest = crc32(body.encode("ascii"))
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def bare(key: str) -> str:
    """The key without its optional `sk-`."""
    return key.removeprefix(PREFIX)


def shape(key: str) -> Shape:
    """What a key, with or without `sk-`, looks like."""
    body = bare(key)
    if len(body) != LENGTH or _OURS.fullmatch(body) is None:
        return "foreign"
    whole = checksum(body[:-CHECKSUM_LENGTH]) == body[-CHECKSUM_LENGTH:]
    return "ours_valid" if whole else "ours_broken"


def digest(key: str) -> bytes:
    """What is stored and looked up."""
    return hashlib.sha256(bare(key).encode("utf-8", "surrogatepass")).digest()


def mask(key: str) -> str:
    """For lists and logs: enough to recognise the key, nothing to guess it by."""
    body = bare(key)
    if shape(key) == "ours_valid":
        return f"{PREFIX}{body[: len(MARK) + PUBLIC_LENGTH]}…{body[-2:]}"
    return f"{key[:4]}…{key[-2:]}"


def import_problem(key: str) -> str | None:
    """Why a key from elsewhere cannot be taken over; None: it can."""
    if len(key) < IMPORTED_LENGTH_MIN:
        return f"a key has at least {IMPORTED_LENGTH_MIN} characters, this one has {len(key)}"
    if len(key) > IMPORTED_LENGTH_MAX:
        return f"a key has at most {IMPORTED_LENGTH_MAX} characters, this one has {len(key)}"
    if _HEADER_SAFE.fullmatch(key) is None:
        return "a key is visible ASCII without blanks, quotes, commas or semicolons"
    if shape(key) == "ours_broken":
        return "the key has the shape of our own, but its checksum is wrong: was it copied whole?"
    return None
