"""What an operator decides about Midjourney: the table [midjourney] of relay.toml."""

from typing import Literal

import msgspec

SETTING = "midjourney"
"""Its name among the settings of `main`, where it is kept as JSON."""


class MidjourneyOptions(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """banned: what a banned word does: refuse the submit (code 24), or be taken out. 0 counts: no
    limit. queue: tasks waiting for one channel, where that has a limit of concurrent ones.
    fetch_rpm: how often an account may look at its tasks, each minute and at each gateway.
    queue_code_22: a queued submit is answered 22, not 1. swap_face: the operator consents to
    faces being swapped. images: pictures are stored and served by us, or the vendor's links are
    shown. version: of prompts that name none. minutes: a task's longest time at an upstream.
    translate: the chat model that puts prompts into English, "" none."""

    banned_words: tuple[str, ...] = ()
    banned: Literal["refuse", "remove"] = "refuse"
    queue: int = 10
    queue_code_22: bool = False
    account_concurrency: int = 0
    account_queue: int = 0
    account_day: int = 0
    account_total: int = 0
    fetch_rpm: int = 3000
    swap_face: bool = False
    images: Literal["stored", "origin"] = "stored"
    strict_params: Literal["fail", "warn", "ignore"] = "fail"
    repeat_max: int = 1
    version: str = "6.1"
    minutes: int = 15
    relax_minutes: int = 60
    translate: str = ""


_decode = msgspec.json.Decoder(MidjourneyOptions).decode


def read_options(text: str | None) -> MidjourneyOptions:
    """Raises ValueError for what this version cannot read."""
    return MidjourneyOptions() if text is None else _decode(text)
