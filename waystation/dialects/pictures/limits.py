"""What is known of models beforehand: prompts, sizes and qualities that are refused or filled in
before anybody is paid. Models that are not here are their vendor's to judge."""

import re
from typing import NamedTuple

from waystation.errors import Fault

N_MOST = 10
SIDE_PIXELS_MOST = 16_384
PROMPT_CHARACTERS_MOST = 32_000
IMAGE_TOKENS_MOST = 6_400
"""Of one picture by a token-priced model: high quality, the largest size (published: 6,240)."""
PARTIAL_TOKENS_MOST = 100
"""Of one partial picture (published)."""
INPUT_TOKENS_MOST = 7_000
"""Of one picture given to a token-priced model, at high fidelity."""

_SIZE = re.compile(r"\s*([0-9]{1,9})\s*[xX×*]\s*([0-9]{1,9})\s*")
_WORD = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_RATIO = re.compile(r"\s*(?:ASPECT_)?([0-9]{1,2})\s*[:x_×]\s*([0-9]{1,2})\s*")


class Known(NamedTuple):
    """sizes: () any. size, quality: what the model takes when nothing is named."""

    prompt_characters: int
    sizes: tuple[str, ...]
    size: str
    quality: str


_KNOWN = (
    ("dall-e-2", Known(1000, ("256x256", "512x512", "1024x1024"), "1024x1024", "standard")),
    ("dall-e-3", Known(4000, ("1024x1024", "1792x1024", "1024x1792"), "1024x1024", "standard")),
)
_OTHER = Known(PROMPT_CHARACTERS_MOST, (), "", "")


def known(model: str) -> Known:
    return next((facts for prefix, facts in _KNOWN if model.startswith(prefix)), _OTHER)


def check_prompt(model: str, prompt: str, param: str = "prompt") -> None:
    """Raises Fault (400)."""
    most = known(model).prompt_characters
    if len(prompt) > most:
        reason = f"{len(prompt)} characters; {model} takes at most {most}"
        raise Fault("invalid_value", param=param, reason=reason)


def read_size(model: str, text: str | None) -> str | None:
    """A size in its plain form: "1024x1024", or a word of the vendor's. Raises Fault (400)."""
    if text is None or not text.strip():
        return None
    found = _SIZE.fullmatch(text)
    if found is not None:
        width, height = int(found[1]), int(found[2])
        if not (0 < width <= SIDE_PIXELS_MOST and 0 < height <= SIDE_PIXELS_MOST):
            raise Fault("invalid_value", param="size", reason=f"'{text[:40]}' is out of all bounds")
        size = f"{width}x{height}"
    elif _WORD.fullmatch(text.strip()):
        size = text.strip()
    else:
        raise Fault("invalid_value", param="size", reason="expected WIDTHxHEIGHT or auto")
    sizes = known(model).sizes
    if sizes and size not in sizes and size != "auto":
        raise Fault("invalid_size", param="size", size=size, model=model, valid=", ".join(sizes))
    return size


def read_ratio(text: str | None, param: str = "aspect_ratio") -> str | None:
    """A shape in its plain form, "16:9". Raises Fault (400)."""
    if text is None or not text.strip():
        return None
    found = _RATIO.fullmatch(text)
    if found is None or not int(found[1]) or not int(found[2]):
        raise Fault("invalid_value", param=param, reason="expected WIDTH:HEIGHT, such as 16:9")
    return f"{int(found[1])}:{int(found[2])}"
