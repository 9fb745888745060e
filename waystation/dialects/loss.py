"""What a translation could not say in the target's words."""

from collections.abc import Collection, Mapping

import msgspec


class Loss(msgspec.Struct, frozen=True):
    """A setting that was left out. path: where it stood in the caller's body (`tools[2]`, `seed`).
    reason: in a few words, for our own log.

    Settings are dropped and told in the header `x-waystation-dropped`; content that the target
    cannot express is no loss but a refusal: Fault invalid_value (400) with its path."""

    path: str
    reason: str = "not expressible"


def unsaid(extras: Mapping[str, object], said: Collection[str] = ()) -> list[Loss]:
    """A loss for each field that the IR has no place for, save those that a writer passed on."""
    return [Loss(name) for name in extras if name not in said]
