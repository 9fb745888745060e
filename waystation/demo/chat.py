"""Chat completions on the demo's wire: one object, or a stream of chunks."""

import json
import sys
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from waystation.demo.answer import Answer, answer
from waystation.demo.words import digest, text_of, tokens

_FINGERPRINT = "fp_waystation_demo"
_MESSAGE_TOKENS = 3
_IMAGE_TOKENS = 85


class Choice(msgspec.Struct, frozen=True):
    """One answer cut to the limits: its pieces, its finish reason, its tokens."""

    answer: Answer
    reasoning: tuple[str, ...]
    pieces: tuple[str, ...]
    finish: str
    output_tokens: int


def choices(body: dict[str, Any]) -> list[Choice]:
    count = body.get("n")
    return [
        _cut(answer(body, index), body) for index in range(count if isinstance(count, int) else 1)
    ]


def _cut(whole: Answer, body: dict[str, Any]) -> Choice:
    """Stops first, then the limit, which holds for reasoning and calls as well."""
    reasoning = tuple(tokens(whole.reasoning))
    limit = body.get("max_completion_tokens") or body.get("max_tokens")
    left = limit if isinstance(limit, int) else sys.maxsize
    if whole.calls:
        return _cut_calls(whole, reasoning, left)
    pieces = tuple(tokens(stopped(whole.text, body.get("stop"))))
    thought = reasoning[:left]
    kept = pieces[: left - len(thought)]
    is_cut = len(kept) + len(thought) < len(pieces) + len(reasoning)
    return Choice(whole, thought, kept, "length" if is_cut else "stop", len(kept) + len(thought))


def _cut_calls(whole: Answer, reasoning: tuple[str, ...], limit: int) -> Choice:
    """Calls whose arguments break off where the limit is, as vendors' do."""
    thought = reasoning[:limit]
    left = limit - len(thought)
    kept: list[tuple[str, str]] = []
    is_cut = len(thought) < len(reasoning)
    for name, arguments in whole.calls:
        named, pieces = len(tokens(name)), tokens(arguments)
        if named > left:
            is_cut = True
            break
        is_cut = is_cut or named + len(pieces) > left
        kept.append((name, "".join(pieces[: left - named])))
        left -= min(named + len(pieces), left)
    answered = Answer(reasoning=whole.reasoning, calls=tuple(kept))
    finish = "length" if is_cut else "tool_calls"
    return Choice(answered, thought, (), finish, _spent(kept, thought))


def _spent(calls: list[tuple[str, str]], thought: tuple[str, ...]) -> int:
    return len(thought) + sum(len(tokens(one)) + len(tokens(other)) for one, other in calls)


def stopped(text: str, stop: Any) -> str:
    """The text up to the first of the marks."""
    marks = [stop] if isinstance(stop, str) else stop if isinstance(stop, list) else []
    places = [text.find(mark) for mark in marks if isinstance(mark, str) and mark]
    found = [place for place in places if place >= 0]
    return text[: min(found)] if found else text


def prompt_tokens(body: dict[str, Any]) -> int:
    """Exact by the demo's own counting: words of all messages, tools, and pictures."""
    total = 0
    for message in body.get("messages") or ():
        if not isinstance(message, dict):
            continue
        content = message.get("content")
        total += _MESSAGE_TOKENS + len(tokens(text_of(content)))
        for part in content if isinstance(content, list) else ():
            total += _IMAGE_TOKENS if isinstance(part, dict) and "image_url" in part else 0
    tools = body.get("tools")
    return total + _weight(tools) if tools else total


def _weight(value: Any) -> int:
    """Tokens of all texts in it, and one for each thing."""
    total, left = 0, [value]
    while left:
        one = left.pop()
        total += len(tokens(one)) if isinstance(one, str) else 1
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple):
            left += one
    return total


def usage(body: dict[str, Any], made: list[Choice]) -> dict[str, Any]:
    prompt = prompt_tokens(body)
    output = sum(one.output_tokens for one in made)
    reasoning = sum(len(one.reasoning) for one in made)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }


def _head(body: dict[str, Any], kind: str, created: int) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-demo{digest(json.dumps(body, sort_keys=True), created):016x}",
        "object": kind,
        "created": created,
        "model": body.get("model"),
        "system_fingerprint": _FINGERPRINT,
    }


def _call(index: int, place: int, name: str, arguments: str) -> dict[str, Any]:
    identity = f"call_demo{digest(name, arguments, index, place):012x}"[:29]
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def _logprobs(body: dict[str, Any], pieces: tuple[str, ...]) -> dict[str, Any] | None:
    if not body.get("logprobs"):
        return None
    top = body.get("top_logprobs") or 0
    return {
        "content": [logprob(piece, place, top) for place, piece in enumerate(pieces)],
        "refusal": None,
    }


def logprob(piece: str, place: int, top: int) -> dict[str, Any]:
    """One token's entry; made up, but never above certainty and in falling order."""

    def entry(text: str, rank: int) -> dict[str, Any]:
        value = -(digest(text, place) % 1000) / 10_000 - rank
        return {"token": text, "logprob": value, "bytes": list(text.encode())}

    others = [piece, *(f" option{rank}" for rank in range(1, top))][:top]
    return {
        **entry(piece, 0),
        "top_logprobs": [entry(one, rank) for rank, one in enumerate(others)],
    }


def completion(body: dict[str, Any], created: int) -> dict[str, Any]:
    """The whole answer as one object."""
    made = choices(body)
    return {
        **_head(body, "chat.completion", created),
        "choices": [_whole(body, index, one) for index, one in enumerate(made)],
        "usage": usage(body, made),
    }


def _whole(body: dict[str, Any], index: int, one: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(one.pieces), "refusal": None}
    if one.reasoning:
        message["reasoning_content"] = "".join(one.reasoning)
    if one.answer.calls:
        message["content"] = None
        message["tool_calls"] = [
            _call(index, place, *call) for place, call in enumerate(one.answer.calls)
        ]
    return {
        "index": index,
        "message": message,
        "logprobs": _logprobs(body, one.pieces),
        "finish_reason": one.finish,
    }


def chunks(body: dict[str, Any], created: int) -> Iterator[dict[str, Any]]:
    """The answer as a stream: role first, pieces, finish, the choices side by side; usage last
    when it is asked for."""
    made = choices(body)
    head = _head(body, "chat.completion.chunk", created)
    each = (_choice_chunks(body, head, index, one) for index, one in enumerate(made))
    for side_by_side in zip_longest(*each):
        yield from (chunk for chunk in side_by_side if chunk is not None)
    options = body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        yield {**head, "choices": [], "usage": usage(body, made)}


def _choice_chunks(
    body: dict[str, Any], head: dict[str, Any], index: int, one: Choice
) -> Iterator[dict[str, Any]]:
    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "finish_reason": finish, **more}
        return {**head, "choices": [choice]}

    yield chunk({"role": "assistant", "content": ""})
    for piece in one.reasoning:
        yield chunk({"reasoning_content": piece})
    for place, piece in enumerate(one.pieces):
        wanted = body.get("logprobs")
        entry = logprob(piece, place, body.get("top_logprobs") or 0) if wanted else None
        more: dict[str, Any] = {"logprobs": {"content": [entry], "refusal": None}} if entry else {}
        yield chunk({"content": piece}, **more)
    for place, (name, arguments) in enumerate(one.answer.calls):
        opening = {**_call(index, place, name, ""), "index": place}
        yield chunk({"tool_calls": [opening]})
        for piece in tokens(arguments):
            yield chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
    yield chunk({}, one.finish)
