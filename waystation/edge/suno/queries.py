"""The pages that only look. Free of charge; an unfinished task is polled sooner for it."""

from collections.abc import Awaitable, Callable
from typing import Any

from waystation.dialects.suno.clip_ids import task_of
from waystation.dialects.suno.forms import IDS_MAX, invalid, read_fetch
from waystation.edge.call import Call
from waystation.edge.identify import identify
from waystation.edge.language import language_of
from waystation.edge.replies import send_fault, send_json
from waystation.edge.suno.desk import Desk
from waystation.edge.suno.submit import DIALECT, worded
from waystation.errors import Fault
from waystation.identity.caller import Caller
from waystation.tasks.suno.shown import lyrics_of, promised_clips, shown
from waystation.tasks.task import Task

_IDS_BYTES_MAX = 256 * 1024
FACADE = "openai"
_Page = Callable[[Call, Caller], Awaitable[Any]]


class Queries:
    """Handlers: fetch, find; of the façade: feed, lyrics."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def fetch(self, call: Call) -> None:
        await self._answer(call, self._fetch, DIALECT)

    async def find(self, call: Call) -> None:
        await self._answer(call, self._find, DIALECT)

    async def feed(self, call: Call) -> None:
        await self._answer(call, self._feed, FACADE)

    async def lyrics(self, call: Call) -> None:
        await self._answer(call, self._lyrics, FACADE)

    async def _answer(self, call: Call, page: _Page, dialect: str) -> None:
        site = self._desk.site
        try:
            caller = await identify(site.authenticator, call)
            answer = await page(call, caller)
        except Fault as fault:
            language = language_of(call, site.settings.language)
            send_fault(call, worded(fault, dialect), dialect, language)
            return
        send_json(call, answer)

    async def _fetch(self, call: Call, caller: Caller) -> dict[str, Any]:
        task = await self._mine(call.params["task"], caller)
        return _success(shown(task, await self._desk.links(call)))

    async def _find(self, call: Call, caller: Caller) -> dict[str, Any]:
        """In the order of the asking; unknown and foreign ids are left out."""
        body = await call.read(_IDS_BYTES_MAX, self._desk.site.settings.body_seconds_max)
        ids = read_fetch(body)
        found = {task.id: task for task in await self._desk.find_many(ids, caller)}
        links = await self._desk.links(call)
        tasks = [found[task_id] for task_id in ids if task_id in found]
        for task in tasks:
            self._desk.site.tasks.want(task)
        return _success([shown(task, links) for task in tasks])

    async def _feed(self, call: Call, caller: Caller) -> list[dict[str, Any]]:
        """Songs by their ids, or all of a task by its."""
        asked = [each for each in call.params["ids"].split(",") if each]
        if not asked or len(asked) > IDS_MAX:
            raise invalid(f"1 to {IDS_MAX} ids, with commas between", param="ids")
        places = [_place(each) for each in dict.fromkeys(asked)]
        found = await self._desk.find_many(list({task_id for task_id, _ in places}), caller)
        by_id = {task.id: task for task in found}
        links = await self._desk.links(call)
        songs: list[dict[str, Any]] = []
        for task_id, number in places:
            task = by_id.get(task_id)
            if task is None:
                continue
            self._desk.site.tasks.want(task)
            clips = promised_clips(task, links)
            songs += clips if number == 0 else clips[number - 1 : number]
        if not songs:
            raise Fault("task_not_found", id=asked[0][:64])
        return songs

    async def _lyrics(self, call: Call, caller: Caller) -> dict[str, Any]:
        return lyrics_of(await self._mine(call.params["task"], caller))

    async def _mine(self, task_id: str, caller: Caller) -> Task:
        task = await self._desk.find(task_id, caller)
        if task is None:
            raise Fault("task_not_found", id=task_id[:64])
        self._desk.site.tasks.want(task)
        return task


def _success(data: Any) -> dict[str, Any]:
    return {"code": "success", "message": "", "data": data}


def _place(each: str) -> tuple[str, int]:
    try:
        return task_of(each)
    except ValueError:
        return each, 0
