"""Completions and embeddings on the demo's wire."""

import base64
import json
import struct
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from waystation.demo.answer import Answer
from waystation.demo.chat import Choice, logprob, stopped
from waystation.demo.embedding import DIMENSIONS_DEFAULT, DIMENSIONS_MAX, embed
from waystation.demo.words import choose, digest, tokens

_COMPLETION_TOKENS_DEFAULT = 16
_ENDINGS = (
    " and the demo channel wrote the rest of this line without any model at all, word after word.",
    " is how it began; the Waystation demo goes on from there, calmly and always in the same way.",
)


class BadRequest(Exception):
    """The demo's upstream refuses: told as a vendor's 400."""


def prompts(prompt: Any) -> list[str]:
    """Text prompts; token ids are shown as the numbers they are."""
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt, list) and prompt:
        if all(isinstance(one, str) for one in prompt):
            return prompt
        if _are_ids(prompt):
            return [" ".join(map(str, prompt))]
        if all(isinstance(one, list) and one and _are_ids(one) for one in prompt):
            return [" ".join(map(str, one)) for one in prompt]
    raise BadRequest("prompt or input must be a string, strings, token ids or lists of them")


def _are_ids(values: list[Any]) -> bool:
    return all(isinstance(one, int) and not isinstance(one, bool) for one in values)


def _continuations(body: dict[str, Any]) -> list[tuple[str, Choice]]:
    limit = body.get("max_tokens")
    limit = limit if isinstance(limit, int) else _COMPLETION_TOKENS_DEFAULT
    made = []
    for prompt in prompts(body.get("prompt")):
        for index in range(body.get("n") or 1):
            ending = choose(_ENDINGS, prompt, body.get("seed"), index)
            pieces = tokens(stopped(ending, body.get("stop")))
            finish = "length" if len(pieces) > limit else "stop"
            kept = tuple(pieces[:limit])
            made.append((prompt, Choice(Answer(), (), kept, finish, len(kept))))
    return made


def _logprobs(
    body: dict[str, Any], pieces: tuple[str, ...], start: int, first: int = 0
) -> dict[str, Any] | None:
    """In the completions' own shape. start: characters of this choice before these pieces;
    first: pieces before them."""
    count = body.get("logprobs")
    if isinstance(count, bool) or not isinstance(count, int):
        return None
    offsets = accumulate((len(piece) for piece in pieces[:-1]), initial=start)
    entries = [logprob(piece, place, max(count, 1)) for place, piece in enumerate(pieces, first)]
    return {
        "tokens": list(pieces),
        "token_logprobs": [one["logprob"] for one in entries],
        "top_logprobs": [
            {other["token"]: other["logprob"] for other in one["top_logprobs"][:count]}
            for one in entries
        ],
        "text_offset": list(offsets)[: len(pieces)],
    }


def _completion_head(body: dict[str, Any], created: int) -> dict[str, Any]:
    identity = f"cmpl-demo{digest(json.dumps(body, sort_keys=True), created):016x}"
    return {"id": identity, "object": "text_completion", "created": created, "model": body["model"]}


def _completion_usage(body: dict[str, Any], made: list[tuple[str, Choice]]) -> dict[str, int]:
    prompt = sum(len(tokens(one)) for one in prompts(body.get("prompt")))
    output = sum(choice.output_tokens for _, choice in made)
    return {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}


def completion(body: dict[str, Any], created: int) -> dict[str, Any]:
    made = _continuations(body)
    echo = bool(body.get("echo"))
    return {
        **_completion_head(body, created),
        "choices": [
            {
                "index": index,
                "text": (prompt if echo else "") + "".join(one.pieces),
                "logprobs": _logprobs(body, one.pieces, len(prompt) if echo else 0),
                "finish_reason": one.finish,
            }
            for index, (prompt, one) in enumerate(made)
        ],
        "usage": _completion_usage(body, made),
    }


def completion_chunks(body: dict[str, Any], created: int) -> Iterator[dict[str, Any]]:
    made = _continuations(body)
    head = _completion_head(body, created)

    def chunk(
        index: int, text: str, finish: str | None = None, logprobs: Any = None
    ) -> dict[str, Any]:
        choice = {"index": index, "text": text, "logprobs": logprobs, "finish_reason": finish}
        return {**head, "choices": [choice]}

    for index, (prompt, one) in enumerate(made):
        start = 0
        if body.get("echo"):
            start = len(prompt)
            yield chunk(index, prompt)
        for place, piece in enumerate(one.pieces):
            yield chunk(index, piece, None, _logprobs(body, (piece,), start, place))
            start += len(piece)
        yield chunk(index, "", one.finish)
    options = body.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        yield {**head, "choices": [], "usage": _completion_usage(body, made)}


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    texts = prompts(body.get("input"))
    dimensions = body.get("dimensions") or DIMENSIONS_DEFAULT
    if type(dimensions) is not int or not 1 <= dimensions <= DIMENSIONS_MAX:
        raise BadRequest(f"dimensions must be between 1 and {DIMENSIONS_MAX}")
    packed = body.get("encoding_format") == "base64"
    data = []
    for index, text in enumerate(texts):
        vector: Any = embed(text, dimensions)
        if packed:
            vector = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    total = sum(max(len(tokens(text)), 1) for text in texts)
    usage = {"prompt_tokens": total, "total_tokens": total}
    return {"object": "list", "data": data, "model": body["model"], "usage": usage}
