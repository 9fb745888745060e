"""What passes between us and whoever takes payments."""

import msgspec


class NotBelieved(Exception):
    """A message that is not its sender's, or does not fit its order; says why."""


class Opened(msgspec.Struct, frozen=True):
    """A page to pay at. reference: the provider's own number of it, "" when it has none yet."""

    reference: str
    url: str
