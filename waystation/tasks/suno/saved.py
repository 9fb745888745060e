"""What is stored with a task of this kind beside its row."""

from typing import Any

import msgspec

from waystation.dialects.suno.job import Job
from waystation.tasks.task import Task

KIND = "suno"


class Saved(msgspec.Struct, frozen=True, omit_defaults=True):
    """The request. channel_id, key_id: where it must run, 0 anywhere. parent, clip: what it goes on
    with, as that upstream knows it. is_chat: a caller waits for it over chat, so it is not kept
    waiting for upstreams that are full."""

    job: Job
    channel_id: int = 0
    key_id: int = 0
    parent: str = ""
    clip: str = ""
    is_chat: bool = False


class Memo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What only the kind sees. base: the address under which the caller sees us. clips: the
    upstream's ids of the songs, in order. missed: how many answers in a row left it out."""

    base: str = ""
    clips: tuple[str, ...] = ()
    missed: int = 0


encode_saved = msgspec.json.Encoder().encode
decode_saved = msgspec.json.Decoder(Saved).decode


def read_memo(task: Task) -> Memo:
    return msgspec.convert(task.memo, Memo)


def write_memo(memo: Memo) -> dict[str, Any]:
    made = msgspec.to_builtins(memo)
    assert isinstance(made, dict)
    return made
