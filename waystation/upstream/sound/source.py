"""Speech on its way from an upstream."""

from waystation.dialects.sound.spoken import SpeechStream
from waystation.upstream.source import StreamSource, transport_fault
from waystation.upstream.transport import Incoming, MaybeSent


class SpeechSource(StreamSource):
    """Bare sound has no end of its own: where the connection fails, the speech is not whole, and
    its reader must not be told that it ended."""

    __slots__ = ("_is_bare",)

    def __init__(self, incoming: Incoming, reader: SpeechStream, is_bare: bool) -> None:
        super().__init__(incoming, reader)
        self._is_bare = is_bare

    def _cut(self, error: MaybeSent) -> bytes:
        if not self._is_bare:
            return super()._cut(error)
        self.ended = True
        self.fault = transport_fault(error)
        self.kind = error.kind
        return b""
