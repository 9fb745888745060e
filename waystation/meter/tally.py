"""Running counts of one answer: the usage told, and the text seen in its place.

Pure: fed by a reader, never reads itself. The last usage told wins, a count never shrinks without
a flag, nothing is added twice.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from waystation.kernel.estimate import TextTally
from waystation.meter.beside import ASSUMED, NOTHING, Beside, tier_of
from waystation.meter.openai import HIDDEN_TOKENS_PLAUSIBLE, Limits, normalised, read_told
from waystation.meter.told import Told
from waystation.meter.usage import Usage

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

USAGE_BYTES_MAX = 16 * 1024


def _can_be_stored(fields: dict[str, Any]) -> bool:
    """Whether all numbers fit the 64 bits that our own messages have, and the whole a log row."""
    try:
        return len(_encode(fields)) <= USAGE_BYTES_MAX
    except OverflowError:
        return False


class Tally:
    """limits: what is plausible. prompt_guess: asked only when the upstream told nothing usable.
    read: the dialect's reading of a usage object; OpenAI's where none is given. told_output: 0
    while the upstream told of no tokens, or of too many to be believed at once."""

    __slots__ = (
        "_beside",
        "_cached",
        "_counted",
        "_flags",
        "_limits",
        "_prompt_guess",
        "_raw",
        "_read",
        "_tier",
        "_told",
        "has_output",
        "text",
        "told_output",
    )

    def __init__(
        self,
        limits: Limits,
        prompt_guess: Callable[[], int],
        read: Callable[[Mapping[str, Any]], Told] = read_told,
    ) -> None:
        self._limits = limits
        self._prompt_guess = prompt_guess
        self._read = read
        self._told: Told | None = None
        self._raw: dict[str, Any] | None = None
        self._flags: set[str] = set()
        self._beside = NOTHING
        self._counted: dict[str, int] | None = None
        self._tier: str | None = None
        self._cached: tuple[int, bool, Usage] | None = None
        self.text = TextTally()
        self.told_output = 0
        self.has_output = False

    def asks(self, beside: Beside) -> None:
        """What went upstream asks for these."""
        self._beside = beside
        self._cached = None

    def serve(self, word: object) -> None:
        """The upstream's word for the tier that it served, where that stands outside the usage."""
        tier = tier_of(word)
        if tier is not None and tier != self._tier:  # each frame may repeat it
            self._tier = tier
            self._cached = None

    def call(self, unit: str, count: int = 1) -> None:
        """A call of the vendor's own tool was seen. What the usage object says of it wins."""
        counted = self._counted = self._counted or {}
        counted[unit] = counted.get(unit, 0) + count
        self._cached = None

    def call_at_least(self, unit: str, count: int) -> None:
        """So many were told of, all in all."""
        if count > (self._counted or {}).get(unit, 0):
            self._counted = {**(self._counted or {}), unit: count}
            self._cached = None

    @property
    def is_told(self) -> bool:
        """The upstream told a usage object."""
        return self._told is not None

    def tell(self, raw: bytes | msgspec.Raw) -> None:
        """A usage object as the upstream wrote it; null and what is no object are passed over."""
        self._cached = None
        if len(raw) > USAGE_BYTES_MAX:
            self._flags.add("oversized:usage")
            return
        try:
            fields = _decode(raw)
        except msgspec.ValidationError:
            if bytes(raw) != b"null":
                self._flags.add("malformed:usage")
            return
        except (msgspec.DecodeError, RecursionError):
            self._flags.add("malformed:usage")
            return
        self.tell_fields(fields)

    def tell_fields(self, fields: dict[str, Any]) -> None:
        """The same, decoded."""
        self._cached = None
        told = self._read(fields)
        if self._told is not None:
            told = told.not_below(self._told)
        self._told = told
        completion = told.completion or 0
        self.told_output = completion if completion <= HIDDEN_TOKENS_PLAUSIBLE else 0
        self._raw = fields if _can_be_stored(fields) else {"out_of_range": True}

    @property
    def needs_text(self) -> bool:
        """Whether the text that came may have a say: not for a modest count that was told."""
        told = self._told
        completion = None if told is None else told.completion
        return not completion or completion > HIDDEN_TOKENS_PLAUSIBLE

    def usage(self) -> Usage:
        """So far. Zero when the upstream told of no output and none was seen."""
        cached = self._cached
        if cached is not None and cached[0] == self.text.pieces and cached[1] is self.has_output:
            return cached[2]
        usage = normalised(
            self._told,
            raw=self._raw,
            flags=self._flags,
            limits=self._limits,
            seen=self.text,
            has_output=self.has_output,
            prompt_guess=self._prompt_guess,
        )
        if self._tier or self._counted or self._beside is not NOTHING or self._told_tier:
            usage = self._with_beside(usage)
        self._cached = (self.text.pieces, self.has_output, usage)
        return usage

    @property
    def _told_tier(self) -> str | None:
        return None if self._told is None else self._told.tier

    def _with_beside(self, usage: Usage) -> Usage:
        """With the tier, and the calls of tools that the usage object does not tell."""
        if not (usage.input_tokens or usage.output_tokens):
            return usage
        asked = self._beside
        tier = self._tier if self._told_tier is None else self._told_tier
        if tier is None and asked.tier:
            tier = asked.tier + ASSUMED
        units = {**dict(asked.least), **(self._counted or {}), **usage.units}
        return msgspec.structs.replace(usage, tier=tier or "", units=units)
