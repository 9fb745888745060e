"""Seeds of a task: 32 bits, four in a row for the four tiles."""

import hashlib
import secrets

SEED_MAX = 2**32 - 1


def new_seed() -> int:
    """Random, and never 0: clients show a seed only above it."""
    return 1 + secrets.randbelow(SEED_MAX)


def seed_of(*parts: object) -> int:
    """The same for the same parts, 1 to SEED_MAX."""
    joined = "\x1f".join(str(part) for part in parts).encode("utf-8", "surrogatepass")
    return 1 + int.from_bytes(hashlib.sha256(joined).digest()[:8], "big") % SEED_MAX
