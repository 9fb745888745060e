"""Operations and readers as the tests make them."""

from collections.abc import Callable
from typing import Any

import msgspec

from waystation.dialects.openai_chat import ChatOperation, parse
from waystation.dialects.openai_text import completions
from waystation.dialects.operation import Receipt, Target
from waystation.meter.usage import Usage

FREE = Receipt(cost_of=None)


def no_headers(name: str) -> str | None:
    return None


def priced(cost: str = "0.0000045") -> Receipt:
    def cost_of(usage: Usage) -> str | None:
        return cost

    return Receipt(cost_of=cost_of)


def headers(**given: str) -> Callable[[str], str | None]:
    known = {name.replace("_", "-"): value for name, value in given.items()}
    return known.get


def body(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


def chat(**fields: Any) -> ChatOperation:
    given = {"model": "asked", "messages": [{"role": "user", "content": "Hello?"}], **fields}
    return parse(body(**given), no_headers)


def completion(**fields: Any) -> completions.CompletionOperation:
    given = {"model": "asked", "prompt": "Once upon", **fields}
    return completions.parse(body(**given), no_headers)


def same(model: str = "asked", **more: Any) -> Target:
    return Target(upstream_model=model, **more)
