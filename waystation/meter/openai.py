"""OpenAI-shaped usage objects, with all that vendors made of them, as disjoint kinds.

Seen on the wire: cached tokens inside `prompt_tokens_details`, at the top (`cached_tokens`,
`prompt_cache_hit_tokens`, `cache_read_input_tokens`); cache writes by several names; reasoning
inside `completion_tokens` or beside it, which only `total_tokens` tells; numbers that lie.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from waystation.kernel.estimate import TextTally
from waystation.meter.plain import read_plain
from waystation.meter.told import Told
from waystation.meter.usage import Usage

OUTPUT_TOKENS_PLAUSIBLE = 262_144
"""Per choice, where the caller named no limit."""
HIDDEN_TOKENS_PLAUSIBLE = 65_536
"""Beyond a caller's limit: reasoning that the vendor does not count against it."""
PROMPT_FACTOR_PLAUSIBLE = 4
PROMPT_EXTRA_PLAUSIBLE = 65_536
"""What an upstream may add to a prompt by itself: search results, its own instructions."""
CALLS_PLAUSIBLE = 1000
"""Of one tool that runs at the vendor, in one answer."""


class Limits(msgspec.Struct, frozen=True):
    """prompt_tokens: the bound made from the request. output_tokens: the caller's limit per choice.
    answers: whether the operation has an output side at all (embeddings have none)."""

    prompt_tokens: int
    output_tokens: int | None = None
    choices: int = 1
    answers: bool = True

    @property
    def prompt_most(self) -> int:
        return self.prompt_tokens * PROMPT_FACTOR_PLAUSIBLE + PROMPT_EXTRA_PLAUSIBLE

    def output_most(self, seen: TextTally) -> int:
        """What may be believed of output, given the text that came."""
        if self.output_tokens is None:
            allowed = OUTPUT_TOKENS_PLAUSIBLE
        else:
            allowed = self.output_tokens + HIDDEN_TOKENS_PLAUSIBLE
        return allowed * max(self.choices, 1) + seen.tokens_max


def plausible_units(told: Mapping[str, int], flags: list[str]) -> dict[str, int]:
    """Those that are there and may be believed; the others are noted in `flags`."""
    flags += [f"implausible:{unit}" for unit, count in told.items() if count > CALLS_PLAUSIBLE]
    return {unit: count for unit, count in told.items() if 0 < count <= CALLS_PLAUSIBLE}


class _Reader:
    """Numbers out of a usage object that may lie; what was wrong is noted in `flags`."""

    __slots__ = ("fields", "flags")

    def __init__(self, fields: Mapping[str, Any], flags: list[str]) -> None:
        self.fields = fields
        self.flags = flags

    def first(self, *names: str) -> int | None:
        """The first of these fields that is there and holds a number."""
        for name in names:
            if self.fields.get(name) is not None:
                number = self._count(self.fields[name], name)
                if number is not None:
                    return number
        return None

    def some(self, *names: str) -> int:
        return self.first(*names) or 0

    def inside(self, *names: str) -> "_Reader":
        for name in names:
            found = self.fields.get(name)
            if isinstance(found, dict):
                return _Reader(found, self.flags)
        return _Reader({}, self.flags)

    def _count(self, value: object, name: str) -> int | None:
        if isinstance(value, str):
            self.flags.append(f"string:{name}")
            value = int(value) if value.isdecimal() and len(value) < 20 else None
        elif isinstance(value, float):
            if not value.is_integer() or abs(value) > 1e18:
                self.flags.append(f"fraction:{name}")
            value = round(value) if abs(value) < 1e18 else None
        if isinstance(value, bool) or not isinstance(value, int):
            self.flags.append(f"malformed:{name}")
            return None
        if value < 0:
            self.flags.append(f"negative:{name}")
            return None
        return value


_WRITTEN_NAMES = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")


def read_told(fields: Mapping[str, Any]) -> Told:
    """The numbers of a usage object of this shape."""
    return read_plain(fields) or _read_odd(fields)


def _read_odd(fields: Mapping[str, Any]) -> Told:
    """Whatever vendors made of it."""
    flags: list[str] = []
    top = _Reader(fields, flags)
    given = top.inside("prompt_tokens_details", "input_tokens_details")
    made = top.inside("completion_tokens_details", "output_tokens_details")
    writes = given.inside("cache_creation")
    if not writes.fields:
        writes = top.inside("cache_creation")
    written_1h = writes.some("ephemeral_1h_input_tokens")
    written = given.some(*_WRITTEN_NAMES) or top.some("cache_creation_input_tokens")
    cached = given.first("cached_tokens")
    if not cached:
        cached = top.some("cached_tokens", "prompt_cache_hit_tokens", "cache_read_input_tokens")
    prompt = top.first("prompt_tokens", "input_tokens")
    completion, reasoning = _output_side(top, made, prompt)
    return Told(
        prompt=prompt,
        completion=completion,
        cached=cached,
        written_5m=max(written - written_1h, writes.some("ephemeral_5m_input_tokens")),
        written_1h=written_1h,
        audio_in=given.some("audio_tokens"),
        image_in=given.some("image_tokens"),
        reasoning=reasoning,
        audio_out=made.some("audio_tokens"),
        image_out=made.some("image_tokens"),
        units=_units(top),
        flags=tuple(flags),
    )


def _units(top: _Reader) -> dict[str, int]:
    """Calls of the vendor's own tools, as some tell them."""
    searches = top.inside("server_tool_use").some("web_search_requests")
    by_tool = top.inside("server_side_tool_usage_details")
    told = {
        "web_search": searches
        or top.some("num_search_queries")
        or by_tool.some("web_search_calls", "web_search"),
        "x_search": by_tool.some("x_search_calls", "x_search"),
        "code_execution": by_tool.some("code_interpreter_calls", "code_execution_calls"),
        "file_search": by_tool.some("file_search_calls", "document_search_calls"),
        "search_source": top.some("num_sources_used"),
    }
    return plausible_units(told, top.flags)


def _output_side(top: _Reader, made: _Reader, prompt: int | None) -> tuple[int | None, int]:
    """(completion with reasoning, reasoning). Reasoning told beside the completion shows in the
    total; a total above the sum without any reasoning told is reasoning that was left out."""
    completion = top.first("completion_tokens", "output_tokens")
    reasoning = made.first("reasoning_tokens")
    if reasoning is None:
        reasoning = top.some("reasoning_tokens")
    total = top.first("total_tokens")
    if completion is None or total is None:
        return completion, reasoning
    beyond = total - (prompt or 0) - completion
    if reasoning and beyond == reasoning:
        return completion + reasoning, reasoning
    if beyond > 0 and not reasoning and prompt:
        top.flags.append("total_above_sum")
        return completion + beyond, beyond
    return completion, reasoning


def normalised(
    told: Told | None,
    *,
    raw: dict[str, Any] | None,
    flags: set[str],
    limits: Limits,
    seen: TextTally,
    has_output: bool,
    prompt_guess: Callable[[], int],
) -> Usage:
    """Disjoint kinds. What cannot be believed is replaced by a count of our own, and flagged."""
    if told is not None and not told.flags and not flags:
        usage = _plain_usage(told, raw, limits, has_output)
        if usage is not None:
            return usage
    return _careful_usage(
        told,
        raw=raw,
        flags=flags,
        limits=limits,
        seen=seen,
        has_output=has_output,
        prompt_guess=prompt_guess,
    )


def _careful_usage(
    told: Told | None,
    *,
    raw: dict[str, Any] | None,
    flags: set[str],
    limits: Limits,
    seen: TextTally,
    has_output: bool,
    prompt_guess: Callable[[], int],
) -> Usage:
    doubts = list(told.flags) if told is not None else []
    doubts.extend(sorted(flags))
    prompt = told.prompt if told is not None else None
    output = told.completion if told is not None else None
    if limits.answers and not has_output and not output:
        return Usage(raw=raw, flags=tuple(doubts))
    if told is not None:
        prompt = _believed(prompt, limits.prompt_most, limits.prompt_tokens > 0, "prompt", doubts)
        if limits.answers:
            output = _believed(output, limits.output_most(seen), has_output, "completion", doubts)
        else:
            output = 0
    is_counted = told is not None and prompt is not None and output is not None
    base = told if told is not None else Told(prompt=None, completion=None)
    ours_in = prompt if prompt is not None else min(prompt_guess(), limits.prompt_tokens)
    ours_out = output if output is not None else (seen.tokens if limits.answers else 0)
    fresh, cached, written_5m, written_1h, audio_in, image_in = _input_kinds(
        base if prompt is not None else None, ours_in, doubts
    )
    text, reasoning, audio_out, image_out = _output_kinds(
        base if output is not None else None, ours_out, doubts
    )
    return Usage(
        input_fresh=fresh,
        input_cache_read=cached,
        input_cache_write_5m=written_5m,
        input_cache_write_1h=written_1h,
        output_text=text,
        output_reasoning=reasoning,
        audio_in=audio_in,
        audio_out=audio_out,
        image_in=image_in,
        image_out=image_out,
        units=dict(told.units) if told is not None else {},
        exact=is_counted and not doubts,
        raw=raw,
        flags=tuple(dict.fromkeys(doubts)),
    )


def _plain_usage(
    told: Told, raw: dict[str, Any] | None, limits: Limits, has_output: bool
) -> Usage | None:
    """What was told, when it is beyond doubt: text alone, within the limits, with its output."""
    prompt, completion = told.prompt, told.completion
    if not prompt or not completion or not has_output or not limits.answers:
        return None
    if prompt > limits.prompt_most or completion > HIDDEN_TOKENS_PLAUSIBLE:
        return None
    if (
        told.units
        or told.cached + told.written_5m + told.written_1h + told.audio_in + told.image_in
    ):
        return None
    if told.audio_out + told.image_out or told.reasoning > completion:
        return None
    return Usage(
        input_fresh=prompt,
        output_text=completion - told.reasoning,
        output_reasoning=told.reasoning,
        exact=True,
        raw=raw,
    )


def _believed(
    number: int | None, most: int, is_expected: bool, side: str, doubts: list[str]
) -> int | None:
    """The number, or None (flagged) when it is missing, zero against the evidence, or absurd."""
    if number is None:
        if side == "prompt" or is_expected:
            doubts.append(f"missing:{side}_tokens")
        return None if is_expected else 0
    if number == 0 and is_expected:
        doubts.append(f"zero:{side}_tokens")
        return None
    if number > most:
        doubts.append(f"implausible:{side}_tokens")
        return None
    return number


def _input_kinds(
    told: Told | None, prompt: int, doubts: list[str]
) -> tuple[int, int, int, int, int, int]:
    """fresh, cache read, cache write 5 min, 1 h, audio, image."""
    if told is None:
        return prompt, 0, 0, 0, 0, 0
    left = prompt
    cached = _part(told.cached, left, "cached_tokens", doubts)
    left -= cached
    written_1h = _part(told.written_1h, left, "cache_write_tokens", doubts)
    left -= written_1h
    written_5m = _part(told.written_5m, left, "cache_write_tokens", doubts)
    left -= written_5m
    # A cached picture stands in both details; it is billed as the cache read that it is.
    audio = min(_part(told.audio_in, prompt, "audio_tokens", doubts), left)
    image = min(_part(told.image_in, prompt, "image_tokens", doubts), left - audio)
    return left - audio - image, cached, written_5m, written_1h, audio, image


def _output_kinds(told: Told | None, output: int, doubts: list[str]) -> tuple[int, int, int, int]:
    """text, reasoning, audio, image."""
    if told is None:
        return output, 0, 0, 0
    reasoning = _part(told.reasoning, output, "reasoning_tokens", doubts)
    audio = _part(told.audio_out, output - reasoning, "audio_tokens", doubts)
    image = _part(told.image_out, output - reasoning - audio, "image_tokens", doubts)
    return output - reasoning - audio - image, reasoning, audio, image


def _part(number: int, whole: int, name: str, doubts: list[str]) -> int:
    if number <= whole:
        return number
    doubts.append(f"above_whole:{name}")
    return whole
