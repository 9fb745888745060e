"""What is stored with a task of this kind beside its row: the request, and where it may run."""

from typing import Any

import msgspec

from waystation.dialects.midjourney.job import Job, Source
from waystation.ledger.charge import Part
from waystation.meter.usage import Usage
from waystation.tasks.task import Bill, Task

ONE_CALL = Usage(units={"calls": 1}, exact=True)
_USAGE = msgspec.to_builtins(ONE_CALL)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """A channel's key, and what success costs there: nano-USD, with group, rate (decimal text),
    price version and the formula's parts for the log. model: what an image channel draws with."""

    channel_id: int
    key_id: int
    group: str
    rate: str
    price_version: str
    nanos: int
    model: str = ""
    parts: tuple[Part, ...] = ()

    def bill(self) -> Bill:
        return Bill(
            nanos=self.nanos,
            group=self.group,
            rate=self.rate,
            price_version=self.price_version,
            usage=_USAGE,
            parts=self.parts,
        )


class Memo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only the kind sees of a task. places: in order. secret: of this task alone; upstreams
    are told it as `state` and in their callback's address, so that a submit whose answer was lost
    can be found again. base: the address under which the caller sees us. not_before_ms: of a batch
    that starts as one. prompt, mask, confirmed: of the modal; confirmed is its digest. said: of a
    window: the Idempotency-Key and body it came by. missed: how many lists in a row left it out.
    looked: how often it was looked for after a submit of unknown outcome. hint: an id that a
    callback told. window: an upstream's window that is still open.
    Of those that are drawn here: seed: the base one, hash: of the buttons, tiles: the artefacts
    that are kept, "" for one that is missing; seeded: the model was told the seeds."""

    places: tuple[Place, ...] = ()
    secret: str = ""
    base: str = ""
    mode: str = ""
    not_before_ms: int = 0
    prompt: str = ""
    mask: Source | None = None
    confirmed: str = ""
    missed: int = 0
    looked: int = 0
    hint: str = ""
    window: str = ""
    said: str = ""
    seed: int = 0
    hash: str = ""
    tiles: tuple[str, ...] = ()
    seeded: bool = True


def read_memo(task: Task) -> Memo:
    return msgspec.convert(task.memo, Memo)


def write_memo(memo: Memo) -> dict[str, Any]:
    made = msgspec.to_builtins(memo)
    assert isinstance(made, dict)
    return made


read_job = msgspec.json.Decoder(Job).decode
write_job = msgspec.json.Encoder().encode
