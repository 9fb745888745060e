"""A gateway of its own that stops where it is told to, and waits there for the kill.

usage: python -m tests.pictures.dying_gateway FOLDER DSN BOOT WHERE
WHERE: settle (the pictures are stored, their hold is open) or publish (they are paid for).
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import uvloop

from waystation.app import gateway
from waystation.artefacts.store import ArtefactStore
from waystation.edge.listening import bind
from waystation.edge.story import Story
from waystation.settings import Settings


def _say(*words: str) -> None:
    print(*words, flush=True)


def _wait_for_the_kill(*_: Any) -> None:
    _say("here")
    sys.stdin.read()


async def main(folder: str, dsn: str, boot: str, where: str) -> None:
    settings = Settings(
        data=Path(folder), database=dsn or None, port=0, language="en", time_zone="UTC",
        log_lines="off", picture_model="m",
    )  # fmt: skip
    if where == "settle":
        Story.post = _wait_for_the_kill  # type: ignore[method-assign]
    else:
        ArtefactStore.publish = _wait_for_the_kill  # type: ignore[method-assign,assignment]
    async with gateway(settings, boot, "gateway-2") as made:
        await made.site.ledger.wait_present(10)
        listen = bind("127.0.0.1", 0)
        await made.start(listen)
        _say("port", str(listen.getsockname()[1]))
        await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(*sys.argv[1:]))
