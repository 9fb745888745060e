"""How fast a picture is asked for: by the address, the account filter or a flag in the prompt."""

from typing import Literal

from waystation.dialects.midjourney import texts
from waystation.errors import Fault

Mode = Literal["", "fast", "relax", "turbo"]
"""As asked for; "" is nothing said, which counts as fast where it has a price."""

PREFIXES: dict[str, Mode] = {
    "/mj": "",
    "/mj-fast/mj": "fast",
    "/mj-relax/mj": "relax",
    "/mj-turbo/mj": "turbo",
}
"""Before every route of the family. A task is seen under each, however it was submitted."""

_MODES: dict[str, Mode] = {"fast": "fast", "relax": "relax", "turbo": "turbo"}


def mode_of(word: object) -> Mode:
    """A word of the account filter or a prompt's flag; "" for any other."""
    return _MODES.get(word.lower(), "") if isinstance(word, str) else ""


def wrong_speed() -> Fault:
    """Another /mj-xyz/mj."""
    text = texts.SPEED_BAD
    return Fault("invalid_request", message=text, extra={"mj_description": text})
