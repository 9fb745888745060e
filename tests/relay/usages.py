"""What an upstream of the tests tells of tokens, and its price."""

from tests.support.gateway import INPUT_NANOS, OUTPUT_NANOS
from tests.support.script import USAGE

EXACT = USAGE["prompt_tokens"] * INPUT_NANOS + USAGE["completion_tokens"] * OUTPUT_NANOS
"""Nano-USD."""


def usage(prompt: int, completion: int) -> dict[str, int]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
