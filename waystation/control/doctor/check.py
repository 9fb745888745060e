"""The result of looking at one thing."""

import msgspec


class Check(msgspec.Struct, frozen=True):
    """name: what was looked at. detail: what was found. advice: what to do about it, "" when
    there is nothing to do. A check may be ok and still advise."""

    name: str
    ok: bool
    detail: str
    advice: str = ""
