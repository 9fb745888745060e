"""Which channel and key a conversation was on, so that the upstream's prompt cache is found again.

A hint only: routing asks health before it follows.
"""

Conversation = tuple[int, str]
"""(account id, what keeps the conversation together)."""


class Affinity:
    """The last (channel id, key id) of each conversation; the least recently used are forgotten."""

    __slots__ = ("_most", "_places")

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._places: dict[Conversation, tuple[int, int]] = {}

    def find(self, conversation: Conversation) -> tuple[int, int] | None:
        return self._places.get(conversation)

    def keep(self, conversation: Conversation, channel_id: int, key_id: int) -> None:
        """It was answered there. Makes it the most recently used."""
        places = self._places
        places.pop(conversation, None)
        if len(places) >= self._most:
            del places[next(iter(places))]
        places[conversation] = (channel_id, key_id)

    def __len__(self) -> int:
        return len(self._places)
