"""What every reader of an answer tells of it, from its tally."""

from waystation.errors import Fault
from waystation.meter.tally import Tally
from waystation.meter.usage import Usage


class Metered:
    """A part of `ReplyReader`. The heir sets both fields."""

    __slots__ = ("_tally", "_upstream_id")

    _tally: Tally
    _upstream_id: str

    def usage(self) -> Usage:
        return self._tally.usage()

    @property
    def upstream_id(self) -> str:
        return self._upstream_id

    @property
    def has_output(self) -> bool:
        return self._tally.has_output


class MeteredStream(Metered):
    """A part of `StreamReader`. The heir sets `fault` as well."""

    __slots__ = ("fault",)

    fault: Fault | None

    @property
    def output_seen(self) -> int:
        text = self._tally.text
        tokens = (text.ascii_chars + 3) // 4  # as `TextTally.tokens`, for every frame asks
        if text.wide_chars:
            tokens = text.tokens
        if tokens < text.pieces:
            tokens = text.pieces
        # Once a count is told the text is no longer counted, and the stream may be long from over.
        told = self._tally.told_output
        return tokens if tokens > told else told
