"""Bounds for pictures, sound and files in a prompt, as data.

Models count pictures by tiles or patches after scaling them down, so there is a largest figure per
model and detail. The figures are those of the vendors' published formulas at the largest size that
survives scaling, rounded up. Audio is bounded by the slowest codec in use (8 kbit/s) at the
highest rate of tokens a second (32); documents by the text that may be packed in them.
"""

from typing import NamedTuple

BASE64_BYTES_PER_AUDIO_TOKEN = 40
BASE64_BYTES_PER_FILE_TOKEN = 2


class ImageBound(NamedTuple):
    """Tokens of one picture at most, by the caller's `detail`."""

    low: int
    high: int


_DEFAULT = ImageBound(low=1200, high=5000)
_BY_PREFIX: tuple[tuple[str, ImageBound], ...] = (
    ("gpt-4o-mini", ImageBound(low=2833, high=48169)),
    ("qwen-vl", ImageBound(low=16384, high=16384)),
    ("qwen2.5-vl", ImageBound(low=16384, high=16384)),
    ("qwen3-vl", ImageBound(low=16384, high=16384)),
    ("qvq", ImageBound(low=16384, high=16384)),
)


def image_bound(model: str) -> ImageBound:
    """The bound for a model's name; an unknown one gets the largest of the usual formulas."""
    for prefix, bound in _BY_PREFIX:
        if model.startswith(prefix):
            return bound
    return _DEFAULT
