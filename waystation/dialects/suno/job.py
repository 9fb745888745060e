"""What is to be made, whoever asked for it in whichever form."""

from typing import Literal

import msgspec

Action = Literal["MUSIC", "LYRICS", "CONCAT", "UPLOAD"]

OPERATIONS = {
    "MUSIC": "suno_music",
    "LYRICS": "suno_lyrics",
    "CONCAT": "suno_concat",
    "UPLOAD": "suno_uploads",
}
"""What routing is asked for."""


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """description: in plain words (then Suno writes the lyrics); prompt: the lyrics themselves, or
    what lyrics are to be about. model: Suno's own name, "" the default. clip: the id that this one
    goes on with, ours or as the caller knows it; at: from that second on. url: of a file to be
    taken in. hook: where to tell."""

    action: Action
    description: str = ""
    prompt: str = ""
    tags: str = ""
    negative_tags: str = ""
    title: str = ""
    model: str = ""
    instrumental: bool = False
    clip: str = ""
    at: float = 0.0
    parent: str = ""
    is_infill: bool = False
    url: str = ""
    hook: str = ""

    @property
    def is_custom(self) -> bool:
        return not self.description

    @property
    def shown_prompt(self) -> str:
        return self.description or self.prompt or self.url
