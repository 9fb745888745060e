"""Which channels draw by themselves, and what can be done on them."""

from waystation.dialects.midjourney.custom_id import read_custom_id
from waystation.dialects.midjourney.job import Job
from waystation.routing.operations import serving
from waystation.routing.snapshot import Channel

_BY_EDIT = frozenset({"HIGH_VARIATION", "LOW_VARIATION", "INPAINT", "ZOOM", "CUSTOM_ZOOM", "PAN"})
_BY_ANY = frozenset({"UPSCALE", "REROLL", "VARIATION"})
_TEXTS = frozenset({"DESCRIBE", "SHORTEN"})


def draws(channel: Channel) -> bool:
    """It is no proxy of Midjourney: its pictures are made by its own models."""
    return channel.dialect != "midjourney"


def verbs_of(channel: Channel) -> frozenset[str]:
    """What buttons it can serve. Without an address for edits, what needs a picture drawn on."""
    if not any(name in channel.paths for name in ("image", "image_edit", "chat")):
        return frozenset()
    return _BY_ANY if serving("image_edit", channel) is None else _BY_ANY | _BY_EDIT


def is_text(action: str) -> bool:
    return action in _TEXTS


def is_tile(job: Job) -> bool:
    """One of four that are there already."""
    press = read_custom_id(job.custom_id) if job.custom_id else None
    pressed = press is not None and press.verb == "upsample"
    return job.action == "UPSCALE" and (job.page == "change" or pressed)
