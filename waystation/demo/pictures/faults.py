"""What goes wrong on demand, so that one can see how a caller is told and what it costs.

By the channel's header `x-demo-fault: rate_limit`; `slow` takes seconds: `slow=5`. With
`x-demo-fault: prompt` each caller chooses by a mark in the prompt, `demo:rate_limit`: not without
it, because most faults count against the channel, and one caller could park it for all. Only
`moderated` needs no consent, as nobody else feels it; a word of the demo's moderation list does the
same.
"""

import re
from typing import Literal, get_args

import msgspec

from waystation.demo.moderation import is_flagged
from waystation.demo.pictures.refusal import Refused

Kind = Literal[
    "moderated",  # refused before anything is drawn
    "rate_limit",  # 429
    "overloaded",  # 503
    "server_error",  # 500
    "unauthorized",  # 401: the channel's key is refused
    "slow",  # the first byte comes late
    "reset",  # the connection breaks before the reply
    "cut",  # and here in the middle of it
    "html",  # a page with status 200
    "empty",  # an answer without a picture
    "fewer",  # one picture fewer than ordered
    "broken",  # a picture that is cut off
    "page",  # HTML where the picture should be
]
KINDS: tuple[str, ...] = get_args(Kind)
_MARK = re.compile(r"\bdemo:([a-z_]+)(?:=(\d{1,4}))?")
_BY_PROMPT = "prompt"
_CHARACTERS_MAX = 10_000
_SLOW_SECONDS_DEFAULT = 3
_SLOW_SECONDS_MAX = 3600

PAGE = b"<!doctype html><title>Demo</title><p>A page where something else was due.</p>"


class DemoFault(msgspec.Struct, frozen=True):
    """seconds: of `slow`."""

    kind: Kind | None = None
    seconds: int = 0


NONE = DemoFault()


def wanted(header: str, prompt: str) -> DemoFault:
    """header: of the channel. Unknown names mean nothing."""
    if header == _BY_PROMPT:
        return _marked(prompt)
    own = _marked(f"demo:{header}")
    if own.kind is None and _marked(prompt).kind == "moderated":
        return DemoFault("moderated")
    return own


def _marked(text: str) -> DemoFault:
    for found in _MARK.finditer(text[:_CHARACTERS_MAX]):
        if found[1] in KINDS:
            seconds = int(found[2] or _SLOW_SECONDS_DEFAULT)
            kind = msgspec.convert(found[1], Kind)
            return DemoFault(kind, min(seconds, _SLOW_SECONDS_MAX))
    return NONE


def refuse(fault: DemoFault, prompt: str, model: str) -> None:
    """Raises Refused for what is refused with a status."""
    if fault.kind == "moderated" or is_flagged(prompt):
        raise _moderated(model)
    if fault.kind == "rate_limit":
        raise Refused(
            "The demo was told to say: too many requests.",
            status=429,
            code="rate_limit_exceeded",
            kind="requests",
        )
    if fault.kind == "overloaded":
        raise Refused("The demo was told to be busy.", status=503, kind="server_error")
    if fault.kind == "server_error":
        raise Refused("The demo was told to break.", status=500, kind="server_error")
    if fault.kind == "unauthorized":
        raise Refused("The demo was told to know no key.", status=401, code="invalid_api_key")


def _moderated(model: str) -> Refused:
    """In the code that the model's family uses."""
    text = "The demo's word list does not let this prompt be drawn."
    if model.startswith(("gpt-image", "chatgpt-image")):
        kind = "image_generation_user_error"
        return Refused(text, code="moderation_blocked", kind=kind)
    return Refused(text, code="content_policy_violation")
