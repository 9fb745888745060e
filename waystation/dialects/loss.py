"""What a translation could not carry over: a knob that the target does not have."""

import msgspec


class Loss(msgspec.Struct, frozen=True):
    """path: the caller's field, dotted. reason: why it was left out, for people."""

    path: str
    reason: str
