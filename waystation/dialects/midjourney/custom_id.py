"""What a button does: `MJ::JOB::upsample::2::<hash>::SOLO` taken apart, and put together.

The hash at its end is never asked for: clients build these names on their own. What a press means
follows from the task it is pressed on, the verb and the index.
"""

import msgspec

from waystation.dialects.midjourney import texts
from waystation.dialects.midjourney.outcome import invalid

CUSTOM_ID_CHARACTERS_MAX = 512


class Press(msgspec.Struct, frozen=True, kw_only=True):
    """action: of the task that comes of it; "" for a bookmark. verb: in lower case, as in the
    button. index: from 1 where there is one of several, else 0. opens: a window waits for
    /submit/modal. remixes: in remix mode it waits too. amount: what follows the verb: "50" of a
    zoom, "all", "retry"."""

    action: str
    verb: str
    index: int = 0
    opens: bool = False
    remixes: bool = False
    amount: str = ""

    @property
    def is_bookmark(self) -> bool:
        return self.verb == "bookmark"

    @property
    def is_all(self) -> bool:
        """Four pictures of four described prompts at once."""
        return self.verb == "picreader" and self.amount == "all"


_JOBS = {  # verb → (action, remixes)
    "reroll": ("REROLL", True),
    "variation": ("VARIATION", True),
    "high_variation": ("HIGH_VARIATION", True),
    "low_variation": ("LOW_VARIATION", True),
}
_OF_FOUR = frozenset({"upsample", "variation"})
_TILE_MAX = 4
_SHORTENED_MAX = 5


def read_custom_id(custom_id: str) -> Press | None:
    """None: a verb that we do not know, which may be a new one of its upstream's. Raises Declined
    (4) for an index out of its range."""
    parts = custom_id.split("::")
    if len(custom_id) > CUSTOM_ID_CHARACTERS_MAX or len(parts) < 2 or parts[0].upper() != "MJ":
        return None
    if parts[1].upper() == "JOB":
        return _job(parts[2:])
    verb, rest = parts[1].lower(), parts[2:]
    if verb == "inpaint":
        return Press(action="INPAINT", verb=verb, opens=True)
    if verb == "customzoom":
        return Press(action="CUSTOM_ZOOM", verb=verb, opens=True)
    if verb == "outpaint":
        return _outpaint(rest)
    if verb == "bookmark":
        return Press(action="", verb=verb)
    if verb == "picread" and rest and rest[0].lower() == "retry":
        return Press(action="DESCRIBE", verb=verb, amount="retry")
    return None


def _job(parts: list[str]) -> Press | None:
    """Of what follows `MJ::JOB`."""
    verb = parts[0].lower() if parts else ""
    rest = parts[1:]
    if verb in _OF_FOUR:
        action = "UPSCALE" if verb == "upsample" else "VARIATION"
        if not rest:
            return None
        index = _index(rest[0], _TILE_MAX, texts.INDEX_BAD)
        return Press(action=action, verb=verb, index=index, remixes=verb == "variation")
    if verb in _JOBS:
        action, remixes = _JOBS[verb]
        return Press(action=action, verb=verb, remixes=remixes)
    if verb.startswith("upsample_"):
        return Press(action="UPSCALE", verb=verb)
    if verb.startswith("pan_"):
        return Press(action="PAN", verb=verb, remixes=True, amount=verb[4:])
    if verb.startswith("animate_"):
        return Press(action="VIDEO", verb=verb, amount=verb[8:])
    return _of_text(verb, rest)


def _of_text(verb: str, rest: list[str]) -> Press | None:
    """The buttons below a description or a shortened prompt."""
    if verb == "promptanalyzerextended":
        return Press(action="SHORTEN", verb=verb)
    if not rest:
        return None
    if verb == "picreader":
        if rest[0].lower() == "all":
            return Press(action="IMAGINE", verb=verb, amount="all")
        index = _index(rest[0], _TILE_MAX, texts.PIC_READER_INDEX)
        return Press(action="IMAGINE", verb=verb, index=index, opens=True)
    if verb == "promptanalyzer":
        index = _index(rest[0], _SHORTENED_MAX, texts.INDEX_BAD)
        return Press(action="IMAGINE", verb=verb, index=index, opens=True)
    return None


def _outpaint(rest: list[str]) -> Press | None:
    """50: out to double, 75: to one and a half, 100: to a square."""
    amount = rest[0] if rest else ""
    if not (amount.isascii() and amount.isdecimal() and 1 <= len(amount) <= 3):
        return None
    return Press(action="ZOOM", verb="outpaint", amount=str(int(amount)))


def _index(text: str, most: int, refusal: str) -> int:
    if not (len(text) == 1 and text.isascii() and text.isdecimal() and 1 <= int(text) <= most):
        raise invalid(refusal)
    return int(text)
