"""A gateway that takes holds and waits to be killed: `python -m … FOLDER COUNT`.

Of each three holds the first is not sent, the second is sent, the third is sent and metered; half
of the sent ones are posted. Says "up" with all of it on the wire.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from tests.wire_ledger.conftest import a_hold, a_post
from waystation.ledger.client import LedgerClient
from waystation.ledger.messages import Admitted

METERED_NANOS = 123


async def main(folder: Path, count: int) -> None:
    client = LedgerClient(folder / "ledger.sock", "gw-killed", "boot-1")
    client.start()
    await client.wait_present(10)
    holds = [a_hold(name=f"{kind}-{n}") for n in range(count) for kind in ("idle", "sent", "run")]
    for answer in await asyncio.gather(*(client.admit(hold) for hold in holds)):
        assert isinstance(answer, Admitted), answer
    for number, hold in enumerate(holds):
        if hold.id.startswith("idle"):
            continue
        client.sent(hold.id)
        if hold.id.startswith("run"):
            client.checkpoint(hold.id, METERED_NANOS)
        if number % 2:
            client.resolve(a_post(hold.id, 777))
    client.link.flush()
    print("up", flush=True)
    await asyncio.sleep(3600)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
