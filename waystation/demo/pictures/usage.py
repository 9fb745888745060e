"""Tokens as gpt-image-1 counts them.

Output: a grid of patches whose edge depends on the quality, and one more token a row; the published
sums of the three usual sizes follow from it exactly, other sizes by the same rule. Each partial
picture costs a flat sum more. Input: the prompt's words (the demo's own tokens), and for each input
picture a base and a sum for each tile of 512 pixels after its shorter side is brought to 512.
Checked 2026-11-22: https://platform.openai.com/docs/guides/image-generation#cost-and-latency
"""

from collections.abc import Iterable
from math import ceil
from typing import Any

from waystation.demo.words import tokens
from waystation.imaging.picture import Size

_PATCH_PIXELS = {"low": 64, "medium": 32, "high": 16}
_PARTIAL_TOKENS = 100
_INPUT_BASE_TOKENS = 65
_INPUT_TILE_TOKENS = 129
_TILE_PIXELS = 512


def output_tokens(size: Size, quality: str) -> int:
    patch = _PATCH_PIXELS[quality]
    columns, rows = ceil(size[0] / patch), ceil(size[1] / patch)
    return columns * rows + rows


def input_tokens(size: Size) -> int:
    share = min(1.0, _TILE_PIXELS / min(size))
    across, down = (ceil(round(side * share, 3) / _TILE_PIXELS) for side in size)
    return _INPUT_BASE_TOKENS + _INPUT_TILE_TOKENS * across * down


def usage(
    prompt: str, inputs: Iterable[Size], outputs: Iterable[Size], quality: str, partials: int
) -> dict[str, Any]:
    """partials: how many were sent on the way, of all pictures together."""
    text, image = len(tokens(prompt)), sum(input_tokens(one) for one in inputs)
    made = sum(output_tokens(one, quality) for one in outputs) + partials * _PARTIAL_TOKENS
    return {
        "total_tokens": text + image + made,
        "input_tokens": text + image,
        "output_tokens": made,
        "input_tokens_details": {"text_tokens": text, "image_tokens": image},
        "output_tokens_details": {"text_tokens": 0, "image_tokens": made},
    }
