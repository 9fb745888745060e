"""How much to reserve for a request before anything is known of its answer.

Streams start with the prompt's bound and a first stretch of output, and are extended as they grow.
Whole answers reserve their output limit; where the balance does not reach that far, the limit is
lowered to what it does reach, never under FLOOR_TOKENS. All at the dearest candidate's price.
"""

import msgspec

from waystation.dialects.operation import Operation
from waystation.ledger.prices import charge
from waystation.meter.usage import Usage
from waystation.routing.choices import Candidate, Choices

FLOOR_TOKENS = 16
_MEDIA_NEEDS = frozenset({"vision", "audio"})


class Policy(msgspec.Struct, frozen=True):
    """output_tokens: the limit of an answer that names none. stream_tokens: held at first, and
    with each extension, for a streamed one."""

    output_tokens: int
    stream_tokens: int


class Estimate(msgspec.Struct, frozen=True):
    """nanos: wanted. nanos_floor: the least that makes sense. prompt_nanos: for the prompt alone,
    as likely as we can tell. tokens: for the limits per minute. output_tokens: that `nanos`
    covers, over all choices. asked: output tokens of one choice, None when it has no output."""

    nanos: int
    nanos_floor: int
    prompt_nanos: int
    prompt_tokens: int
    tokens: int
    output_tokens: int
    asked: int | None


class Estimator:
    """One request's amounts; asked once for the hold, and again for clamps and extensions."""

    __slots__ = ("_calls", "_choices", "_media", "_operation", "_policy", "_prompts")

    def __init__(self, operation: Operation, choices: Choices, policy: Policy) -> None:
        self._operation = operation
        self._choices = choices
        self._policy = policy
        fans_out = operation.n > 1 and not choices.native_n
        self._calls = operation.n if fans_out else 1
        self._prompts = self._calls
        self._media = bool(operation.needs & _MEDIA_NEEDS)

    def bound(self, output_tokens: int) -> int:
        """nanos that the prompt and so many output tokens, over all choices, cannot exceed."""
        prompt = self._operation.prompt_tokens * self._prompts
        return self._choices.bound(prompt, output_tokens, calls=self._calls, media=self._media)

    def estimate(self, first: Candidate) -> Estimate:
        operation = self._operation
        prompt_tokens = operation.prompt_guess()
        prompt_usage = Usage(input_fresh=prompt_tokens)
        prompt_nanos = charge(prompt_usage, first.price, first.rate).nanos
        if not operation.expects_output:
            nanos = self.bound(0)
            return Estimate(nanos, nanos, prompt_nanos, prompt_tokens, prompt_tokens, 0, None)
        asked = operation.output_limit
        if asked is None:
            asked = self._policy.output_tokens
        count = operation.choices
        covered = min(asked, self._policy.stream_tokens) if operation.stream else asked
        floor = min(asked, FLOOR_TOKENS)
        return Estimate(
            nanos=self.bound(covered * count),
            nanos_floor=self.bound(floor * count),
            prompt_nanos=prompt_nanos,
            prompt_tokens=prompt_tokens,
            tokens=prompt_tokens + min(asked, self._policy.stream_tokens) * count,
            output_tokens=covered * count,
            asked=asked,
        )

    def covered_by(self, nanos: int, most: int) -> int:
        """The largest number of output tokens, over all choices and up to `most`, whose bound is
        within nanos."""
        low, high = 0, most
        while low < high:
            middle = (low + high + 1) // 2
            if self.bound(middle) <= nanos:
                low = middle
            else:
                high = middle - 1
        return low

    def stretch(self, output_tokens: int) -> int:
        """nanos to add to a stream's hold that covers so many output tokens, for the next one."""
        return self.bound(output_tokens + self.stretch_tokens) - self.bound(output_tokens)

    @property
    def stretch_tokens(self) -> int:
        return self._policy.stream_tokens * self._operation.choices
