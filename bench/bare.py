"""The face alone: reads a body, answers a fixed JSON. `python -m bench.bare PORT`."""

import asyncio
import sys

import uvloop

from bench.stub import JSON_BODY
from waystation.edge.call import Call
from waystation.edge.face import FaceLimits
from waystation.edge.http1.server import start_http1
from waystation.edge.listening import bind
from waystation.kernel.ids import request_id


async def answer(call: Call) -> None:
    await call.read(1 << 20, 10.0)
    call.reply(200, ((b"content-type", b"application/json"),), JSON_BODY)


async def serve(port: int) -> None:
    await start_http1(
        answer,
        bind("127.0.0.1", port),
        FaceLimits(),
        lambda status, code, values, path: ((), b""),
        request_id=request_id,
        on_error=lambda error, call: print(repr(error), file=sys.stderr),
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
