"""How much to hold for a request before anything is known of its answer.

At the dearest candidate's price and rate: the prompt's bound, and output up to the request's limit
(a stream: its first stretch). What money.md calls "Hold".
"""

import sys
from collections.abc import Callable

import msgspec

from waystation.dialects.operation import Request, beside_of
from waystation.ledger.prices import prompt_charge
from waystation.meter.beside import Beside
from waystation.routing.choices import Candidate, Choices

FLOOR_TOKENS = 16
EXTEND_PERCENT = 80
UNBOUNDED = sys.maxsize
_TEXT_ONLY = frozenset({"tools"})


class Policy(msgspec.Struct, frozen=True):
    """The operator's: output_tokens: the limit of an answer that names none. stream_tokens: a
    stream's first stretch, and each further one."""

    output_tokens: int
    stream_tokens: int


class Estimate(msgspec.Struct, frozen=True, eq=False):
    """nanos: to be held; nanos_floor: the least that makes sense. prompt_nanos: posted at the
    least when this process dies after sending. prompt_tokens: as likely, prompt_bound_tokens: at
    the most, over all calls that the request fans out to. asked_tokens: output limit of one
    answer; held_tokens: what is held of it at first. answers: how many are asked for. tokens: for
    the tokens-per-minute limits."""

    choices: Choices
    stream: bool
    limited: bool  # the caller named asked_tokens: nothing longer can come
    prompt_tokens: int
    prompt_bound_tokens: int
    asked_tokens: int
    held_tokens: int
    answers: int
    calls: int
    media: bool
    beside: Beside
    nanos: int
    nanos_floor: int
    prompt_nanos: int

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.held_tokens * self.answers

    def bound_of(self, output_tokens: int) -> int:
        """nanos that no candidate exceeds with so many output tokens, all answers together."""
        return self.choices.bound(
            self.prompt_bound_tokens, output_tokens, self.calls, self.media, self.beside
        )

    def affordable(self, nanos: int) -> int:
        """The output tokens of each answer that fit into nanos; at least the floor's."""
        if nanos >= self.nanos:
            return self.held_tokens
        floor = min(self.held_tokens, FLOOR_TOKENS)
        return max(
            floor,
            largest(self.held_tokens, lambda tokens: self.bound_of(tokens * self.answers) <= nanos),
        )


def largest(most: int, fits: Callable[[int], bool]) -> int:
    """The largest number up to `most` that fits, 0 when none does; what is below fits too."""
    least = 0
    while least < most:
        middle = (least + most + 1) // 2
        if fits(middle):
            least = middle
        else:
            most = middle - 1
    return least


def estimate(operation: Request, choices: Choices, first: Candidate, policy: Policy) -> Estimate:
    """first: whom routing tries first; the prompt's likely price is its."""
    limit = operation.output_limit if operation.expects_output else 0
    asked = policy.output_tokens if limit is None else limit
    held = min(asked, policy.stream_tokens) if operation.stream else asked
    calls = 1 if choices.native_n else operation.n
    prompt_tokens = operation.prompt_guess() * calls
    prompt_bound = operation.prompt_tokens * calls
    answers = operation.choices
    media = not operation.needs <= _TEXT_ONLY
    beside = beside_of(operation)
    nanos = nanos_floor = choices.bound(prompt_bound, held * answers, calls, media, beside)
    if held > FLOOR_TOKENS:
        nanos_floor = choices.bound(prompt_bound, FLOOR_TOKENS * answers, calls, media, beside)
    prompt_nanos = prompt_charge(prompt_tokens, first.price, first.rate, calls)
    return Estimate(
        choices,
        operation.stream,
        limit is not None,
        prompt_tokens,
        prompt_bound,
        asked,
        held,
        answers,
        calls,
        media,
        beside,
        nanos,
        nanos_floor,
        prompt_nanos if prompt_nanos < nanos_floor else nanos_floor,
    )
