"""A proxy of the family on a real socket, with the habits that tests ask of it.

    async with FakeProxy() as proxy:
        proxy.on_submit(proxy.says(23))          the next submit is answered so
        job = proxy.jobs[0]                      what was submitted, and what it is by now
        job.move("IN_PROGRESS", "40%")
        job.finish()
        proxy.hide(job.id)                       lists leave it out

Everything received is in `seen`: (method, path, headers, body as JSON).
"""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, NamedTuple

from aiohttp import web

from tests.midjourney.pictures import png

Answer = Callable[["FakeProxy", dict[str, Any]], Awaitable[web.StreamResponse]]


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Job:
    """A task as this proxy tells it."""

    def __init__(self, proxy: "FakeProxy", job_id: str, page: str, body: dict[str, Any]) -> None:
        self._proxy = proxy
        self.id = job_id
        self.page = page
        self.body = body
        self.fields: dict[str, Any] = {
            "id": job_id,
            "action": page.upper(),
            "prompt": body.get("prompt") or "",
            "state": body.get("state"),
            "status": "SUBMITTED",
            "progress": "",
            "imageUrl": None,
            "failReason": None,
            "buttons": None,
            "properties": None,
            "notifyHook": body.get("notifyHook"),
        }

    def move(self, status: str, progress: Any = None, **fields: Any) -> None:
        self.fields |= {"status": status, **fields}
        if progress is not None:
            self.fields["progress"] = progress

    def finish(self, colour: str = "teal", **fields: Any) -> None:
        self._proxy.pictures[f"/img/{self.id}.png"] = png(colour, (16, 16))
        self.fields |= {
            "status": "SUCCESS",
            "progress": "100%",
            "imageUrl": f"{self._proxy.url}/img/{self.id}.png",
            "buttons": self._proxy.buttons(self.id),
            "properties": {
                "finalPrompt": self.body.get("prompt") or "",
                "messageHash": f"hash-{self.id}",
                "notifyHook": "http://upstream.internal/hook",
                "discordInstanceId": "999",
            },
            **fields,
        }


class FakeProxy:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.jobs: list[Job] = []
        self.pictures: dict[str, bytes] = {}
        self.url = ""
        self.lists: deque[Answer] = deque()
        self.fetches: deque[Answer] = deque()
        self._submits: deque[Answer] = deque()
        self._hidden: set[str] = set()
        self._refused = ""
        self.refused = 0
        self._ids = count(5_000_000_000_000_001)
        self._runner: web.AppRunner | None = None

    # ---- what a test asks ------------------------------------------------------------------

    def on_submit(self, *answers: Answer) -> None:
        self._submits.extend(answers)

    def says(self, code: int, result: Any = None, *, http: int = 200, **properties: Any) -> Answer:
        async def answer(_proxy: "FakeProxy", _body: dict[str, Any]) -> web.StreamResponse:
            told = {"code": code, "description": f"code {code}", "result": result}
            return web.json_response({**told, "properties": properties}, status=http)

        return answer

    def raw(self, status: int, body: bytes, kind: str = "application/json") -> Answer:
        async def answer(_proxy: "FakeProxy", _body: dict[str, Any]) -> web.StreamResponse:
            return web.Response(status=status, body=body, content_type=kind)

        return answer

    def window(self, final_prompt: str | None = None) -> Answer:
        """Code 21: the task is there and waits for its modal."""

        async def answer(proxy: "FakeProxy", body: dict[str, Any]) -> web.StreamResponse:
            job = proxy.add("action", body)
            job.move("MODAL")
            properties = {} if final_prompt is None else {"finalPrompt": final_prompt}
            told = {"code": 21, "description": "Waiting for window confirm", "result": job.id}
            return web.json_response({**told, "properties": properties})

        return answer

    def takes_and_dies(self, page: str = "imagine") -> Answer:
        """It has the task, and the answer is lost."""

        async def answer(proxy: "FakeProxy", body: dict[str, Any]) -> web.StreamResponse:
            proxy.add(page, body)
            raise _Cut

        return answer

    def hide(self, job_id: str) -> None:
        self._hidden.add(job_id)

    def refuse(self, key: str) -> None:
        """Every call with this key is a 401 from now on; "" none."""
        self._refused = key

    def add(self, page: str, body: dict[str, Any]) -> Job:
        job = Job(self, str(next(self._ids)), page, body)
        self.jobs.append(job)
        return job

    def buttons(self, job_id: str) -> list[dict[str, Any]]:
        verbs = [f"MJ::JOB::upsample::{n}::up-{job_id}" for n in range(1, 5)]
        verbs += [f"MJ::JOB::variation::{n}::up-{job_id}" for n in range(1, 5)]
        verbs += [f"MJ::JOB::reroll::0::up-{job_id}::SOLO", f"MJ::JOB::brand_new::1::up-{job_id}"]
        verbs += [f"MJ::CustomZoom::up-{job_id}", f"MJ::Inpaint::1::up-{job_id}::SOLO"]
        return [{"customId": v, "emoji": "", "label": "x", "type": 2, "style": 2} for v in verbs]

    def submits(self) -> list[Seen]:
        return [seen for seen in self.seen if "/submit/" in seen.path or "/swap" in seen.path]

    def polls(self) -> list[Seen]:
        return [seen for seen in self.seen if "/task/" in seen.path]

    # ---- its pages -------------------------------------------------------------------------

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        body = await self._take(request)
        page = request.path.rsplit("/", 1)[1]
        if self._submits:
            return await self._asked(self._submits, body)
        if page == "modal":
            job = next(job for job in self.jobs if job.id == body["taskId"])
            job.move("SUBMITTED")
            job.body |= body
            return self._accepted(job.id)
        return self._accepted(self.add(page, body).id)

    def _accepted(self, job_id: str) -> web.Response:
        told = {"code": 1, "description": "提交成功", "result": job_id, "properties": {}}
        return web.json_response(told)

    async def _find(self, request: web.Request) -> web.StreamResponse:
        body = await self._take(request)
        if self.lists:
            return await self._asked(self.lists, body)
        ids = set(body["ids"])
        shown = [j.fields for j in self.jobs if j.id in ids and j.id not in self._hidden]
        return web.json_response(shown)

    async def _fetch(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        if self.fetches:
            return await self._asked(self.fetches, {})
        job_id = request.match_info["id"]
        for job in self.jobs:
            if job.id == job_id and job_id not in self._hidden:
                return web.json_response(job.fields)
        return web.Response(status=200)

    async def _list(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        return web.json_response([job.fields for job in reversed(self.jobs)])

    async def _seed(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        return web.json_response({"code": 1, "description": "ok", "result": "636646138"})

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        await self._take(request)
        for job in self.jobs:
            if job.id == request.match_info["id"]:
                job.move("CANCEL")
        return web.json_response({"code": 1, "description": "ok", "result": None})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        data = self.pictures.get(request.path)
        if data is None:
            return web.Response(status=404)
        return web.Response(body=data, content_type="image/png")

    async def _take(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        body = json.loads(raw) if raw else {}
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path, headers, body))
        return body if isinstance(body, dict) else {}

    async def _asked(self, answers: deque[Answer], body: dict[str, Any]) -> web.StreamResponse:
        try:
            return await answers.popleft()(self, body)
        except _Cut:
            assert self._runner is not None
            raise

    @web.middleware
    async def _judging(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self._refused and any(self._refused in value for value in request.headers.values()):
            self.refused += 1
            return web.json_response({"code": 9, "description": "key invalid"}, status=401)
        response: web.StreamResponse = await handler(request)
        return response

    # ---- its life --------------------------------------------------------------------------

    async def __aenter__(self) -> "FakeProxy":
        middlewares = [_cutting, self._judging]
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=middlewares)
        for prefix in ("/mj", "/mj-fast/mj", "/mj-relax/mj", "/mj-turbo/mj"):
            app.router.add_post(prefix + "/submit/{page}", self._submit)
            app.router.add_post(prefix + "/insight-face/swap", self._submit)
        app.router.add_post("/mj/task/list-by-condition", self._find)
        app.router.add_get("/mj/task/list", self._list)
        app.router.add_get("/mj/task/{id}/fetch", self._fetch)
        app.router.add_get("/mj/task/{id}/image-seed", self._seed)
        app.router.add_post("/mj/task/{id}/cancel", self._cancel)
        app.router.add_get("/img/{name}", self._picture)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()


class _Cut(Exception):
    """The connection is to be closed without an answer."""


@web.middleware
async def _cutting(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except _Cut:
        assert request.transport is not None
        request.transport.abort()
        await asyncio.sleep(0)
        return web.Response(status=500)
    return response
