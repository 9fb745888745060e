"""Names that a caller made up, short enough for vendors that limit them.

Coding agents name their user in some 140 characters, and some vendors put a signature into a call's
id; OpenAI, and many who are like it, answer more than 64 with a 400. Anthropic takes more, but
answers an address of e-mail or a telephone number with a 400. A digest is as good as the name: it
is the same each time, and means nothing to anybody but who made it.
"""

import re
from hashlib import sha256

CHARACTERS_MAX = 64
ANTHROPIC_CHARACTERS_MAX = 256
_TELLING = re.compile(r"[^\s@]+@[^\s@]+|\+?[\d\s()./-]{7,24}")


def short_user(user: str) -> str:
    return user if len(user) <= CHARACTERS_MAX else sha256(_bytes(user)).hexdigest()


def opaque_user(user: str) -> str:
    """For Anthropic, which wants nobody's address or number (its reference of metadata.user_id)."""
    if len(user) <= ANTHROPIC_CHARACTERS_MAX and _TELLING.fullmatch(user.strip()) is None:
        return user
    return sha256(_bytes(user)).hexdigest()


def short_call(identity: str) -> str:
    """Of a call and of its result alike."""
    if len(identity) <= CHARACTERS_MAX:
        return identity
    return f"call_{sha256(_bytes(identity)).hexdigest()[:32]}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
