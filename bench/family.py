"""A proxy of Midjourney's family that takes everything and finishes nothing:
`python -m bench.family PORT`. Of the tasks that are asked for, a fifth has moved on by a percent
each time."""

import sys
from collections import Counter
from itertools import count

import msgspec
import uvloop
from aiohttp import web

MOVES = 5

ids = count(5_000_000_000_000_001)
asked: Counter[str] = Counter()


async def submit(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response(
        {"code": 1, "description": "Submit success", "result": str(next(ids)), "properties": {}}
    )


async def find(request: web.Request) -> web.Response:
    wanted = msgspec.json.decode(await request.read())["ids"]
    shown = [_task(task_id) for task_id in wanted]
    return web.Response(body=msgspec.json.encode(shown), content_type="application/json")


def _task(task_id: str) -> dict[str, object]:
    asked[task_id] += 1
    progress = min(99, (asked[task_id] + int(task_id) % MOVES) // MOVES)
    return {
        "id": task_id,
        "action": "IMAGINE",
        "prompt": "tin robot watering ferns --ar 3:2",
        "promptEn": "tin robot watering ferns --ar 3:2",
        "description": "Submit success",
        "state": "",
        "submitTime": 1730621826053,
        "startTime": 1730621828024,
        "finishTime": 0,
        "imageUrl": "",
        "status": "IN_PROGRESS",
        "progress": f"{progress}%",
        "failReason": "",
        "buttons": [],
        "properties": {"finalPrompt": "tin robot watering ferns --ar 3:2"},
    }


def main() -> None:
    uvloop.install()
    app = web.Application()
    app.router.add_post("/mj/submit/{page}", submit)
    app.router.add_post("/mj/task/list-by-condition", find)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
